"""People and roles: who changes them, and what ends with a change."""

from datetime import timedelta

import pytest

from accounts.models import ApiToken
from accounts.roles import Role
from claims.models import JournalEntry
from tests import make


def test_an_administrator_gives_and_takes_roles(staff, at, words, ada, remo):
    page = staff(ada).post(at("person", remo.pk), {"roles": ["reviewer", "supervisor"]}, follow=True)
    assert "Changed. Who was signed in has to sign in again." in words(page)
    remo.forget_roles()
    assert remo.roles == {Role.REVIEWER, Role.SUPERVISOR}
    entry = JournalEntry.objects.get(chain=f"person:{remo.pk}")
    assert (entry.action, entry.actor, entry.facts) == ("set roles", ada, {"given": ["supervisor"], "taken": []})


def test_a_change_of_roles_ends_every_session_and_token_at_once(staff, at, api, ada, remo):
    his, phone = staff(remo), staff(remo)
    plain, _row = ApiToken.objects.issue(remo, timedelta(hours=1))
    assert his.get(at("queue")).status_code == 200
    staff(ada).post(at("person", remo.pk), {"roles": ["claimant"]})
    for browser in (his, phone):
        answer = browser.get(at("queue"))
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/login/")
    assert ApiToken.objects.valid(plain) is None
    remo.refresh_from_db()
    assert not remo.is_staff
    assert staff(remo).get(at("index")).status_code == 403


def test_the_administrators_own_session_goes_on(staff, at, ada, remo):
    browser = staff(ada)
    browser.post(at("person", remo.pk), {"roles": []})
    assert browser.get(at("people")).status_code == 200


def test_closing_an_account_ends_its_sessions_and_opening_lets_in_again(staff, at, ada, remo):
    his, hers = staff(remo), staff(ada)
    assert hers.post(at("person-switch", remo.pk), {"active": "no"}).status_code == 302
    assert his.get(at("queue")).status_code == 302
    assert hers.post(at("person-switch", remo.pk), {"active": "no"}).status_code == 409
    assert hers.post(at("person-switch", remo.pk), {"active": "yes"}).status_code == 302
    assert his.get(at("queue")).status_code == 302
    remo.refresh_from_db()
    assert staff(remo).get(at("queue")).status_code == 200


def test_nobody_changes_their_own_roles_or_account(staff, at, words, ada):
    browser = staff(ada)
    refused = browser.post(at("person", ada.pk), {"roles": ["administrator", "manager"]})
    assert refused.status_code == 403
    assert "Nobody changes their own roles." in words(refused)
    assert browser.post(at("person-switch", ada.pk), {"active": "no"}).status_code == 403
    ada.forget_roles()
    assert ada.roles == {Role.ADMINISTRATOR}


def test_a_reviewer_with_claims_on_the_desk_keeps_the_role_until_they_are_given_away(
    staff, at, words, ada, rita, anna, incident
):
    make.taken(anna, incident, rita)
    browser = staff(ada)
    refused = browser.post(at("person", rita.pk), {"roles": ["operator"]})
    assert refused.status_code == 409
    assert "Rita still has 1 open claims." in words(refused)
    assert browser.post(at("person-switch", rita.pk), {"active": "no"}).status_code == 409
    assert browser.post(at("person", rita.pk), {"roles": ["reviewer", "operator"]}).status_code == 302


def test_an_unknown_role_or_person_is_refused(staff, at, ada, remo):
    browser = staff(ada)
    assert browser.post(at("person", remo.pk), {"roles": ["reviewer", "god"]}).status_code == 422
    assert browser.get(at("person", 999999)).status_code == 404
    assert browser.post(at("person", 999999), {"roles": []}).status_code == 404
    assert browser.post(at("person-switch", 999999), {"active": "no"}).status_code == 404
    remo.forget_roles()
    assert remo.roles == {Role.REVIEWER}


@pytest.mark.parametrize("role", ["claimant", "operator", "reviewer", "supervisor", "manager"])
def test_nobody_but_an_administrator_sees_or_changes_people(staff, at, remo, role):
    browser = staff(make.person("other", role, is_superuser=True))
    assert browser.get(at("people")).status_code == 403
    assert browser.get(at("person", remo.pk)).status_code == 403
    assert browser.post(at("person", remo.pk), {"roles": ["manager"]}).status_code == 403
    assert browser.post(at("person-switch", remo.pk), {"active": "no"}).status_code == 403


def test_people_are_found_by_name_or_address(staff, at, words, ada, rita, anna):
    browser = staff(ada)
    listed = words(browser.get(at("people")))
    assert "rita@example.org" in listed
    assert "anna@example.org" not in listed
    assert "anna@example.org" in words(browser.get(at("people"), {"q": "ANNA"}))
    assert "Nobody found." in words(browser.get(at("people"), {"q": "%"}))


def test_neither_names_nor_passwords_are_changed_here(staff, at, ada, rita):
    before = rita.password
    staff(ada).post(at("person", rita.pk), {"roles": ["reviewer"], "password": "x", "name": "X", "is_superuser": "1"})
    rita.refresh_from_db()
    assert (rita.password, rita.name, rita.is_superuser) == (before, "Rita", False)
