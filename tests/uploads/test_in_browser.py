"""Uploads in a real browser: verdict by file, a broken connection, dragging, the keyboard, and no script at all."""

import hashlib
import threading

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from playwright.sync_api import expect

from claims.models import Claim, Message
from evidence import blobs
from evidence.models import Document, Upload
from evidence.scanning import scan_batch
from tests import make
from tests.evidence import files
from tests.uploads.cutting import network
from tests.web.browser import browse, is_readable, sign_in

__all__ = ["browse"]
pytestmark = pytest.mark.browser
GOOD = {"name": "invoice.pdf", "mimeType": "application/pdf", "buffer": files.pdf()}
PROGRAM = {"name": "program.pdf", "mimeType": "application/pdf", "buffer": files.EXE}
BROKEN = {"name": "broken.png", "mimeType": "image/png", "buffer": files.png_text_bomb()}
LARGE = {"name": "large.txt", "mimeType": "text/plain", "buffer": b"Every line says the same thing here.\n" * 60_000}
DROP = """([name, text]) => {
    const moved = new DataTransfer();
    moved.items.add(new File([text], name, { type: "text/plain" }));
    const how = { dataTransfer: moved, bubbles: true, cancelable: true };
    for (const kind of ["dragover", "drop"]) document.querySelector(".drop").dispatchEvent(new DragEvent(kind, how));
}"""


@pytest.fixture
def between(live_server):
    with network(live_server.url) as made:
        yield made


@pytest.fixture
def site(between, incident, anna):
    EmailAddress.objects.create(user=anna, email=anna.email, verified=True, primary=True)
    make.submitted(anna, incident)
    return f"http://localhost:{between.port}"


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident)


def wait_until_third(page):
    while page.locator("progress").evaluate("bar => bar.value") < 33:
        page.wait_for_timeout(50)


def judge():
    """What the worker does, in a thread that may use the database."""

    def work():
        scan_batch()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def documents(claim):
    return Document.objects.filter(attachment__claim=claim)


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1440, "light")])
def test_each_of_three_files_has_its_verdict(browse, draft, width, scheme):
    def story(page):
        sign_in(page)
        page.goto(f"/claims/{draft.reference}/documents/")
        page.locator("#id_file").set_input_files([GOOD, PROGRAM, BROKEN])
        expect(page.locator("#files .pending:has(select)")).to_have_count(2)
        expect(page.locator("#files .refused")).to_contain_text("We cannot accept this kind of file.")
        expect(page.locator("#used")).to_contain_text("2 of 40 files")
        is_readable(page)
        judge()
        expect(page.locator("#files .refused")).to_have_count(2, timeout=15_000)
        expect(page.locator("#files")).to_contain_text("This picture is damaged.")
        expect(page.locator("#files .clean")).to_contain_text("invoice.pdf")
        is_readable(page)

    browse(story, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert set(documents(draft).values_list("name", "state")) == {("invoice.pdf", "clean"), ("broken.png", "refused")}


def test_a_file_goes_on_where_the_connection_broke(browse, between, draft):
    offsets = []

    def story(page):
        sign_in(page)
        page.goto(f"/claims/{draft.reference}/documents/")
        page.on("request", lambda sent: sent.method == "PATCH" and offsets.append(int(sent.headers["upload-offset"])))
        between.arrived = lambda: any(part.stat().st_size for part in blobs.resumable().iterdir())
        between.cut_after = 1_000_000
        page.locator("#id_file").set_input_files([LARGE])
        expect(page.locator("#files .pending:has(select)")).to_contain_text("large.txt", timeout=30_000)

    browse(story)
    assert between.cuts == 1
    assert offsets[0] == 0
    assert offsets[-1] > 0, "it began again instead of going on"
    assert documents(draft).get().sha256 == hashlib.sha256(LARGE["buffer"]).hexdigest()


def test_a_page_that_was_left_in_the_middle_goes_on_with_the_same_file(browse, draft, tmp_path):
    path, offsets = tmp_path / "large.txt", []
    path.write_bytes(LARGE["buffer"])

    def story(page):
        sign_in(page)
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"/claims/{draft.reference}/documents/")
        network = page.context.new_cdp_session(page)
        slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
        network.send("Network.emulateNetworkConditions", slow)
        page.locator("#id_file").set_input_files(path)
        wait_until_third(page)
        page.goto(f"/claims/{draft.reference}/documents/")
        network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
        page.on(
            "request",
            lambda sent: sent.method == "PATCH" and offsets.append(int(sent.headers["upload-offset"])),
        )
        page.locator("#id_file").set_input_files(path)
        expect(page.locator("#files .pending:has(select)")).to_contain_text("large.txt", timeout=30_000)

    browse(story)
    assert offsets[-1] > 0, "it began again instead of going on"
    assert (documents(draft).count(), Upload.objects.count()) == (1, 1)


def test_a_file_is_dropped_and_one_on_its_way_cancelled_by_keyboard(browse, draft):
    def story(page):
        sign_in(page)
        page.goto(f"/claims/{draft.reference}/documents/")
        page.evaluate(DROP, ["dropped.txt", "We lost the order."])
        expect(page.locator("#files .pending:has(select)")).to_contain_text("dropped.txt")
        network = page.context.new_cdp_session(page)
        slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
        network.send("Network.emulateNetworkConditions", slow)
        page.locator("#id_file").set_input_files([LARGE])
        page.get_by_role("button", name="Cancel large.txt").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#files li")).to_have_count(1)
        expect(page.locator("#id_file")).to_be_focused()
        network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
        expect(page.locator("#files .pending:has(select)")).to_have_count(1)

    browse(story)
    assert documents(draft).get().name == "dropped.txt"


def test_a_message_takes_its_files_along_even_after_a_correction(browse, anna, incident):
    claim = Claim.objects.filter(claimant=anna).latest("id")

    def story(page):
        sign_in(page)
        page.goto(f"/claims/{claim.reference}/messages/")
        page.locator("#message-files").set_input_files([GOOD, PROGRAM])
        expect(page.locator(".taking .waiting")).to_contain_text("Goes with your message.")
        expect(page.locator(".taking .refused")).to_contain_text("We cannot accept this kind of file.")
        is_readable(page)
        page.get_by_role("button", name="Send the message").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.locator(".taking .waiting")).to_contain_text("invoice.pdf")
        page.get_by_label("Your message").fill("Here is the invoice.")
        page.get_by_role("button", name="Send the message").click()
        expect(page.locator("#messages .story")).to_contain_text("invoice.pdf")

    browse(story)
    assert Message.objects.get().documents.get().document.name == "invoice.pdf"


def test_without_scripts_the_form_sends_them_all(browse, draft):
    def story(page):
        sign_in(page)
        page.goto(f"/claims/{draft.reference}/documents/")
        page.locator("#id_file").set_input_files([GOOD, PROGRAM])
        page.get_by_role("button", name="Add these files").click()
        expect(page.get_by_role("alert")).to_contain_text("program.pdf: We cannot accept this kind of file.")
        expect(page.locator("#files .pending")).to_contain_text("invoice.pdf")

    browse(story, java_script_enabled=False)
