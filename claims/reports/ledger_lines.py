"""The lines behind an entry of the ledger: payouts, each attempt to pay them, what the bank answered."""

from django.db.models import Prefetch, Q
from django.db.models.functions import Lower

from claims.models import Claim, Customer, Payout, StatementLine, Transfer
from claims.rules.payouts import REASONS


def payouts_of(incident, account):
    """The payouts of an account (a login in small letters), oldest first, with `.attempts` and those with `.answers`.

    What a mass run granted and was cancelled is left out: the ledger does not count it.
    """
    customer = Customer.objects.with_login(incident, account).first()
    claims = Claim.objects.filter(incident=incident)
    ours = Q(customer=None, name=account)
    if customer:
        ours |= Q(customer=customer)
    claims = claims.alias(name=Lower("login")).filter(ours).values_list("pk", flat=True)
    ids = list(Payout.objects.filter(claim__in=list(claims)).values_list("pk", flat=True))
    if customer:
        ids += customer.payouts.exclude(state=Payout.State.CANCELLED).values_list("pk", flat=True)
    answers = StatementLine.objects.select_related("statement").order_by("pk")
    attempts = Transfer.objects.select_related("batch").order_by("pk")
    attempts = attempts.prefetch_related(Prefetch("lines", answers, to_attr="answers"))
    payouts = Payout.objects.filter(pk__in=ids).select_related("claim", "run").order_by("pk")
    payouts = list(payouts.prefetch_related(Prefetch("transfers", attempts, to_attr="attempts")))
    for payout in payouts:
        for attempt in payout.attempts:
            attempt.why = REASONS.get(attempt.reason, attempt.reason)
    return payouts


def account_of(incident, words):
    """The account meant by a login, the reference of a claim or the end-to-end id of a payment; None: nobody knows."""
    words = words.strip()
    login = words.lower()
    if Customer.objects.with_login(incident, login).exists():
        return login
    claims = Claim.objects.filter(incident=incident).select_related("customer")
    claim = claims.filter(reference=words.upper()).first()
    if claim is None:
        claim = claims.alias(name=Lower("login")).filter(customer=None, name=login).first()
    if claim is not None:
        return account_of_claim(claim)
    attempts = Transfer.objects.filter(payout__incident=incident, end_to_end_id=words.upper())
    attempt = attempts.select_related("payout__customer", "payout__claim__customer").first()
    if attempt is None:
        return None
    return attempt.payout.customer.login if attempt.payout.customer else account_of_claim(attempt.payout.claim)


def account_of_claim(claim):
    return claim.customer.login if claim.customer else claim.login.lower()
