"""Incidents: what everybody who works here sees, and what only a manager does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from claims.actions import incidents
from claims.models import Notice
from tests import make


def test_the_page_shows_services_terms_and_counts(staff, at, words, rita, anna, incident):
    make.submitted(anna, incident)
    page = staff(rita).get(at("incident", incident.code))
    text = words(page)
    for part in (
        "Mail outage",
        "Open for claims",
        "Paid mailbox",
        "libero.example",
        "5,000.00 €",
        "600.00 €",
        "500.00 €",
    ):
        assert part in text, part
    assert page.context["counts"] == {"accounts": 2, "filed": 1, "unfinished": 1, "held": 0}
    assert at("incident-close", incident.code) not in page.content.decode()
    assert "Mail outage" in words(staff(rita).get(at("incidents")))


def test_an_account_is_looked_up_on_the_roster(staff, at, words, olga, incident):
    browser = staff(olga)
    text = words(browser.get(at("incident", incident.code), {"login": "ANNA@libero.example"}))
    assert "19.99 €, 1 Jun 2022 – 1 Jun 2023" in text
    assert "Outage days 4 Mails delayed not known Mails lost not known" in text
    incident.customers.filter(login="anna@libero.example").update(deferred=0, bounced=14)
    text = words(browser.get(at("incident", incident.code), {"login": "anna@libero.example"}))
    assert "Mails delayed 0 Mails lost 14" in text
    assert "is not on the roster" in words(browser.get(at("incident", incident.code), {"login": "x@libero.example"}))


@pytest.mark.parametrize("login", ["x", "a b@c", "\x00@x.example", "y" * 5000, "<script>@x.example"])
def test_an_odd_login_breaks_nothing(staff, at, olga, incident, login):
    page = staff(olga).get(at("incident", incident.code), {"login": login})
    assert page.status_code == 200
    assert "<script>@" not in page.content.decode()


def test_an_unknown_incident_is_404(staff, at, mara, incident):
    browser = staff(mara)
    for name in ("incident", "incident-open", "incident-close"):
        assert browser.get(at(name, "nothing")).status_code == 404
    assert browser.get(at("incident-restore", incident.code, "nothing")).status_code == 404


def test_closing_asks_first_and_says_what_changes(staff, at, words, mara, anna, incident):
    make.submitted(anna, incident)
    browser = staff(mara)
    asked = browser.get(at("incident-close", incident.code))
    assert "1 claim that is not decided yet goes on." in words(asked)
    incident.refresh_from_db()
    assert incident.state == "open"
    done = browser.post(at("incident-close", incident.code), follow=True)
    assert "Closed. Claims that were filed go on." in words(done)
    incident.refresh_from_db()
    assert incident.state == "closed"


def test_opening_a_draft_freezes_its_terms(staff, at, words, mara, db):
    texts = {f"{name}_{language}": "Mail outage" for name in ("title", "summary") for language in ("it", "en")}
    start = timezone.now() - timedelta(days=3)
    services = [{"code": "paid", "kind": "paid", "domains": ["libero.example"]}]
    made = incidents.declare(
        "new-2026", by=mara, started_at=start, ended_at=start + timedelta(days=1), services=services, **texts
    )
    browser = staff(mara)
    assert "Its terms are frozen" in words(browser.get(at("incident-open", made.code)))
    assert browser.post(at("incident-open", made.code)).status_code == 302
    made.refresh_from_db()
    assert made.state == "open"
    assert made.terms_versions.get().frozen_at


def test_what_is_open_cannot_be_opened_nor_what_is_closed_closed(staff, at, words, mara, incident):
    browser = staff(mara)
    refused = browser.post(at("incident-open", incident.code))
    assert refused.status_code == 409
    assert "This is not possible now" in words(refused)
    browser.post(at("incident-close", incident.code))
    assert browser.post(at("incident-close", incident.code)).status_code == 409


def test_declaring_a_service_restored_says_how_many_notices_leave(staff, at, words, mara, incident):
    people = [make.person(name, "claimant", email=f"{name}@libero.example") for name in ("one", "two")]
    for person in people:
        make.submitted(person, incident, login=person.email, login_explanation="An alias.")
    assert Notice.objects.filter(state="held").count() == 2
    browser = staff(mara)
    asked = words(browser.get(at("incident-restore", incident.code, "paid")))
    assert "2 notices that wait for this service will leave, oldest first." in asked
    done = browser.post(at("incident-restore", incident.code, "paid"), follow=True)
    assert "2 notices that waited are on their way." in words(done)
    assert not Notice.objects.filter(state="held").exists()
    assert browser.post(at("incident-restore", incident.code, "paid")).status_code == 409


@pytest.mark.parametrize("role", ["claimant", "operator", "reviewer", "supervisor", "administrator"])
def test_only_a_manager_changes_an_incident(staff, at, incident, role):
    browser = staff(make.person("other", role))
    for address in (
        at("incident-open", incident.code),
        at("incident-close", incident.code),
        at("incident-restore", incident.code, "paid"),
    ):
        assert browser.get(address).status_code == 403
        assert browser.post(address).status_code == 403
    incident.refresh_from_db()
    assert incident.state == "open"
    assert not incident.services.exclude(restored_at=None).exists()


def test_a_service_that_was_restored_shows_when(staff, at, words, rita, incident):
    incident.services.update(restored_at=timezone.now())
    assert "not yet" not in words(staff(rita).get(at("incident", incident.code)))
