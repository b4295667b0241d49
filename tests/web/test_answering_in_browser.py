"""Answering in a real browser: readable on a telephone, a file sent as it is chosen, all of it kept until sent."""

import pytest
from playwright.sync_api import expect

from claims.actions import questions, review
from claims.models import Claim
from tests import make
from tests.web.browser import is_readable, sign_in

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False])
def test_a_question_is_answered_on_a_telephone(browse, rita, scripts):
    claim = review.take(Claim.objects.get().reference, by=rita)
    claim = questions.ask(claim.reference, by=rita, items=["The invoice", "Why you needed it"])

    def story(page):
        sign_in(page)
        page.goto(f"/claims/{claim.reference}/")
        if scripts:
            is_readable(page)
        page.get_by_role("link", name="Answer", exact=True).click()
        if scripts:
            is_readable(page)
        page.get_by_role("link", name="The invoice").click()
        page.locator("#id_file").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": make.PDF})
        if scripts:
            expect(page.locator("#files")).to_contain_text("a.pdf")
            expect(page.locator("#files select").first).to_be_visible()
            is_readable(page)
        page.get_by_role("button", name="Save and continue").click()
        expect(page.locator("h1")).to_have_text("Why you needed it")
        page.get_by_label("Your answer").fill("I had to answer clients.")
        page.get_by_role("button", name="Save and continue").click()
        if scripts:
            is_readable(page)
        page.get_by_role("button", name="Send my answers").click()
        expect(page.get_by_text("We have your answer")).to_be_visible()
        if scripts:
            is_readable(page)

    browse(story, viewport={"width": 375, "height": 800}, java_script_enabled=scripts)
    claim.refresh_from_db()
    assert claim.status == "in_review"
    assert claim.information_requests.get().items.first().documents.count() == 1
