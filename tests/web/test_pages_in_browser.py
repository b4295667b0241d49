"""The public pages and those of one's account in a real browser: readable for everybody, with and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from claims.models import Notice, ProblemReport
from tests.web.browser import is_readable, sign_in

pytestmark = pytest.mark.browser
PUBLIC = [
    *("/", "/incidents/libero-2023/", "/verify/", "/problems/new/", "/problems/thanks/", "/nothing/here/"),
    *("/accounts/login/", "/accounts/login/code/", "/accounts/signup/", "/accounts/password/reset/"),
]
OWN = ["/accounts/profile/", "/accounts/email/", "/accounts/password/change/", "/accounts/logout/"]


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1440, "light")])
def test_every_page_is_readable_at_every_width_in_both_schemes(browse, width, scheme):
    def story(page):
        for path in PUBLIC:
            page.goto(path)
            is_readable(page)
        page.goto("/accounts/signup/")
        page.get_by_role("button", name="Create the account").click()
        is_readable(page)
        sign_in(page)
        for path in OWN:
            page.goto(path)
            is_readable(page)
        page.goto("/accounts/profile/")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        is_readable(page)

    browse(story, viewport={"width": width, "height": 800}, color_scheme=scheme)


@pytest.mark.parametrize("scripts", [True, False])
def test_am_i_affected_with_and_without_scripts(browse, scripts):
    def story(page):
        page.goto("/incidents/libero-2023/")
        page.get_by_label("Your mailbox that did not work").fill("anna@libero.example")
        page.get_by_role("button", name="Check").click()
        expect(page.locator("#answer")).to_contain_text("Yes, this mailbox was affected")
        address = "/incidents/libero-2023/" + ("" if scripts else "affected/#affected")
        expect(page).to_have_url(re.compile(re.escape(address) + "$"))

    browse(story, java_script_enabled=scripts)


def test_language_verification_and_a_report_work_without_scripts(browse, monkeypatch):
    monkeypatch.setattr("claims.web.problems.FASTEST", -1)  # people need three seconds, this one does not
    code = Notice.objects.get().code

    def story(page):
        page.goto("/verify/")
        page.get_by_role("button", name="Italiano").click()
        expect(page.locator("html")).to_have_attribute("lang", "it")
        page.get_by_role("button", name="English").click()
        page.get_by_label("The code of the notice").fill(code.lower())
        page.get_by_role("button", name="Check the code").click()
        expect(page.get_by_role("main")).to_contain_text("Yes, this notice is genuine")
        page.goto("/problems/new/")
        page.get_by_label("What does not work?").fill("Attachments do not open.")
        page.get_by_role("button", name="Send the report").click()
        expect(page).to_have_url(re.compile("/problems/thanks/$"))

    browse(story, java_script_enabled=False)
    assert ProblemReport.objects.get().text == "Attachments do not open."


def test_keyboards_reach_the_content_first_and_see_where_they_are(browse):
    def story(page):
        page.goto("/accounts/login/")
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        field = page.get_by_label("E-mail address")
        expect(field).to_be_focused()
        assert field.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"

    browse(story)
