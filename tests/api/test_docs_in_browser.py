"""The documentation page in a real browser, under our own policy and without anybody else's host."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import sync_playwright

from tests import chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def visit(address):
    """(hosts asked, what the console complained of, the texts of the calls shown, the text of the first one opened)."""
    hosts, complaints = set(), []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("request", lambda request: hosts.add(request.url.partition("?")[0].split("/")[2]))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/api/docs/")
        page.wait_for_selector(".opblock", timeout=60_000)
        calls = page.locator(".opblock-summary-path").all_inner_texts()
        page.locator(".opblock-post .opblock-summary-control").first.click()
        page.wait_for_selector(".opblock-body .highlight-code, .opblock-body .example", timeout=30_000)
        body = page.locator(".opblock-body").first.inner_text()
        browser.close()
    return hosts, complaints, calls, body


def test_the_page_shows_every_call_with_examples_and_asks_no_other_host(live_server):
    with ThreadPoolExecutor(1) as thread:
        hosts, complaints, calls, body = thread.submit(visit, live_server.url).result()
    assert hosts == {live_server.url.split("/")[2]}
    assert complaints == []
    assert len(calls) >= 24
    assert any("claims" in call for call in calls)
    assert "example" in body.lower()
