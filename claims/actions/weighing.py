"""What a reviewer's findings amount to: checked against the claim, netted of what was granted, and who must sign."""

from dataclasses import dataclass

from claims.actions import journal
from claims.models import Award, Benefit, Decision
from claims.reports import wording
from claims.reports.bands import bands_beside
from claims.reports.granted import account_of, granted_beside
from claims.rules.benefits import check_benefits
from claims.rules.errors import Refused
from claims.rules.remedies import damages
from claims.rules.remedies.base import Assessment
from claims.rules.signatures import reasons_to_sign
from claims.rules.verdict import check_findings, check_outcome


@dataclass(frozen=True)
class Weighed:
    """A decision before it is written."""

    outcome: str
    findings: list
    gifts: tuple
    assessment: Assessment
    reason_versions: dict
    signature_reasons: tuple


def weigh(claim, *, outcome, items, awards=(), ask_signature=False):
    """Raises Refused (422) for whatever is not right with the findings, the benefits or the outcome."""
    terms, texts = claim.terms.rules, wording.newest()
    findings, gifts = checked(claim, items, awards, wording.offered(texts))
    check_outcome(outcome, findings, gifts)
    hold_account(claim)
    assessment = assessed(claim, findings)
    given = dict.fromkeys([*(code for finding in findings for code in finding.reasons), *assessment.reasons])
    signing = reasons_to_sign(
        assessment.total,
        findings,
        terms,
        remedy=claim.remedy,
        reference=claim.reference,
        number=claim.round,
        bands=bands_beside(claim, [finding.head for finding in findings]),
        asked=ask_signature,
    )
    return Weighed(outcome, findings, gifts, assessment, {code: texts[code].version for code in given}, signing)


def checked(claim, items, awards, reasons):
    """(findings, gifts), or one Refused with everything that is wrong with either."""
    problems, result = [], []
    for check, given, against in (
        (lambda given, rows: check_findings(given, rows, reasons), items, list(claim.items.all())),
        (check_benefits, awards, claim.terms.rules.benefits),
    ):
        try:
            result.append(check(given, against))
        except Refused as refused:
            problems.extend(refused.errors)
    if problems:
        field, code, message = problems[0]
        raise Refused(code, message, field=field, errors=problems)
    return result


def assessed(claim, findings):
    granted = granted_beside(claim)
    return damages.assess(
        findings,
        claim.terms.rules,
        indemnity_granted=granted.indemnity,
        refund_granted=granted.refund,
        refund_from_all=claim.remedy == "refund",
    )


def hold_account(claim):
    """Two claims about one account are decided one after the other: what one grants the other takes off."""
    journal.lock(account_of(claim))


def write(claim, weighed, *, by, note, now):
    """The Decision with its awards and benefits; proposed if a second person must sign."""
    waits, assessment = bool(weighed.signature_reasons), weighed.assessment
    decision = Decision.objects.create(
        claim=claim,
        round=claim.round,
        outcome=weighed.outcome,
        state=Decision.State.PROPOSED if waits else Decision.State.EFFECTIVE,
        decider=by,
        note=note,
        assessment=assessment.to_json(),
        total=assessment.total,
        offsets=assessment.offsets,
        net=assessment.net,
        reason_versions=weighed.reason_versions,
        signature_reasons=list(weighed.signature_reasons),
        made_at=now,
        effective_at=None if waits else now,
    )
    Award.objects.bulk_create(
        Award(
            decision=decision,
            item_id=finding.item,
            awarded=finding.awarded,
            share=finding.share,
            reduced=finding.reduced,
            reasons=list(finding.reasons),
        )
        for finding in weighed.findings
    )
    Benefit.objects.bulk_create(
        Benefit(decision=decision, kind=each.kind, quantity=each.quantity) for each in weighed.gifts
    )
    return decision
