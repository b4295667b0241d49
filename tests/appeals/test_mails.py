"""The mails after a decision: once for each event and round, and what each says in its three first lines."""

import re

import pytest

from claims.actions import appeals, endings, mails, notices, review
from claims.models import Letter
from tests.appeals.conftest import days_later, decide, tell
from tests.referee import assert_laws_hold


def told(claim, kind, language="en"):
    """The newest mail of a kind about a claim: (first three lines, subject, text, HTML)."""
    notice = claim.notices.filter(kind=kind).latest("pk")
    notice.language = language
    message = mails.render(notice)
    lines = message.body.splitlines()
    code = " ".join(re.findall("....", notice.code))
    for part in (message.body, message.alternatives[0][0]):
        assert claim.reference in part
        assert code in part
        assert "/verify/" in part
    assert all(lines[:3])
    assert lines[3] == ""
    return lines[:3], message.subject


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("kind", ["appeal_received", "claim_accepted", "claim_reopened", "bank_details_needed"])
def test_each_says_what_happened_what_it_means_and_what_to_do(partly, rejected, sara, remo, kind, language):
    if kind == "appeal_received":
        appeals.appeal(partly.reference, by=partly.claimant, grounds="Why?")
    elif kind == "claim_accepted":
        endings.accept(partly.reference, by=partly.claimant)
    elif kind == "claim_reopened":
        endings.reopen(rejected.reference, by=sara, reason="New facts.", to=remo)
        partly = rejected
    else:
        notices.post(kind, claim=partly)
    told(partly, kind, language)


def test_who_accepts_reads_what_is_paid_where_and_that_there_is_no_appeal_any_more(partly):
    endings.accept(partly.reference, by=partly.claimant)
    (happened, means, todo), subject = told(partly, "claim_accepted")
    assert subject == f"You accepted the decision on your claim {partly.reference}"
    assert happened.startswith("You accepted the decision")
    assert means == (
        "We pay 50.00 € into your account IT** 3456 with the next payment run. There is no appeal any more."
    )
    assert "If it was not you" in todo


def test_the_decision_on_an_appeal_is_told_as_final_with_the_court_as_the_second_remedy(partly, remo):
    tell()
    appeals.appeal(partly.reference, by=partly.claimant, grounds="Why?")
    review.take(partly.reference, by=remo)
    decide(partly, remo, awarded="60.00")
    (happened, _means, todo), subject = told(partly, "claim_decided")
    assert subject == f"We have decided your appeal in claim {partly.reference}"
    assert happened.startswith("We decided your appeal")
    assert "This decision is final here; you may still turn to a conciliation body or to the court." in todo
    letter = Letter.objects.get(decision__round=2)
    assert "our final decision" in letter.content["appeal"] or "definitiv" in letter.content["appeal"]
    assert "court" in letter.content["appeal"] or "giudice" in letter.content["appeal"]
    assert partly.notices.filter(kind="claim_decided").count() == 2
    assert_laws_hold()


def test_however_often_the_clock_comes_round_each_thing_is_told_once(rejected, partly):
    tell()
    with days_later(40):
        while endings.pass_windows():
            pass
        endings.pass_windows()
    for claim in (rejected, partly):
        kinds = list(claim.notices.values_list("kind", flat=True))
        assert len(kinds) == len(set(kinds))
