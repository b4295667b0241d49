"""The checklist on the case page: answered at once by htmx or with a button, and missing ones named at the decision."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import appeals, checklist, decisions, notices, review
from claims.models import Check, Claim
from tests import make
from tests.appeals.conftest import decide

HTMX = {"HX-Request": "true"}


@pytest.fixture
def claim(anna, incident, rita):
    return make.taken(anna, incident, rita, is_checked=False)


def test_a_failure_without_a_note_comes_back_at_its_row_with_what_was_chosen(staff, at, words, rita, claim):
    form = {"code": "harm", "result": "fail", "seen": claim.version}
    for headers, status in ((HTMX, 200), ({}, 422)):
        answer = staff(rita).post(at("case-check", claim), form, headers=headers)
        assert answer.status_code == status
        assert "Say why in a note." in words(answer)
        assert re.search(r'id="fail-harm"[^>]* checked', answer.content.decode())
    assert not Check.objects.exists()


def test_somebody_else_cannot_answer_and_sees_no_form(staff, at, words, remo, claim):
    form = {"code": "harm", "result": "pass", "version": claim.version}
    assert staff(remo).post(at("case-check", claim), form).status_code == 403
    page = staff(remo).get(at("case", claim))
    assert at("case-check", claim) not in page.content.decode()
    assert "Checklist 7 of 12" in words(page)


def test_an_answer_of_an_old_page_is_refused_in_its_row(staff, at, words, rita, claim):
    version = claim.version
    checklist.record(claim.reference, by=rita, entries=[{"code": "tone", "result": "pass"}])
    form = {"code": "harm", "result": "pass", "version": version}
    answer = staff(rita).post(at("case-check", claim), form, headers=HTMX)
    assert "Somebody changed this claim in the meantime" in words(answer)
    assert Check.objects.get(code="harm").by is None


def test_without_javascript_the_page_comes_back_at_the_row(staff, at, words, rita, claim):
    form = {"code": "harm", "result": "pass", "note": "", "seen": claim.version}
    answer = staff(rita).post(at("case-check", claim), form)
    assert answer.status_code == 302
    assert answer.url == at("case", claim) + "?tab=story#checklist.harm"
    assert "Checklist 8 of 12" in words(staff(rita).get(at("case", claim)))


def test_htmx_gets_the_row_the_progress_what_is_missing_and_the_version(staff, at, words, rita, claim):
    form = {"code": "harm", "result": "pass", "note": "The invoice shows it.", "version": claim.version}
    answer = staff(rita).post(at("case-check", claim), form, headers=HTMX)
    text, content = words(answer), answer.content.decode()
    assert "8 of 12" in text
    assert "Rita" in text
    assert f'name="version" value="{claim.version + 1}" hx-swap-oob="true"' in content
    missing = content.partition('id="checklist-missing"')[2]
    assert re.findall(r'href="#checklist\.(\w+)"', missing) == ["standing", "causation", "mitigation", "tone"]


def test_the_decision_names_what_is_missing_with_links_to_the_rows(staff, at, words, typed, rita, claim):
    answer = staff(rita).post(at("case-decide", claim), typed(claim))
    assert answer.status_code == 422
    alert = answer.content.decode().partition('role="alert"')[2].partition("</div>")[0]
    for code in ("standing", "harm", "causation", "mitigation", "tone"):
        assert f'href="#checklist.{code}"' in alert
        assert f'id="checklist.{code}"' in answer.content.decode()
    assert "The checklist is not complete: Harm." in words(answer)


def test_evidence_is_a_sentence_with_links_to_what_it_names(staff, at, words, rita, bruno, incident, claim):
    twin = make.submitted(bruno, incident, login="bruno@virgilio.example")
    page = staff(rita).get(at("case", claim))
    row = page.content.decode().partition('id="checklist.duplicates"')[2].partition("</form>")[0]
    assert "Other claimants handed in the same file." in row
    assert f'href="{at("case", twin)}"' in row
    assert f'href="{at("case-document", claim, claim.attachments.get().document_id)}"' in row
    assert "The account was out for 5,400 minutes, on 4 outage days." in words(page)


def test_mails_lost_and_delayed_stand_beside_outage_and_cause(staff, at, words, rita, incident, claim):
    assert "messages to this account" not in words(staff(rita).get(at("case", claim)))
    incident.customers.filter(login=claim.login).update(bounced=14, deferred=1)
    page = staff(rita).get(at("case", claim))
    for code in ("outage", "causation"):
        row = page.content.decode().partition(f'id="checklist.{code}"')[2].partition("</form>")[0]
        assert "The roster says that 14 messages to this account bounced." in row
        assert "The roster says that 1 message to this account came late." in row
    assert "Mails to it 14 lost, 1 delayed" in words(page)


def test_what_was_written_is_shown_as_text(staff, at, rita, claim):
    note = "<script>alert(1)</script>"
    checklist.record(claim.reference, by=rita, entries=[{"code": "harm", "result": "pass", "note": note}])
    page = staff(rita).get(at("case", claim)).content.decode()
    assert note not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_new_round_starts_a_new_list_with_the_earlier_answers_beside(staff, at, words, rita, remo, claim):
    entries = [{"code": "harm", "result": "fail", "note": "No invoice."}]
    checklist.record(claim.reference, by=rita, entries=entries)
    decide(claim, rita, awarded="0.00", reasons=["no_evidence"])
    while notices.deliver_batch():
        pass
    appeals.appeal(claim.reference, by=claim.claimant, grounds="Here it is.")
    review.take(claim.reference, by=remo)
    page = staff(remo).get(at("case", claim))
    assert "Round 1: Not in order (Rita" in words(page)
    assert "No invoice." in words(page)
    assert "harm" in [row.code for row in page.context["checklist"]["missing"]]
    make.checked(claim)
    decisions.decide(claim.reference, by=remo, outcome="approved", items=make.findings(Claim.objects.get(pk=claim.pk)))
    assert Check.objects.filter(claim=claim, code="harm").count() == 2


def test_many_signals_and_rounds_cost_no_more_queries(staff, at, rita, incident, claim):
    browser, counts = staff(rita), []
    browser.get(at("queue"))  # the session is written once
    for more in (1, 30):
        for number in range(more):
            other = make.person(f"other{more}{number}", "claimant")
            make.submitted(other, incident, login="bruno@virgilio.example")
        with CaptureQueriesContext(connection) as queries:
            browser.get(at("case", claim))
        counts.append(len(queries))
    assert counts[0] == counts[1]
