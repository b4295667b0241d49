"""A running Ristoro, started as people start it, and browsers that act for the cast in it."""

import email
import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from email import policy

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import chromium, make
from tests.platform.dev import Dev, copied_database, wait_until
from tests.servers import ROOT

CHROMIUM = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
PATIENCE = timedelta(seconds=20)
# A refused form answers 422 or 409 and browsers say so; leaving a page ends the questions it was asking.
EXPECTED = ("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")
SEEN_LAST = ROOT / "var" / "seen-last.png"  # the page on which a test failed
expect.set_options(timeout=PATIENCE.total_seconds() * 1000)


def pytest_collection_modifyitems(items):
    """One run serves all of these tests: they stay on one process of a parallel run."""
    for item in items:
        if "tests/browser" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def ristoro(tmp_path_factory, django_db_setup):
    """`manage.py dev` with the cast and one incident; after the tests the referee has no objection."""
    with copied_database() as url:
        run = Dev(tmp_path_factory.mktemp("browser") / "home", DATABASE_URL=url)
        try:
            run.start()
            command(run, "-m", "tests.browser.seed")
            yield run
            command(run, "manage.py", "referee")
            assert "Traceback" not in run.log
        finally:
            run.stop()


def command(run, *arguments):
    """Runs Python with `arguments` on the database of `run` and returns what it said."""
    env = {**run.env, "DATABASE_URL": run.database_url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def chrome():
    """Ends with its module: while it lives, its event loop keeps this process from asking a database."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in():
    """{name: what the browser of that person knows after signing in}: each signs in once in a module."""
    return {}


@pytest.fixture
def visit(ristoro, chrome, signed_in):
    """`with visit("anna") as page:` a browser of anna's own, signed in; visit(None) is a stranger's.

    Fails if a page asks another host for anything, breaks its own security policy or throws a script error.
    """

    @contextmanager
    def open_browser(name, *, language="en", width=1440, height=900, **options):
        base = f"http://127.0.0.1:{ristoro.port}"
        size = {"width": width, "height": height}
        context = chrome.new_context(
            base_url=base, viewport=size, locale=language, storage_state=signed_in.get(name), **options
        )
        context.set_default_timeout(PATIENCE.total_seconds() * 1000)
        context.add_cookies([{"name": "language", "value": language, "url": base}])
        page = context.new_page()
        trouble = []
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda said: said.type == "error" and trouble.append(said.text))
        page.on("request", lambda sent: sent.url.startswith((base, "data:", "blob:")) or trouble.append(sent.url))
        try:
            if name and name not in signed_in:
                sign_in(page, name)
                signed_in[name] = context.storage_state()
            yield page
            assert [line for line in trouble if not line.startswith(EXPECTED)] == []
        except BaseException:
            page.screenshot(path=SEEN_LAST, full_page=True)
            raise
        finally:
            context.close()

    return open_browser


def sign_in(page, name):
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(f"{name}@example.org")
    page.locator("input[name=password]").fill(make.PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(re.compile(r"/(claims|admin)/"))


@pytest.fixture
def mail_to(ristoro):
    """mail_to(address, words) waits for a delivered mail that says `words` and returns its plain text and its HTML."""

    def wait(address, words):
        def found():
            mails = (words_of(mail) for mail in ristoro.mails() if f"To: {address}" in mail)
            return next((mail for mail in mails if words in mail[0]), None)

        return wait_until(found, f"a mail to {address} with {words!r}", patience=PATIENCE.total_seconds())

    return wait


def words_of(mail):
    message = email.message_from_string(mail, policy=policy.default)
    return tuple(message.get_body([kind]).get_content() for kind in ("plain", "html"))
