"""Hold, its end and an extension through the API and the pages; what each side reads there."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from claims.actions import holds
from claims.models import ClockEvent, Hold
from claims.rules.outage import ROME
from tests import make
from tests.actions.test_clock import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(anna, incident, rita):
    return make.taken(anna, incident, rita)


@pytest.fixture
def page(client):
    """A browser that asks for English, signed in as that person."""

    def client_of(person):
        client.force_login(person)
        client.cookies["language"] = "en"
        return client

    return client_of


def ahead(days):
    return timezone.now().astimezone(ROME).date() + timedelta(days=days)


def post(api, person, claim, name, body):
    # A key of its own for each call: none of them is a repetition.
    return api(person).post(
        f"/api/v1/claims/{claim.reference}/{name}/", body, format="json", HTTP_IDEMPOTENCY_KEY=str(timezone.now())
    )


def test_the_api_holds_and_goes_on(api, rita, claim):
    answer = post(api, rita, claim, "hold", {"until": ahead(10).isoformat(), "reason": "expert"})
    assert (answer.status_code, answer.json()["status"]) == (200, "on_hold")
    assert ClockEvent.objects.filter(kind="pause", basis="hold:expert", by=rita).exists()
    answer = post(api, rita, claim, "resume", {"note": "The expert has answered."})
    assert (answer.status_code, answer.json()["status"]) == (200, "in_review")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"until": "yesterday", "reason": "court"}, "until", "invalid_date"),
        ({"until": "2023-02-30", "reason": "court"}, "until", "invalid_date"),
        ({"until": 20261201, "reason": "court"}, "until", "invalid_date"),
        ({"until": "2023-02-03T00:00:00Z", "reason": "court"}, "until", "invalid_date"),
        ({"until": "2023-01-01", "reason": "court"}, "until", "until_too_early"),
        ({"until": "9999-12-31", "reason": "court"}, "until", "until_too_late"),
        ({"until": "2099-01-01"}, "reason", "required"),
        ({"until": "2099-01-01", "reason": " "}, "reason", "required"),
        ({"reason": "court"}, "until", "required"),
        ({"until": "2099-01-01", "reason": "court", "days": 3}, "days", "unknown_field"),
    ],
)
def test_i_28_a_hold_that_is_not_right_is_answered_422_at_its_field(api, rita, claim, body, field, code):
    answer = post(api, rita, claim, "hold", body)
    assert answer.status_code == 422
    assert (field, code) in {(error["field"], error["code"]) for error in answer.json()["errors"]}
    assert not Hold.objects.exists()


@pytest.mark.parametrize("days", [0, -1, 1_000_000_000, "15", 1.5, True, [15]])
def test_i_28_days_that_are_none_prolong_nothing(api, sara, claim, days):
    answer = post(api, sara, claim, "extend", {"days": days, "basis": "agreed"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_days")


def test_a_supervisor_prolongs_and_nobody_else_does(api, rita, sara, anna, claim):
    body = {"days": 15, "basis": "new_evidence", "note": "A second opinion"}
    assert post(api, rita, claim, "extend", body).status_code == 403
    assert post(api, anna, claim, "extend", body).status_code == 403
    answer = post(api, sara, claim, "extend", body)
    assert answer.status_code == 200
    assert answer.json()["due"] > claim.due.isoformat()


def test_who_may_not_know_of_it_finds_nothing_and_the_stranger_is_asked_who_he_is(api, bruno, claim):
    body = {"until": ahead(3).isoformat(), "reason": "court"}
    assert post(api, bruno, claim, "hold", body).status_code in (403, 404)
    assert post(api, None, claim, "hold", body).status_code == 401


def test_the_list_of_what_is_overdue_leaves_out_what_waits(api, anna, incident, rita):
    with day(date(2023, 3, 20)):
        waits, late = make.taken(anna, incident, rita), make.taken(anna, incident, rita)
        holds.hold(waits.reference, by=rita, until=date(2023, 6, 1), reason="court")
    listed = api(rita).get("/api/v1/claims/?overdue=true").json()["results"]
    assert [each["reference"] for each in listed] == [late.reference]


def staff_page(page, person, claim):
    return page(person).get(reverse("admin:case", args=[claim.reference]))


def test_the_reviewer_holds_and_ends_it_on_the_case_page(page, rita, claim):
    shown = staff_page(page, rita, claim).content.decode()
    assert reverse("admin:case-hold", args=[claim.reference]) in shown
    assert reverse("admin:case-extend", args=[claim.reference]) not in shown
    browser = page(rita)
    sent = {"until": ahead(5).isoformat(), "reason": "third_party", "note": "The bank"}
    assert browser.post(reverse("admin:case-hold", args=[claim.reference]), sent).status_code == 302
    shown = staff_page(page, rita, claim).content.decode()
    assert "the clock stands still" in shown
    assert "Somebody else must answer first" in shown
    assert browser.post(reverse("admin:case-resume", args=[claim.reference])).status_code == 302
    claim.refresh_from_db()
    assert claim.status == "in_review"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("case-hold", {"until": "", "reason": "court"}),
        ("case-hold", {"until": "31/02/2024", "reason": "court"}),
        ("case-hold", {"until": "2020-01-01", "reason": "court"}),
        ("case-extend", {"days": "many", "basis": "agreed"}),
        ("case-extend", {"days": "²", "basis": "agreed"}),
        ("case-extend", {"days": "15", "basis": ""}),
        ("case-extend", {}),
    ],
)
def test_what_is_not_right_is_said_on_the_page(page, sara, claim, name, sent):
    answer = page(sara).post(reverse(f"admin:{name}", args=[claim.reference]), sent)
    assert answer.status_code == 422
    assert ClockEvent.objects.count() == 1


def test_the_supervisor_prolongs_on_the_case_page(page, sara, rita, claim):
    sent = {"days": "15", "basis": "complex_case", "note": ""}
    assert page(rita).post(reverse("admin:case-extend", args=[claim.reference]), sent).status_code == 403
    assert page(sara).post(reverse("admin:case-extend", args=[claim.reference]), sent).status_code == 302
    shown = staff_page(page, sara, claim).content.decode()
    assert "0 of 60" in shown
    assert "unusually complex" in shown


def test_the_claimant_reads_why_it_waits_and_what_counts_but_no_note(page, anna, rita, claim):
    holds.hold(claim.reference, by=rita, until=ahead(5), reason="court", note="Ask Remo")
    shown = page(anna).get(reverse("claim", args=[claim.reference])).content.decode()
    assert "The time to decide stands still" in shown
    assert "A court or an authority decides first" in shown
    assert "0 of 45 days used" in shown
    assert "Ask Remo" not in shown
    assert rita.name not in shown
    assert "You get the decision by" not in page(anna).get(reverse("claims")).content.decode()


def test_the_claimant_is_told_when_it_is_late(page, anna, incident, rita):
    with day(date(2023, 3, 20)):
        late = make.taken(anna, incident, rita)
    assert "We are late" in page(anna).get(reverse("claim", args=[late.reference])).content.decode()


@pytest.mark.parametrize("turns", [1, 30])
def test_a_long_ledger_costs_no_more_queries(page, anna, rita, claim, turns):
    for _turn in range(turns):
        holds.hold(claim.reference, by=rita, until=ahead(5), reason="court")
        holds.resume(claim.reference, by=rita)
    browser = page(anna)
    browser.get(reverse("claim", args=[claim.reference]))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        browser.get(reverse("claim", args=[claim.reference]))
    assert sum("claims_clockevent" in each["sql"] or "claims_hold" in each["sql"] for each in queries) == 2


def test_the_queue_calls_nothing_late_whose_clock_stands_still(page, anna, incident, rita):
    with day(date(2023, 3, 20)):
        waits, late = make.taken(anna, incident, rita), make.taken(anna, incident, rita)
        holds.hold(waits.reference, by=rita, until=date(2023, 6, 1), reason="court")
    browser = page(rita)
    shown = browser.get(reverse("admin:queue")).content.decode()
    assert shown.count("the clock stands still") == 1
    assert shown.count("days late") == 1
    shown = browser.get(reverse("admin:queue"), {"overdue": "1"}).content.decode()
    assert late.reference in shown
    assert waits.reference not in shown
