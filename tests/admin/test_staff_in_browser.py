"""The staff's pages in a real browser: readable at every width in both schemes; the keys, the live total, the tabs."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import expect

from claims.models import Claim
from tests import make

pytestmark = pytest.mark.browser
HARMLESS = re.compile(r"Failed to load resource|htmx:sendAbort|htmx:after")
# Whatever htmx fetches is there; waiting for a quiet network would take half a second for each page.
SETTLED = "!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"
# What django-unfold itself gets wrong on every page: its header lies outside of any landmark.
FRAME = {"region"}


@pytest.fixture
def browse(live_server, client, chrome):
    """browse(person, story, **options) runs `story(page)` as that person in Chromium, on English pages."""

    def go(person, story, **options):
        client.force_login(person)
        cookies = {"language": "en", settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
        trouble = chrome.visit(live_server.url, story, cookies=cookies, **options)
        assert [line for line in trouble if not HARMLESS.match(line)] == []

    return go


@pytest.fixture
def claim(anna, bruno, incident, rita):
    """anna's claim on rita's desk; bruno's, with a flag, is free."""
    make.submitted(bruno, incident, login="bruno@virgilio.example")
    items = [make.item("1200.00", head="missed_opportunity"), make.item("89.90")]
    return make.taken(anna, incident, rita, items=items)


def is_readable(page):
    page.wait_for_function(SETTLED)
    found = [each for each in Axe().run(page).response["violations"] if each["id"] not in FRAME]
    assert [(page.url, each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert fits(page), page.url


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "between"), [(375, 768), (1440, 1100)])
def test_queue_case_and_desk_are_readable_at_every_width_in_both_schemes(browse, rita, claim, width, between, scheme):
    def story(page):
        for path in ("/admin/", "/admin/queue/", f"/admin/cases/{claim.reference}/", "/admin/incidents/libero-2023/"):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            is_readable(page)
            page.set_viewport_size({"width": between, "height": 900})
            assert fits(page), page.url

    browse(rita, story, viewport={"width": width, "height": 900}, color_scheme=scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_managers_and_administrators_pages_are_readable(browse, claim, scheme):
    both = make.person("both", "manager", "supervisor", "administrator")

    def story(page):
        for path in ("/admin/", "/admin/exports/", "/admin/people/", f"/admin/people/{claim.claimant_id}/"):
            page.goto(path)
            is_readable(page)
        page.goto("/admin/incidents/libero-2023/close/")
        is_readable(page)

    browse(both, story, viewport={"width": 1440, "height": 900}, color_scheme=scheme)


def test_the_queue_is_worked_by_keys(browse, rita, claim):
    free = Claim.objects.get(status="submitted")

    def story(page):
        page.goto("/admin/queue/")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        expect(page.locator(".s-current")).to_have_count(1)
        first = page.locator("[data-row] a").first.inner_text()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/admin/cases/{first}/")
        page.goto("/admin/queue/")
        page.keyboard.press("/")
        page.keyboard.type("n bruno")
        assert page.input_value("#q") == "n bruno"
        page.goto("/admin/queue/")
        page.keyboard.press("n")
        page.wait_for_url(f"**/admin/cases/{free.reference}/")

    browse(rita, story, viewport={"width": 1440, "height": 900})


def test_a_decision_is_seen_to_add_up_while_it_is_typed_and_then_taken(browse, rita, claim):
    chance, expense = claim.items.all()

    def story(page):
        page.goto(f"/admin/cases/{claim.reference}/")
        live = page.locator("#live")
        page.fill(f"#awarded-{chance.pk}", "900")
        page.fill(f"#share-{chance.pk}", "25")
        expect(live).to_contain_text("1 loss has no amount yet.")
        page.locator(f"[data-fills='awarded-{expense.pk}'] button", has_text="in full").click()
        expect(live).to_contain_text("689.90")
        expect(live).to_contain_text("A supervisor must sign this decision")
        page.get_by_role("button", name="Decide").click()
        expect(page.get_by_role("alert")).to_contain_text("The decision was not taken. Correct what is marked.")
        assert page.input_value(f"#share-{chance.pk}") == "25"
        page.get_by_role("alert").get_by_role("link").first.click()
        page.locator(f"#reasons-{chance.pk}").get_by_label("Part of the loss was in your own hands.").check()
        expect(page.locator(f"#reasons-{chance.pk} [data-counts]")).to_have_text("1")
        page.get_by_role("button", name="Decide").click()
        expect(page.get_by_text("Your decision waits for the signature of a supervisor.")).to_be_visible()

    browse(rita, story, viewport={"width": 1440, "height": 900})


def test_evidence_stands_beside_the_decision_or_becomes_a_tab(browse, rita, claim):
    def story(page):
        page.goto(f"/admin/cases/{claim.reference}/")
        evidence, decision = page.locator(".s-evidence"), page.locator(".s-decision")
        expect(evidence).to_be_visible()
        expect(decision).to_be_visible()
        page.set_viewport_size({"width": 1100, "height": 900})
        expect(evidence).not_to_be_visible()
        page.get_by_role("link", name="1 document").click()
        expect(evidence).to_be_visible()
        expect(decision).to_be_visible()
        page.set_viewport_size({"width": 375, "height": 900})
        expect(decision).not_to_be_visible()
        page.get_by_role("link", name="Decision").click()
        expect(decision).to_be_visible()
        expect(evidence).not_to_be_visible()

    browse(rita, story, viewport={"width": 1440, "height": 900})


def test_the_checklist_is_answered_by_keys_without_losing_what_was_typed(browse, rita, claim):
    claim = make.taken(claim.claimant, claim.incident, rita, is_checked=False)
    item = claim.items.get()

    def story(page):
        page.goto(f"/admin/cases/{claim.reference}/")
        done, missing = page.locator("#checklist-done"), page.locator("#checklist-missing")
        expect(done).to_have_text("6 of 12")  # the other claim of the same person is found
        page.fill(f"#awarded-{item.pk}", "100")
        missing.get_by_role("link", name="Harm", exact=True).click()
        page.keyboard.press("Space")
        expect(done).to_have_text("7 of 12")
        expect(missing).not_to_contain_text("Harm")
        expect(page.locator("#pass-harm")).to_be_focused()
        page.keyboard.press("ArrowRight")
        row = page.locator('[id="checklist.harm"]')
        expect(row.get_by_role("alert")).to_have_text("Say why in a note.")
        row.get_by_role("textbox").fill("The invoice is of another year.")
        row.get_by_role("button", name="Keep").click()
        expect(row).to_contain_text("Rita")
        expect(row.locator(".s-chip")).to_have_text("Not in order")
        assert page.input_value(f"#awarded-{item.pk}") == "100"
        page.set_viewport_size({"width": 375, "height": 800})
        page.get_by_role("link", name="Decision").click()
        missing.get_by_role("link", name="Cause").click()
        expect(page.locator("#pass-causation")).to_be_focused()
        page.set_viewport_size({"width": 1440, "height": 900})
        is_readable(page)
        names, asked = ("standing", "causation", "mitigation", "duplicates", "tone"), []
        page.on("request", lambda sent: sent.url.endswith("/check/") and asked.append(sent))
        for name in names:
            page.locator(f'[id="checklist.{name}"] details details summary').click()
            page.fill(f"#note-{name}", "Seen.")
            page.keyboard.press("Tab")
        page.wait_for_timeout(700)  # longer than an answer waits to be sent
        assert not asked, "a note without an answer was sent"
        for name in names:
            page.check(f"#pass-{name}")
            expect(page.locator(f'[id="checklist.{name}"] .s-chip')).to_have_text("In order")
            assert page.input_value(f"#note-{name}") == "Seen."
        expect(done).to_have_text("12 of 12")
        page.locator(f"[data-fills='awarded-{item.pk}'] button", has_text="in full").click()
        page.locator(f"#reasons-{item.pk} summary").click()
        page.get_by_role("button", name="Decide").click()
        expect(page.get_by_text("The claim is decided.")).to_be_visible()

    browse(rita, story, viewport={"width": 1440, "height": 900})


@pytest.mark.parametrize("width", [375, 1440])
def test_a_desk_is_handed_over_and_back_and_claims_are_chosen_by_key(
    browse, width, claim, sara, rita, remo, incident, live_server
):
    kin = make.taken(make.person("carla", "claimant", second_email=remo.email), incident, rita)

    def story(page):
        page.goto("/admin/desks/")
        is_readable(page)
        page.get_by_role("link", name="Rita").click()
        is_readable(page)
        page.get_by_label("Remo").check()
        page.get_by_label("Why (for colleagues)").fill("Rita is ill.")
        page.get_by_role("button", name="Show what will change").click()
        expect(page.get_by_role("heading", name="Hand over 1 case of Rita")).to_be_visible()
        expect(page.get_by_text(kin.reference)).to_be_visible()
        is_readable(page)
        page.get_by_role("button", name="Hand over 1 case").click()
        expect(page.get_by_text("1 case was handed over.")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("heading", name="2 open cases")).to_be_visible()
        page.goto("/admin/queue/")
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(page.locator("[data-select]:checked")).to_have_count(1)
        is_readable(page)
        page.get_by_label("Give the chosen claims to").select_option("Remo")
        page.get_by_role("button", name="Assign").click()
        expect(page.get_by_text("1 claim is now with Remo.")).to_be_visible()

    browse(sara, story, viewport={"width": width, "height": 900})
    assert remo.assigned_claims.count() == 1
