"""A real browser on a running site, for the tests marked `browser`; conftest.py makes the fixtures known."""

import pytest
from allauth.account.models import EmailAddress
from axe_playwright_python.sync_playwright import Axe

from tests import make


@pytest.fixture
def site(live_server, incident, anna):
    """The address of a running site where anna may sign in and has a claim."""
    EmailAddress.objects.create(user=anna, email=anna.email, verified=True, primary=True)
    make.submitted(anna, incident)
    return live_server.url


@pytest.fixture
def browse(site, chrome):
    """browse(story, **options) runs `story(page)` in Chromium, on English pages."""

    def go(story, **options):
        trouble = chrome.visit(site, story, cookies={"language": "en"}, **options)
        assert [line for line in trouble if "Failed to load resource" not in line] == []

    return go


def is_readable(page):
    """No finding of axe, nothing wider than the screen, one heading of the first rank."""
    found = Axe().run(page).response["violations"]
    assert [(page.url, each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    assert page.locator("h1").count() == 1


def sign_in(page):
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill("anna@example.org")
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/claims/")
