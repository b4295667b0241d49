"""Who may open which page of one's account: every view carries its rule and keeps to it."""

import pytest
from django.test import Client

from accounts import urls
from accounts.access import PUBLIC, SIGNED_IN

BY_RULE = {
    rule: [f"/accounts/{pattern.pattern}" for pattern in urls.urlpatterns if pattern.callback.access_rule is rule]
    for rule in (PUBLIC, SIGNED_IN)
}


def test_every_view_has_a_rule_and_a_name():
    assert sum(len(paths) for paths in BY_RULE.values()) == len(urls.urlpatterns)
    assert all(pattern.name for pattern in urls.urlpatterns)


@pytest.mark.parametrize("path", BY_RULE[SIGNED_IN])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_needs_an_account_leads_to_sign_in(client, db, path, method):
    response = getattr(client, method)(path)
    assert response.status_code == 302
    assert response.headers["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize("path", BY_RULE[PUBLIC])
def test_what_is_public_never_fails(client, db, path):
    assert client.get(path).status_code in (200, 302)


@pytest.mark.parametrize("path", BY_RULE[SIGNED_IN])
@pytest.mark.parametrize("who", ["anna", "rita"])
def test_somebody_signed_in_opens_it(page, request, path, who):
    assert page(request.getfixturevalue(who)).get(path).status_code in (200, 302)


def test_no_page_of_an_account_is_left_in_a_cache(client, db):
    for path in ("/accounts/login/", "/accounts/signup/"):
        assert "no-store" in client.get(path).headers["Cache-Control"]


def test_pages_of_people_of_different_languages_differ(anna, bruno):
    bruno.language = "it"
    anna.language = "en"
    for person in (anna, bruno):
        person.save()
        client = Client()
        client.force_login(person)
        assert f'<html lang="{person.language}">' in client.get("/accounts/profile/").content.decode()
