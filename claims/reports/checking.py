"""The checklist of a claim as it stands: what people answered, and what the data say of the rest at this moment."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from claims.models import Claim
from claims.reports.alike import NEARLY, matches_of
from claims.reports.check_words import said
from claims.reports.granted import OUT
from claims.reports.outage_fit import fit_of
from claims.rules import checks
from claims.rules.checklist import CHECKS, questions_for
from claims.rules.checks import Facts, Loss, Paper
from claims.rules.remedies import REMEDIES
from claims.rules.statuses import WAITING, WITH_REVIEWER

# Each of `related` finds its claims by an index: those of the person, of the account, of a name that is not on the
# roster, with the same IBAN.
FACTS = """
WITH me AS (SELECT * FROM claims_claim WHERE id = %(claim)s),
others AS (
    SELECT o.* FROM claims_claim o, me WHERE o.claimant_id = me.claimant_id
    UNION
    SELECT o.* FROM claims_claim o, me WHERE o.customer_id = me.customer_id
    UNION
    SELECT o.* FROM claims_claim o, me
    WHERE me.customer_id IS NULL AND o.customer_id IS NULL AND o.login = me.login
), related AS (
    SELECT o.id, o.reference FROM others o, me
    WHERE o.incident_id = me.incident_id AND o.remedy = me.remedy AND o.status <> ALL(%(out)s)
), paid_alike AS (
    SELECT o.reference, o.claimant_id FROM claims_claim o, me
    WHERE me.iban_index <> '' AND o.iban_index = me.iban_index AND o.status <> ALL(%(out)s)
    AND o.claimant_id <> me.claimant_id
)
SELECT
(SELECT coalesce(json_agg(json_build_array(i.id, i.head, i.amount::text, i.occurred_at) ORDER BY i.id), '[]')
    FROM claims_lossitem i WHERE i.claim_id = %(claim)s),
(SELECT coalesce(json_agg(json_build_array(d.id, a.item_id, d.state, ARRAY(
        SELECT DISTINCT o.reference FROM evidence_document t JOIN claims_attachment b ON b.document_id = t.id
        JOIN claims_claim o ON o.id = b.claim_id, me
        WHERE t.sha256 = d.sha256 AND o.claimant_id <> me.claimant_id AND o.status <> ALL(%(out)s)
        ORDER BY o.reference LIMIT %(most)s
    )) ORDER BY a.id), '[]')
    FROM claims_attachment a JOIN evidence_document d ON d.id = a.document_id WHERE a.claim_id = %(claim)s),
ARRAY(SELECT reference FROM related r WHERE r.id <> %(claim)s AND EXISTS (
        SELECT FROM claims_lossitem x JOIN claims_lossitem y ON y.head = x.head
        WHERE x.claim_id = %(claim)s AND y.claim_id = r.id
    ) ORDER BY reference LIMIT %(most)s),
ARRAY(SELECT DISTINCT reference FROM paid_alike ORDER BY reference LIMIT %(most)s),
(SELECT count(DISTINCT claimant_id) + 1 FROM paid_alike),
ARRAY(SELECT reference FROM related r WHERE EXISTS (
        SELECT FROM claims_journalentry j WHERE j.chain = 'claim:' || r.id AND j.action = 'accept'
    ) ORDER BY reference LIMIT %(most)s),
(SELECT max(j.at) FROM claims_journalentry j
    WHERE j.chain = 'claim:' || %(claim)s::bigint AND j.action = 'bank details' AND (j.facts ->> 'changed')::boolean)
"""
SHOWN = 20  # references of one kind
OPEN_TO_CHECKS = (*WAITING, *WITH_REVIEWER)


@dataclass
class Row:
    """One check: `result` is what stands, `finds` what the data find; `by` is None where the data answered."""

    code: str
    result: str
    finds: str
    evidence: dict
    note: str = ""
    by: object = None
    at: datetime | None = None
    heads: frozenset = frozenset()
    earlier: list = field(default_factory=list)

    @property
    def label(self):
        return CHECKS[self.code].label

    @property
    def help(self):
        return CHECKS[self.code].help

    @property
    def questions(self):
        return questions_for(self.code, self.heads)

    @property
    def is_open(self):
        return self.result == checks.OPEN

    @property
    def automatic(self):
        return self.by is None and not self.is_open

    @property
    def said(self):
        """What the data found, as sentences."""
        return said(self.code, self.evidence)

    def evidence_for(self, readable):
        """The evidence without references that are not in `readable`."""
        kept = dict(self.evidence)
        for name in ("claims", "iban_claims"):
            if name in kept:
                kept[name] = [reference for reference in kept[name] if reference in readable]
        if "files" in kept:
            kept["files"] = [
                {**file, "claims": [reference for reference in file["claims"] if reference in readable]}
                for file in kept["files"]
            ]
        return kept

    @property
    def files(self):
        """The ids of the documents that it names."""
        return [file["document"] for file in self.evidence.get("files", ())]

    @property
    def claims(self):
        """The references that it names, each once."""
        named = [*self.evidence.get("claims", ()), *self.evidence.get("iban_claims", ())]
        named += [reference for file in self.evidence.get("files", ()) for reference in file["claims"]]
        return list(dict.fromkeys(named))


@dataclass(frozen=True)
class Checklist:
    """The rows of one round in their order; `earlier` rounds' answers stand beside them, row by row."""

    number: int
    rows: tuple

    @property
    def missing(self):
        return [row for row in self.rows if row.is_open]

    @property
    def done(self):
        return len(self.rows) - len(self.missing)

    def readable_by(self, person):
        """The references it names that `person` may look into: never an own claim."""
        named = {reference for row in self.rows for reference in row.claims}
        shown = Claim.objects.visible_to(person).exclude(claimant=person).filter(reference__in=named)
        return set(shown.values_list("reference", flat=True)) if named else set()


def facts_of(claim):
    """The Facts of a claim as they are now, in one query beside those for its terms, incident, person and account."""
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {"claim": claim.pk, "out": list(OUT), "most": SHOWN})
        items, papers, same, alike, people, accepted, changed_at = cursor.fetchone()
    customer, person, rules = claim.customer, claim.claimant, claim.terms.rules
    flat = claim.remedy != "damages" and customer is not None
    return Facts(
        remedy=claim.remedy,
        terms=rules,
        claimed=claim.claimed,
        items=tuple(Loss(pk, head, Decimal(euro), datetime.fromisoformat(at)) for pk, head, euro, at in items),
        documents=tuple(Paper(pk, item, state, tuple(elsewhere)) for pk, item, state, elsewhere in papers),
        outage=tuple(claim.outage),
        now=timezone.now(),
        mails=customer.mails if customer else {},
        late=bool(claim.late_reason),
        on_roster=customer is not None,
        contacts=spelled(customer.login, customer.contact, customer.second_contact) if customer else frozenset(),
        contact_known=bool(customer and (customer.contact or customer.second_contact)),
        reached_at=spelled(person.email, person.second_email, person.phone),
        tariff=REMEDIES[claim.remedy].assess(customer.facts(), rules).total if flat else None,
        same_losses=tuple(same),
        iban_claims=tuple(alike),
        unfit=tuple(fit_of(claim).of_documents),
        **near_of(claim),
        iban_people=people,
        iban_changed_at=changed_at,
        accepted=tuple(accepted),
    )


def near_of(claim):
    """The references of other claimants' claims with nearly the same documents or story."""
    matches = [match for match in matches_of(claim) if match.why in NEARLY]
    others = Claim.objects.filter(pk__in={match.claim for match in matches}).exclude(claimant=claim.claimant_id)
    references = dict(others.order_by("reference").values_list("pk", "reference")) if matches else {}
    files, stories = {}, []
    for match in matches:
        if match.claim not in references:
            continue
        kept = files.setdefault(match.document, []) if match.document else stories
        if len(kept) < SHOWN and references[match.claim] not in kept:
            kept.append(references[match.claim])
    return {"near_files": tuple(files.items()), "near_stories": tuple(stories)}


def spelled(*contacts):
    """Addresses in small letters, telephone numbers without blanks; nothing where there is nothing."""
    return frozenset("".join(each.lower().split()) for each in contacts if each)


def checklist_of(claim):
    """The Checklist of a claim's round: what nobody answered is answered by the data of this moment.

    Once the round is decided it stays as it was.
    """
    stored = list(claim.checks.select_related("by"))
    now = {check.code: check for check in stored if check.round == claim.round}
    rows = list(rows_of(claim, now)) if claim.state in OPEN_TO_CHECKS else [row_of(check) for check in now.values()]
    before = [check for check in stored if check.round < claim.round and check.result != checks.OPEN]
    for row in rows:
        row.earlier = [check for check in before if check.code == row.code]
    order = list(CHECKS)
    return Checklist(claim.round, tuple(sorted(rows, key=lambda row: order.index(row.code))))


def rows_of(claim, stored):
    """A Row for every check the claim needs; `stored` are the Checks of its round by their code."""
    facts = facts_of(claim)
    heads = frozenset(item.head for item in facts.items)
    for code, proposal in checks.proposals(facts).items():
        check = stored.get(code)
        if check is not None and check.by_id is not None:
            answer = {"result": check.result, "note": check.note, "by": check.by, "at": check.at}
        else:
            answer = {"result": proposal.result}
        yield Row(code, finds=proposal.finds, evidence=proposal.evidence, heads=heads, **answer)


def row_of(check):
    """A Row as it was stored."""
    evidence = dict(check.evidence)
    finds = evidence.pop("finds", "")
    return Row(check.code, check.result, finds, evidence, check.note, check.by, check.at)
