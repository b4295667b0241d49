"""A real browser on a running site, for the tests marked `browser`; conftest.py makes the fixtures known."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests import chromium, make


@pytest.fixture
def site(live_server, incident, anna):
    """The address of a running site where anna may sign in and has a claim."""
    EmailAddress.objects.create(user=anna, email=anna.email, verified=True, primary=True)
    make.submitted(anna, incident)
    return live_server.url


@pytest.fixture
def browse(site):
    """browse(story, **options) runs `story(page)` in Chromium, in a thread of its own: this one keeps the database."""

    def run(story, **options):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium.find(), args=["--no-sandbox", "--disable-gpu"]
            )
            context = browser.new_context(base_url=site, **options)
            context.add_cookies([{"name": "language", "value": "en", "url": site}])
            page, trouble = context.new_page(), []
            page.on("console", lambda said: said.type == "error" and trouble.append(said.text))
            page.on("pageerror", lambda error: trouble.append(str(error)))
            page.on("request", lambda sent: sent.url.startswith((site, "data:")) or trouble.append(sent.url))
            story(page)
            browser.close()
            assert [line for line in trouble if "Failed to load resource" not in line] == []

    with ThreadPoolExecutor(1) as thread:
        yield lambda story, **options: thread.submit(run, story, **options).result(timeout=120)


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
