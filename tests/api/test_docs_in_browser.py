"""The documentation page in a real browser, under our own policy and without anybody else's host."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_page_shows_every_call_with_examples_and_asks_no_other_host(live_server, chrome):
    calls, bodies = [], []

    def story(page):
        page.goto("/api/docs/")
        page.wait_for_selector(".opblock", timeout=60_000)
        calls.extend(page.locator(".opblock-summary-path").all_inner_texts())
        page.locator(".opblock-post .opblock-summary-control").first.click()
        page.wait_for_selector(".opblock-body .highlight-code, .opblock-body .example", timeout=30_000)
        bodies.append(page.locator(".opblock-body").first.inner_text())

    assert chrome.visit(live_server.url, story, cookies={}) == []
    assert len(calls) >= 24
    assert any("claims" in call for call in calls)
    assert "example" in bodies[0].lower()
