"""What bars people from working on claims, read for many claims at once."""

from collections import defaultdict

from claims.models import Claim, Decision


def know_bars(claims):
    """Reads earlier_hands and payees of all `claims` in two queries, for permissions that are asked about each."""
    hands, payees = earlier_hands(claims), payees_of(claims)
    for claim in claims:
        claim.earlier_hands = hands[claim.pk]
        claim.payees = payees[claim.iban_index]


def earlier_hands(claims):
    """{claim: (deciders, signers)} as Claim.earlier_hands has them."""
    rounds = {claim.pk: claim.round for claim in claims}
    hands = {pk: (set(), set()) for pk in rounds}
    later = [pk for pk, number in rounds.items() if number > 1]
    earlier = Decision.objects.filter(claim__in=later, state=Decision.State.EFFECTIVE)
    for pk, number, decider, signer in earlier.values_list(
        "claim_id", "round", "decider_id", "countersignature__signer_id"
    ):
        if number < rounds[pk]:
            hands[pk][0].add(decider)
            hands[pk][1].update({signer} - {None})
    return hands


def payees_of(claims):
    """{blind index of an IBAN: claimants}, as Claim.payees has them."""
    payees = defaultdict(set)
    accounts = {claim.iban_index for claim in claims} - {""}
    for account, claimant in Claim.objects.filter(iban_index__in=accounts).values_list("iban_index", "claimant_id"):
        payees[account].add(claimant)
    return payees
