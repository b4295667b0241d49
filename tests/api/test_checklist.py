"""The checklist over the API: reading, answering, and what `decide/` says when it is not complete."""

import pytest

from claims.models import Check
from tests import make


@pytest.fixture
def claim(anna, incident, rita):
    return make.taken(anna, incident, rita, is_checked=False)


def path(claim):
    return f"claims/{claim.reference}/checklist/"


def entry(code, result="pass", note=""):
    return {"code": code, "result": result, "note": note}


def test_what_is_not_right_is_named_at_its_entry(call, claim, rita):
    for entries, code, field in (
        ([entry("harm", "fail")], "note_required", "entries.0.note"),
        ([entry("harm"), entry("stars")], "unknown_check", "entries.1.code"),
        ([entry("harm", "open")], "unknown_value", "entries.0.result"),
        ([{**entry("harm"), "by": "me"}], "unknown_field", "entries.0.by"),
    ):
        answer = call(rita).patch(path(claim), {"entries": entries})
        assert answer.status_code == 422
        told = answer.json()
        assert [(each["field"], each["code"]) for each in told["errors"]] == [(field, code)]
    assert not Check.objects.exists()


def test_an_old_version_is_412(call, claim, rita):
    done = call(rita).patch(path(claim), {"entries": [entry("harm")]}, If_Match=f'"{claim.version}"')
    assert done.status_code == 200
    assert done.headers["ETag"] == f'"{claim.version + 1}"'
    again = call(rita).patch(path(claim), {"entries": [entry("tone")]}, If_Match=f'"{claim.version}"')
    assert (again.status_code, again.json()["code"]) == (412, "stale")


def test_from_an_open_list_to_a_decision(call, claim, rita):
    mine = call(rita)
    verdict = {
        "outcome": "approved",
        "items": [{"id": claim.items.get().pk, "awarded": "120.00", "reasons": ["accepted_in_full"]}],
    }
    refused = mine.post(f"claims/{claim.reference}/decide/", verdict)
    assert (refused.status_code, refused.json()["code"]) == (422, "checklist_incomplete")
    listed = mine.get(path(claim)).json()
    assert [each["field"] for each in refused.json()["errors"]] == [f"checklist.{code}" for code in listed["missing"]]
    assert listed["missing"] == ["standing", "harm", "causation", "mitigation", "tone"]
    answers = [entry(code, note="Seen.") for code in listed["missing"]]
    done = mine.patch(path(claim), {"entries": answers}).json()
    assert done["missing"] == []
    assert mine.post(f"claims/{claim.reference}/decide/", verdict).status_code == 200


def test_each_row_says_what_the_data_find_and_who_answered(call, claim, rita, sara):
    call(rita).patch(path(claim), {"entries": [entry("harm", "fail", "The invoice is of 2021.")]})
    answer = call(sara).get(path(claim))
    assert answer.headers["ETag"] == f'"{claim.version + 1}"'
    rows = {row["code"]: row for row in answer.json()["entries"]}
    assert rows["harm"]["by"] == "Rita"
    assert (rows["harm"]["result"], rows["harm"]["note"]) == ("fail", "The invoice is of 2021.")
    assert rows["harm"]["at"].endswith("Z")
    assert (rows["outage"]["result"], rows["outage"]["finds"], rows["outage"]["by"]) == ("pass", "pass", None)
    assert rows["outage"]["evidence"] == {"minutes": 5400, "days": 4, "outside": []}
    assert rows["outage"]["said"] == "The account was out for 5,400 minutes, on 4 outage days."


def test_a_reference_of_one_s_own_claim_is_not_among_the_evidence(call, incident, claim):
    """Remo reads as staff; the same file is in a claim of his own."""
    person = make.person("bea", "claimant", "reviewer")
    make.submitted(person, incident, login="bruno@virgilio.example")
    rows = {row["code"]: row for row in call(person).get(path(claim)).json()["entries"]}
    assert rows["duplicates"]["finds"] == "fail"
    assert [each["claims"] for each in rows["duplicates"]["evidence"]["files"]] == [[]]


def test_nobody_reads_the_list_of_an_own_claim(call, incident, rita):
    person = make.person("bea", "claimant", "reviewer")
    claim = make.taken(person, incident, rita)
    answer = call(person).get(path(claim))
    assert (answer.status_code, answer.json()["code"]) == (403, "own_claim")


def test_reading_costs_the_same_for_many_documents_and_claims(
    call, incident, claim, rita, django_assert_max_num_queries, django_assert_num_queries
):
    mine = call(rita)
    with django_assert_max_num_queries(22) as few:
        mine.get(path(claim))
    for number in range(30):
        make.attachment(claim, content=b"%PDF-1.4 " + str(number).encode())
    for number in range(3):
        twin = make.draft(make.person(f"twin{number}", "claimant"), incident, login="bruno@virgilio.example")
        for copy in range(10):
            make.attachment(twin, content=b"%PDF-1.4 " + str(copy).encode())
        make.intake.submit_claim(twin.reference, by=twin.claimant, declaration=True)
    # one more: which of the references it names may be read
    with django_assert_num_queries(len(few) + 1):
        rows = {row["code"]: row for row in mine.get(path(claim)).json()["entries"]}
    assert len(rows["duplicates"]["evidence"]["files"]) == 10
