"""Claims like this one: with the same or nearly the same document, story, account of a bank or contact.

Everything is found by an index. Whoever reads is told of the claims they may see; the others are only counted.
"""

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models import Attachment, Claim
from claims.reports.granted import OUT
from evidence import comparing
from evidence.likeness import SAME, SLOTS

MOST = 200  # of one kind
WHY = {
    "same_file": _("The same file"),
    "near_image": _("Nearly the same picture"),
    "near_text": _("A text that is nearly the same"),
    "narrative": _("Nearly the same story"),
    "iban": _("The same IBAN"),
    "contact": _("The same contact"),
    "account": _("The same account"),
}
NEARLY = {"near_image", "near_text", "narrative"}
STORIES = """
SELECT claim.id, count(*) FROM claims_storyprint AS mine CROSS JOIN LATERAL (
    SELECT claim_id FROM claims_storyprint AS found
    WHERE found.value = mine.value AND found.claim_id <> mine.claim_id LIMIT %(most)s
) AS other JOIN claims_claim AS claim ON claim.id = other.claim_id
WHERE mine.claim_id = %(claim)s AND mine.value IS NOT NULL AND claim.status <> ALL(%(out)s)
GROUP BY claim.id HAVING count(*) >= %(same)s ORDER BY count(*) DESC, claim.id LIMIT %(most)s
"""


@dataclass(frozen=True)
class Match:
    """Why another claim is like this one; `score` is how near in per cent, `document` is one of this one's."""

    claim: int
    why: str
    score: int = 100
    document: str = ""
    document_name: str = ""

    @property
    def label(self):
        return WHY[self.why]


@dataclass
class Like:
    """Another claim, with every Match; `same_person`: it is of the same claimant."""

    claim: Claim
    same_person: bool
    matches: list = field(default_factory=list)


@dataclass(frozen=True)
class Alike:
    """`claims` are those that may be seen, nearest first; `hidden` how many more there are."""

    claims: list
    hidden: int = 0

    def of_document(self, document_id):
        """The other claims with this document or one that is nearly the same, each with its Match."""
        return [(like, match) for like in self.claims for match in like.matches if match.document == str(document_id)]


def know_matches(claim):
    """Finds the matches of a claim that is about to be shown: until it is shown nobody asks again."""
    claim.known_matches = looked_up(claim)


def matches_of(claim):
    """[Match] with every other claim that was handed in, in as many queries for three documents as for thirty."""
    known = claim.__dict__.get("known_matches")
    return looked_up(claim) if known is None else known


def looked_up(claim):
    found = [*of_documents(claim), *of_story(claim), *of_particulars(claim)]
    return sorted(set(found), key=lambda match: (-match.score, match.claim, match.why, match.document))


def alike_for(claim, person):
    """The Alike of a claim as `person` may see it: an own claim is never among them."""
    by_claim = {}
    for match in matches_of(claim):
        by_claim.setdefault(match.claim, []).append(match)
    seen = Claim.objects.visible_to(person).exclude(claimant=person).filter(pk__in=by_claim)
    shown = {each.pk: each for each in seen.select_related("claimant")} if by_claim else {}
    likes = [
        Like(shown[pk], shown[pk].claimant_id == claim.claimant_id, matches)
        for pk, matches in by_claim.items()
        if pk in shown
    ]
    return Alike(likes, len(by_claim) - len(likes))


def of_documents(claim):
    own = list(
        claim.attachments.filter(document__state="clean").values_list("document__sha256", "document", "document__name")
    )
    mine = {}
    for digest, pk, name in own:
        mine.setdefault(digest, []).append((str(pk), name))
    like = {(digest, digest): ("same_file", 100) for digest in mine}
    like |= {(near.sha256, near.other): (f"near_{near.kind}", near.score) for near in comparing.near(mine)}
    others = Attachment.objects.filter(document__sha256__in={other for _mine, other in like}, document__state="clean")
    others = others.exclude(claim=claim.pk).exclude(claim__status__in=OUT).values_list("document__sha256", "claim")
    holders = {}
    for digest, other in others.distinct()[: 10 * MOST] if like else ():
        holders.setdefault(digest, []).append(other)
    for (digest, other_digest), (why, score) in like.items():
        for other in holders.get(other_digest, ()):
            for document, name in mine[digest]:
                yield Match(other, why, score, document, name)


def of_story(claim):
    with connection.cursor() as cursor:
        cursor.execute(STORIES, {"claim": claim.pk, "most": MOST, "out": list(OUT), "same": SAME})
        return [Match(other, "narrative", 100 * equal // SLOTS) for other, equal in cursor.fetchall()]


def of_particulars(claim):
    """By what stands in the claim itself and how its claimant is reached; of other claimants only."""
    person = claim.claimant
    others = Claim.objects.exclude(pk=claim.pk).exclude(claimant=person).exclude(status__in=OUT).order_by("pk")
    found = []
    if claim.iban_index:
        found += [("iban", pk) for pk in others.filter(iban_index=claim.iban_index).values_list("pk", flat=True)[:MOST]]
    found += [("account", pk) for pk in others.filter(login=claim.login).values_list("pk", flat=True)[:MOST]]
    reached = reached_like(person)
    if reached:
        found += [("contact", pk) for pk in others.filter(claimant__in=reached).values_list("pk", flat=True)[:MOST]]
    return [Match(pk, why) for why, pk in found]


def reached_like(person):
    """The ids of other people with the telephone or an address of this one."""
    asked = Q(second_email=person.email)
    if person.second_email:
        asked |= Q(second_email=person.second_email) | Q(email=person.second_email)
    if person.phone:
        asked |= Q(phone=person.phone)
    people = type(person).objects.filter(asked).exclude(pk=person.pk)
    return list(people.values_list("pk", flat=True)[:MOST])
