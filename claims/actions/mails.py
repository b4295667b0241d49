"""The mail of a notice: subject, text and HTML in the recipient's language, and the headers of a decent sender."""

from datetime import date
from functools import lru_cache

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Prefetch, prefetch_related_objects
from django.template.defaultfilters import date as date_words
from django.template.defaultfilters import floatformat
from django.template.loader import get_template
from django.utils import translation

from claims.actions import explained
from claims.models import AccountDetails, Award, Decision
from claims.reports import wording
from claims.rules.payouts import REASONS

PARTS = ("subject", "txt", "html")
# Kinds whose words depend on the decision in force; the first one explains all of it.
EXPLAINED = "claim_decided"
DECIDED = {EXPLAINED, "claim_accepted", "bank_details_needed"}
# Kinds of mass runs, and what differs in them from person to person.
GRANTED = {"indemnity_granted", "refund_granted"}
PERSONAL = ("login", "amount", "rate", "fee", "since", "until", "address", "hint")


def render(notice):
    """The message of a notice in the recipient's language: subject, text and HTML."""
    with translation.override(notice.language):
        subject, text, html = contents(notice)
    return message_of(subject, text, html, notice.address, headers_of(notice), envelope_of(notice))


def message_of(subject, text, html, to, headers, envelope=None):
    message = EmailMultiAlternatives(" ".join(subject.split()), text, envelope, [to], headers=headers)
    if html:
        message.attach_alternative(html, "text/html")
    return message


def headers_of(notice):
    """What tells other machines that one wrote this: no robot need answer, and a complaint names the kind it is of."""
    run = f"run{notice.payout.run_id}" if notice.payout_id and notice.payout.run_id else ""
    return {
        "From": settings.DEFAULT_FROM_EMAIL,
        "Message-ID": notice.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Feedback-ID": f"{run}:{notice.kind}:notice:ristoro",
    }


def envelope_of(notice):
    """The address a mail comes back to, which says of which notice it was; None: to whom it is from."""
    name, _at, domain = settings.BOUNCES_ADDRESS.rpartition("@")
    return f"{name}+{notice.pk}.{notice.code.lower()}@{domain}" if name else None


def contents(notice):
    """(subject, text, html) of a notice, in the language that is active."""
    if notice.kind == "sign_in":
        return notice.context.get("subject", ""), notice.context.get("text", ""), notice.context.get("html", "")
    return write(notice.kind, PARTS, context_of(notice) | (personal(notice) if notice.kind in GRANTED else {}))


def context_of(notice):
    """What the templates may speak of, but for the words of a mass run about one person."""
    if "decision" not in vars(notice):
        prepare([notice])
    return {
        **with_days(notice.context),
        "notice": notice,
        "claim": notice.claim,
        "payout": notice.payout,
        "person": notice.recipient,
        "decision": notice.decision,
        "why_returned": REASONS.get(notice.context.get("reason"), ""),
        "site_url": settings.SITE_URL,
        **(arithmetic(notice.decision, notice.reasons) if notice.kind == EXPLAINED else {}),
    }


def personal(notice):
    """What a mass run tells one person, as text in their language; `hint` is "" where nobody has said where to pay."""
    if "hint" not in vars(notice):
        prepare([notice])
    payout, customer, language = notice.payout, notice.payout.customer, notice.language
    words = (
        customer.login,
        euro(payout.amount, language),
        euro(notice.context.get("rate"), language),
        euro(customer.fee, language),
        day(customer.paid_from, language),
        day(customer.paid_to, language),
        notice.address,
        notice.hint,
    )
    return dict(zip(PERSONAL, words, strict=True))


@lru_cache(10_000)
def euro(amount, language):
    with translation.override(language):
        return str(floatformat(amount, "2g"))


@lru_cache(10_000)
def day(on, language):
    with translation.override(language):
        return date_words(on, "j F Y")


def write(kind, parts, context):
    return tuple(get_template(f"notices/{kind}.{part}").render(context) for part in parts)


def arithmetic(decision, reasons):
    """A decision item by item, for the notice that tells of it."""
    return {
        "awards": explained.awards(decision, reasons),
        "caps": explained.caps(decision),
        "benefits": explained.benefits(decision),
        "deductions": explained.deductions(decision),
        "appeal_until": explained.appeal_until(decision),
    }


def prepare(batch):
    """Reads what the words of a batch need, in as many queries for a hundred notices as for one."""
    about = {notice.claim_id: notice.claim for notice in batch if notice.kind in DECIDED and notice.claim_id}
    found = Decision.objects.filter(claim__in=about, state=Decision.State.EFFECTIVE).select_related("letter")
    decisions = {decision.claim_id: decision for decision in found.order_by("round")} if about else {}
    for claim_id, decision in decisions.items():
        decision.claim = about[claim_id]
    told = {notice.claim_id for notice in batch if notice.kind == EXPLAINED}
    explaining = [decision for claim_id, decision in decisions.items() if claim_id in told]
    prefetch_related_objects(explaining, Prefetch("awards", Award.objects.select_related("item")), "benefits")
    reasons = wording.reasons_of_all(explaining)
    accounts = {notice.payout.customer_id for notice in batch if notice.kind in GRANTED}
    details = AccountDetails.objects.current().filter(customer__in=accounts) if accounts else ()
    hints = {each.customer_id: each.iban_hint for each in details}
    for notice in batch:
        notice.hint = hints.get(notice.payout.customer_id, "") if notice.kind in GRANTED else ""
        notice.decision = decisions.get(notice.claim_id) if notice.kind in DECIDED else None
        notice.reasons = reasons.get(notice.decision.pk) if notice.decision else None


def with_days(context):
    """A notice's context with its days as dates again, which every language writes in its own way."""
    return {name: date.fromisoformat(each) if name.endswith("_on") else each for name, each in context.items()}
