"""Every page as its readers see it: nothing sticks out, both schemes can be read, the keyboard reaches everything."""

import itertools
import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import command

# What the frame of the staff's look-ups itself gets wrong: it has no landmarks.
FRAME = {"region", "landmark-one-main"}
# Cards of a case that hold more than they show: nobody would look for amounts beyond their edge.
CUT = """[...document.querySelectorAll(".s-case .s-card")]
    .filter(card => card.scrollWidth > card.clientWidth + 1).map(card => card.innerText.slice(0, 80))"""
SCHEMES = itertools.cycle(["light", "dark"])
PUBLIC = "/ /incidents/libero-2023/ /verify/ /problems/new/ /accounts/login/ /accounts/signup/ /nowhere/"
MINE = """
    /claims/ /claims/{draft}/ /claims/{asked}/ /claims/{review}/ /claims/{decided}/ /claims/{rejected}/
    /claims/{appealed}/ /claims/{final}/
"""
FILING = """
    /claims/{draft}/account/ /claims/{draft}/losses/add/ /claims/{draft}/documents/ /claims/{draft}/bank/
    /claims/{draft}/check/ /claims/{draft}/withdraw/ /claims/{asked}/answer/ /claims/{review}/messages/
    /claims/{decided}/accept/ /claims/{decided}/appeal/ /claims/{decided}/bank-details/
"""
REVIEWING = """
    /admin/queue/ /admin/queue/?q=nobody-is-called-so /admin/reasons/ /admin/incidents/
    /admin/cases/{review}/ /admin/cases/{review}/?tab=evidence /admin/cases/{asked}/?tab=evidence
    /admin/cases/{held}/ /admin/cases/{decided}/
"""
SIGNING = """
    /admin/ /admin/desks/ /admin/desks/{rita}/ /admin/cases/{signing}/ /admin/cases/{appealed}/ /admin/cases/{final}/
    /admin/claims/notice/
    /admin/claims/journalentry/
"""
MANAGING = "/admin/letters/ /admin/letters/approved/it/ /admin/exports/ /admin/new-reason/"
ROLES = "/admin/people/ /admin/people/{bruno}/"
OF_CLAIMANTS = [(None, "en", PUBLIC), ("anna", "it", MINE), ("anna", "en", FILING)]
OF_STAFF = [
    ("rita", "it", REVIEWING),
    ("mara", "en", MANAGING),
    ("sara", "it", SIGNING),
    ("ada", "en", ROLES),
    ("olga", "it", "/admin/"),
]


@pytest.fixture(scope="module")
def cases(ristoro):
    return json.loads(command(ristoro, "-m", "tests.browser.stage").splitlines()[-1])


@pytest.mark.parametrize(("name", "language", "addresses"), OF_CLAIMANTS, ids=["stranger", "anna", "anna-filing"])
def test_a_claimants_pages_can_be_read_on_a_telephone_and_in_the_dark(visit, cases, name, language, addresses):
    with visit(name, language=language, width=375, height=812) as page:
        assert troubles(page, addresses, cases, narrow=(375,)) == []


@pytest.mark.parametrize(("name", "language", "addresses"), OF_STAFF, ids=["rita", "mara", "sara", "ada", "olga"])
def test_a_staff_page_can_be_read_on_a_small_screen_and_in_the_dark(visit, cases, name, language, addresses):
    with visit(name, language=language) as page:
        assert troubles(page, addresses, cases, narrow=(1100, 375)) == []


def troubles(page, addresses, cases, *, narrow):
    """What is wrong with the pages at `addresses`, one light, the next one dark: (address, rule, where)."""
    found = []
    for address, scheme in zip(addresses.split(), SCHEMES, strict=False):
        page.set_viewport_size({"width": narrow[0], "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.goto(address.format(**cases))
        found += [(address, "cut", card) for card in page.evaluate(CUT)]
        violations = Axe().run(page).response["violations"]
        found += [
            (address, scheme, each["id"], each["nodes"][0]["html"]) for each in violations if each["id"] not in FRAME
        ]
        found += [(address, width, "sticks out") for width in narrow if sticks_out(page, width)]
        if (heads := page.locator("h1").count()) != 1:
            found.append((address, "h1", heads))
    return found


def sticks_out(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_case_has_at_most_one_thing_to_do_first(visit, cases):
    firsts = {"draft": 1, "asked": 1, "review": 0, "decided": 1, "rejected": 0, "final": 1}
    with visit("anna") as page:
        for state, buttons in firsts.items():
            page.goto(f"/claims/{cases[state]}/")
            expect(page.locator("main .btn-primary:visible")).to_have_count(buttons)


def test_the_decision_is_taken_with_the_keyboard_alone(visit, cases):
    """From the summary over the rare actions to the button, in the order in which they are seen."""
    with visit("rita", width=1440) as page:
        page.goto(f"/admin/cases/{cases['review']}/")
        page.locator("#act-ask summary").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("What else you ask for, a line each")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_label("What else you ask for, a line each")).not_to_be_visible()
        page.locator(".s-decision [name^=awarded]").first.focus()
        passed = []
        while len(passed) < 100:
            field = page.evaluate("document.activeElement.name || document.activeElement.innerText.trim()")
            passed.append(re.sub(r"-\d+$", "", field))
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'"), field
            if field == "Decide":
                break
            page.keyboard.press("Tab")
        expected = ["awarded", "share", "in full", "nothing", "Reasons"]
        assert [each for each in passed if each in expected] == expected * 2
        assert passed.index("note") < passed.index("outcome") < passed.index("ask_signature") < passed.index("Decide")
        assert seen(page, page.locator(".s-send"))


def seen(page, element):
    box = element.bounding_box()
    return box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def test_the_summary_and_the_buttons_stay_in_view_while_one_reads_on(visit, cases):
    with visit("rita", width=1440) as page:
        page.goto(f"/admin/cases/{cases['review']}/")
        assert seen(page, page.locator(".s-send"))
        page.mouse.move(400, 600)
        page.mouse.wheel(0, 900)
        page.wait_for_function("scrollY > 200")
        assert seen(page, page.locator(".s-casehead"))
        assert seen(page, page.locator(".s-send"))


def test_a_printed_case_is_paper_and_nothing_else(visit, cases):
    with visit("anna") as page:
        page.goto(f"/claims/{cases['decided']}/")
        page.emulate_media(media="print")
        expect(page.locator(":is(.head nav, .foot, #choices, main .btn):visible")).to_have_count(0)
        expect(page.get_by_role("heading", name="The decision", exact=True)).to_be_visible()
