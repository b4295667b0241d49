"""The pages of terms: read, written by two managers at once without a loss, proposed, answered, and what they cost."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import terms as actions
from claims.actions import terms_previews
from claims.models import IncidentTerms, TermsDraft
from claims.rules.terms import Terms
from claims.rules.terms_text import texts_of
from tests import make

CODE = "libero-2023"
USUAL = texts_of(Terms())


def form(*, revision=0, base=USUAL, go="save", **changes):
    """The form as it begins, with some values typed anew: double underscores are dots."""
    typed = {name.replace("__", "."): value for name, value in changes.items()}
    return {**USUAL, **typed, "revision": revision, "base": json.dumps(base), "go": go}


def test_a_draft_goes_from_the_form_to_the_next_version(staff, at, words, mara, marco, incident):
    hers, his = staff(mara), staff(marco)
    looked = words(hers.post(at("terms-edit", CODE), form(go="look", indemnity__paid__rate="6,50")))
    assert "Indemnity Paid mailbox: For each outage day 6.00 € a day 6.50 € a day" in looked
    assert not TermsDraft.objects.exists()
    saved = words(hers.post(at("terms-edit", CODE), form(indemnity__paid__rate="6,50"), follow=True))
    assert "This costs 32.00 € for 2 people: +2.00 € beside the version in force." in saved
    assert "5,400 minutes of outage, at least 120 asked for 4 outage days × 6.50 € = 26.00 € 26.00 € 24.00 €" in saved
    assert "4 outage days in the paid period 1 Jun 2022 – 1 Jun 2023, which has 365" in saved
    refused = hers.post(at("terms-propose", CODE), {"revision": 1, "reason": ""})
    assert (refused.status_code, "Fill in this field." in words(refused)) == (422, True)
    proposed = words(hers.post(at("terms-propose", CODE), {"revision": 1, "reason": "Too low."}, follow=True))
    assert "You proposed this. Another manager approves it or says no." in proposed
    draft = TermsDraft.objects.get()
    assert hers.post(at("terms-approve", CODE), {"draft": draft.pk}).status_code == 403
    page = words(his.get(at("incident-terms", CODE)))
    assert "Too low." in page
    assert "Approve these terms" in page
    approved = words(his.post(at("terms-approve", CODE), {"draft": draft.pk}, follow=True))
    assert "Version 2 holds for claims opened from now on." in approved
    assert "Proposed by Mara, approved by Marco." in approved
    assert IncidentTerms.objects.in_force(CODE).rules.indemnity["paid"].rate == 6.5


def test_who_saves_second_loses_nothing_and_sees_both(staff, at, words, mara, marco, incident):
    staff(mara).post(at("terms-edit", CODE), form(appeal_days="60", information_days="20"))
    second = staff(marco).post(at("terms-edit", CODE), form(appeal_days="40", decision_days="50"))
    seen = words(second)
    assert second.status_code == 409
    assert "Mara saved other values in the meantime. Nothing is lost: look below." in seen
    assert "Saved in the meantime: 60. Yours stands here." in seen
    assert seen.count("Taken over from what was saved in the meantime.") == 1
    shown = {row["field"].path: row["value"] for row in fields_of(second)}
    assert (shown["appeal_days"], shown["decision_days"], shown["information_days"]) == ("40", "50", "20")
    again = {**form(revision=1, base=json.loads(second.context["base"])), **shown}
    assert staff(marco).post(at("terms-edit", CODE), again).status_code == 302
    rules = TermsDraft.objects.get().rules
    assert (rules.appeal_days, rules.decision_days, rules.information_days) == (40, 50, 20)


def fields_of(answer):
    return [row for group in answer.context["groups"] for _of, rows in group["rows"] for row in rows]


def test_errors_stand_at_their_fields_and_what_was_typed_stays(staff, at, words, mara, incident):
    answer = staff(mara).post(
        at("terms-edit", CODE), form(appeal_days="soon", indemnity__free__cap="0,10", refund_floor="")
    )
    assert answer.status_code == 422
    errors = {row["field"].path: row["value"] for row in fields_of(answer) if row["error"]}
    assert errors == {"appeal_days": "soon", "refund_floor": ""}
    assert 'href="#appeal_days"' in answer.content.decode()
    late = staff(mara).post(at("terms-edit", CODE), form(indemnity__free__cap="0,10"))
    assert "The limit is less than what a single day gives." in words(late)
    for odd in (
        {"base": "[1]"},
        {"base": "{"},
        {"revision": "x"},
        {"holds_that_pause": ["rain"]},
        {"most_items": "9" * 9999},
    ):
        assert staff(mara).post(at("terms-edit", CODE), {**form(), **odd}).status_code in (302, 409, 422), odd
    assert staff(mara).post(at("terms-edit", CODE), {}).status_code == 422
    assert (
        "<script>" not in staff(mara).post(at("terms-edit", CODE), form(appeal_days="<script>")).content.decode()[2000:]
    )


def test_what_was_rejected_is_kept_with_its_note_and_can_be_begun_again(staff, at, words, mara, marco, incident):
    staff(mara).post(at("terms-edit", CODE), form(appeal_days="60"))
    staff(mara).post(at("terms-propose", CODE), {"revision": 1, "reason": "Fairer."})
    draft = TermsDraft.objects.get()
    silent = staff(marco).post(at("terms-reject", CODE), {"draft": draft.pk, "note": " "})
    assert silent.status_code == 422
    rejected = words(staff(marco).post(at("terms-reject", CODE), {"draft": draft.pk, "note": "Too long."}, follow=True))
    assert "Answer of Marco: Too long." in rejected
    begun = staff(mara).get(at("terms-edit", CODE), {"from": draft.pk})
    assert {row["field"].path: row["value"] for row in fields_of(begun)}["appeal_days"] == "60"
    assert staff(mara).post(at("terms-withdraw", CODE), {"draft": draft.pk}).status_code == 409
    assert staff(mara).get(at("terms-edit", CODE), {"from": "x"}).status_code == 200


def test_a_large_roster_is_counted_part_by_part_while_one_looks(staff, at, words, mara, monkeypatch):
    make.crowd(5)
    monkeypatch.setattr(terms_previews, "PART", 2)
    monkeypatch.setattr(terms_previews.count_part, "__kwdefaults__", {"size": 2})
    browser = staff(mara)
    browser.post(at("terms-edit", CODE), form(appeal_days="60"))
    watched = browser.get(at("terms-costs", CODE))
    assert "Counted so far: 2 of 5 accounts." in words(watched)
    assert "hx-get" in watched.content.decode()
    while terms_previews.count_part():
        pass
    done = browser.get(at("terms-costs", CODE))
    assert "This costs 120.00 € for 5 people: as the version in force." in words(done)
    assert "hx-get" not in done.content.decode()
    assert browser.post(at("terms-costs", CODE)).status_code == 302
    assert "Counted so far: 2 of 5 accounts." in words(browser.get(at("terms-costs", CODE)))


@pytest.mark.parametrize("who", ["olga", "rita", "sara", "ada"])
def test_others_of_the_staff_read_versions_but_no_draft(staff, at, words, mara, incident, who, request):
    actions.save(CODE, by=mara, terms=Terms(appeal_days=61), revision=0)
    browser = staff(request.getfixturevalue(who))
    seen = words(browser.get(at("incident-terms", CODE)))
    assert "Version 1" in seen
    assert "To appeal 30 days" in seen
    assert "61 days" not in seen
    assert browser.get(at("terms-edit", CODE)).status_code == 403


def test_the_page_takes_as_many_queries_at_30_versions_and_drafts_as_at_3(staff, at, mara, marco, incident):
    browser, counts = staff(mara), set()
    browser.get(at("incident-terms", CODE))
    for until in (3, 30):
        while (version := incident.terms_versions.latest("version").version) < until:
            make.later_terms(incident, appeal_days=version + 1)
            gone = actions.save(CODE, by=mara, terms=Terms(appeal_days=90 + version), revision=0)
            actions.withdraw(CODE, by=marco, draft_id=gone.pk, note="No")
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(at("incident-terms", CODE)).status_code == 200
        counts.add(len(queries))
    assert len(counts) == 1
