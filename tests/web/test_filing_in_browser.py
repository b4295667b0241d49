"""Filing in a real browser: files one by one with their progress, by keyboard, and readable at every step."""

import re

import pytest
from playwright.sync_api import expect

from claims.models import Attachment, Claim
from evidence.scanning import scan_batch
from tests import make
from tests.evidence import files
from tests.web.browser import is_readable, sign_in

pytestmark = pytest.mark.browser
GOOD = {"name": "invoice.pdf", "mimeType": "application/pdf", "buffer": files.pdf()}
PHOTO = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": files.picture(size=(320, 240))}
PROGRAM = {"name": "program.pdf", "mimeType": "application/pdf", "buffer": files.EXE}


def primary(page):
    page.locator("main .btn-primary").click()


def begin(page, look=is_readable):
    """As far as the first loss; `look` is done at each page (axe itself is a script)."""
    sign_in(page)
    page.goto("/incidents/libero-2023/claim/")
    look(page)
    page.get_by_label("Which account did not work?").fill("anna@libero.example")
    primary(page)
    page.get_by_label("Tell it in your own words").fill("I lost a job offer.")
    look(page)
    primary(page)
    expect(page).to_have_url(re.compile("/losses/add/$"))


def add_loss(page):
    page.get_by_label("Extra expense").check()
    page.get_by_label("Describe it").fill("A new mailbox")
    page.get_by_label("How much, in euro?").fill("89,90")
    page.get_by_label("On which day did it happen?").fill("2023-01-24")
    page.get_by_label("At what time, in Italy?").fill("10:30")
    page.get_by_role("button", name="Save this loss").click()
    expect(page).to_have_url(re.compile("/losses/$"))


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1440, "dark")])
def test_every_step_is_readable_and_files_go_one_by_one(browse, width, scheme):
    def story(page):
        begin(page)
        page.get_by_role("button", name="Save this loss").click()
        expect(page.get_by_role("alert")).to_contain_text("What kind of loss is it?: Choose one of the kinds of loss.")
        is_readable(page)
        add_loss(page)
        is_readable(page)
        primary(page)
        page.locator("#id_file").set_input_files([GOOD, PROGRAM, PHOTO])
        expect(page.locator("#files .pending")).to_have_count(2)
        expect(page.locator("#files .refused")).to_contain_text("We cannot accept this kind of file.")
        is_readable(page)
        page.get_by_label("What is invoice.pdf?").select_option("Invoice")
        primary(page)
        is_readable(page)
        primary(page)
        expect(page).to_have_url(re.compile("/check/$"))
        is_readable(page)
        primary(page)
        expect(page.get_by_role("alert")).to_contain_text("Confirm that what you wrote is true.")
        is_readable(page)
        page.get_by_label("What I wrote is true").check()
        primary(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("We have your claim")
        is_readable(page)
        primary(page)
        is_readable(page)
        page.goto("/claims/")
        is_readable(page)

    browse(story, viewport={"width": width, "height": 800}, color_scheme=scheme)
    claim = Claim.objects.order_by("id").last()
    assert (claim.status, str(claim.claimed)) == ("submitted", "89.90")
    kinds = claim.attachments.values_list("document__name", "kind")
    assert dict(kinds) == {"invoice.pdf": "invoice", "photo.jpg": "other"}


def test_a_row_shows_the_verdict_when_it_is_there(browse, anna, incident):
    draft = make.draft(anna, incident)
    address = f"/claims/{draft.reference}/documents/"

    def send(page):
        sign_in(page)
        page.goto(address)
        page.locator("#id_file").set_input_files([PHOTO])
        expect(page.locator("#files .pending")).to_contain_text("Being checked")

    def look(page):
        sign_in(page)
        page.goto(address)
        expect(page.locator("#files .clean")).to_contain_text("Not virus-scanned")
        assert page.locator("#files img").evaluate("picture => picture.decode().then(() => picture.naturalWidth > 0)")

    browse(send)
    assert scan_batch() == 1
    browse(look)


def test_going_on_waits_for_the_files_and_a_lost_connection_is_taken_up_again(browse, anna, incident):
    draft = make.draft(anna, incident)

    def story(page):
        sign_in(page)
        page.goto(f"/claims/{draft.reference}/documents/")
        page.context.set_offline(True)
        page.locator("#id_file").set_input_files([GOOD])
        expect(page.locator("#files .refused")).to_contain_text("could not be sent")
        page.context.set_offline(False)
        page.locator("#id_file").set_input_files([PHOTO])
        primary(page)
        expect(page).to_have_url(re.compile("/bank/$"))

    browse(story)
    assert sorted(Attachment.objects.filter(claim=draft).values_list("document__name", flat=True)) == [
        "invoice.pdf",
        "photo.jpg",
    ]


def test_without_scripts_the_whole_way_is_the_same(browse):
    def story(page):
        begin(page, look=lambda _page: None)
        add_loss(page)
        primary(page)
        page.locator("#id_file").set_input_files([GOOD, PROGRAM])
        primary(page)
        expect(page.get_by_role("alert")).to_contain_text("program.pdf: We cannot accept this kind of file.")
        primary(page)
        primary(page)
        page.get_by_label("What I wrote is true").check()
        primary(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("We have your claim")

    browse(story, java_script_enabled=False)
    assert Claim.objects.order_by("id").last().status == "submitted"
