"""The main job in Chromium: file, review, sign, export, with the mails that arrive meanwhile."""

import csv
import io
import re

from playwright.sync_api import expect

from tests import make
from tests.evidence import files

NARRATIVE = "On 24 January I could not read my client's offer — ✉️ עברית — and lost the job."


def button(page, name):
    return page.get_by_role("button", name=name)


def file_claim(page, *, amount):
    """Fills in a claim from the incident's page on and sends it; returns its reference."""
    page.goto("/incidents/libero-2023/")
    page.get_by_role("link", name="File a claim").first.click()
    page.locator("[name=login]").fill("anna@libero.example")
    button(page, "Start").click()
    page.locator("[name=narrative]").fill(NARRATIVE)
    button(page, "Save and continue").click()
    page.get_by_label("Extra expense").check()
    page.locator("[name=description]").fill("A mailbox with another provider, and a journey to the client.")
    page.locator("[name=amount]").fill(amount)
    page.locator("[name=day]").fill("2023-01-24")
    page.locator("[name=clock]").fill("10:30")
    button(page, "Save this loss").click()
    page.get_by_role("link", name="Continue").click()
    upload(page)
    button(page, "Save and continue").click()
    page.locator("[name=iban]").fill("IT60 X054 2811 1010 0000 0123 456")
    page.locator("[name=holder]").fill("Anna Rossi")
    button(page, "Save and continue").click()
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    expect(page.get_by_text(NARRATIVE)).to_be_visible()
    page.locator("[name=declaration]").check()
    button(page, "Send my claim").click()
    expect(page.get_by_role("heading", name="We have your claim")).to_be_visible()
    return re.search(r"/claims/([^/]+)/done/", page.url)[1]


def upload(page):
    """Two files at once; a worker judges them while the page looks on."""
    page.locator("input[type=file][multiple]").set_input_files(
        [
            {"name": "invoice.pdf", "mimeType": "application/pdf", "buffer": files.pdf()},
            {"name": "screenshot.png", "mimeType": "image/png", "buffer": files.picture("PNG")},
        ]
    )
    expect(page.get_by_role("link", name="invoice.pdf")).to_be_visible()
    expect(page.get_by_role("link", name="screenshot.png")).to_be_visible()
    expect(page.get_by_text("Not virus-scanned").first).to_be_visible()


def test_from_outage_to_decided_claim(visit, mail_to):
    with visit("anna", width=390, height=844) as page:
        reference = file_claim(page, amount="620,50")
    _text, html = mail_to("anna@example.org", reference)
    assert reference in html

    with visit("rita") as page:
        take(page, reference)
        look_at_everything(page)
        propose(page)
        expect(page.get_by_text("Awaiting countersignature").first).to_be_visible()

    with visit("anna") as page:  # she is not told of what happens between reviewers
        page.goto(f"/claims/{reference}/")
        expect(page.get_by_text("Rita")).to_have_count(0)
        expect(page.get_by_text("countersign")).to_have_count(0)

    with visit("rita") as page:  # nobody signs their own decision
        page.goto(f"/admin/cases/{reference}/")
        expect(button(page, "Sign")).to_have_count(0)

    with visit("sara") as page:
        page.goto(f"/admin/cases/{reference}/")
        button(page, "Sign").click()
        expect(page.get_by_text("Signed by Sara")).to_be_visible()

    text, html = mail_to("anna@example.org", "The loss is proven and granted in full.")
    assert "620.50" in text
    assert "The loss is proven and granted in full." in html
    with visit("anna") as page:
        page.goto(f"/claims/{reference}/")
        expect(page.get_by_text("Approved").first).to_be_visible()
        expect(page.get_by_text("620.50 €").first).to_be_visible()
        expect(page.get_by_text("The loss is proven and granted in full.").first).to_be_visible()

    with visit("mara") as page:
        row = export(page, reference)
    assert (row["status"], row["claimed"], row["net"]) == ("approved", "620.50", "620.50")


def take(page, reference):
    """Takes the most urgent claim: this one, since it is the only one."""
    page.goto("/admin/queue/")
    expect(page.get_by_role("link", name=reference)).to_be_visible()
    button(page, "Take next").click()
    page.wait_for_url(f"**/admin/cases/{reference}/")
    expect(page.get_by_text(NARRATIVE)).to_be_visible()
    preview = page.locator("img[src*=preview]").first
    preview.scroll_into_view_if_needed()
    expect(preview).to_be_visible()
    assert preview.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def look_at_everything(page):
    """Answers what the checklist still asks, row by row, as the list above the decision leads there."""
    missing = page.locator("#checklist-missing").get_by_role("link")
    expect(missing).not_to_have_count(0)
    while left := missing.count():
        code = missing.first.get_attribute("href").removeprefix("#checklist.")
        missing.first.click()
        page.locator(f'[id="checklist.{code}"] details details summary').click()
        page.fill(f"#note-{code}", "Looked at.")
        page.check(f"#pass-{code}")
        expect(missing).to_have_count(left - 1)


def propose(page):
    """Grants everything; the amount is over the limit of the terms."""
    button(page, "in full").click()
    page.locator("details", has_text="The loss is proven").locator("summary").click()
    page.get_by_label("The loss is proven and granted in full.").check()
    page.locator("#note").fill("Invoice and journey are proven.")
    button(page, "Decide").click()


def export(page, reference):
    """Asks for all claims as CSV, waits for the worker and returns the row of this one."""
    page.goto("/admin/exports/")
    button(page, "Build the file").click()
    link = page.get_by_role("link", name="Download", exact=True)
    expect(link).to_be_visible()
    with page.expect_download() as started:
        link.click()
    content = started.value.path().read_text(encoding="utf-8-sig")
    return next(row for row in csv.DictReader(io.StringIO(content)) if row["reference"] == reference)


def test_a_stranger_signs_up_with_the_code_from_the_mail(visit, mail_to):
    with visit(None) as page:
        page.goto("/accounts/signup/")
        page.locator("[name=name]").fill("Carla Verdi")
        page.locator("[name=email]").fill("carla@example.org")
        page.locator("[name=password1]").fill("outage-of-january-2023")
        page.locator("[name=password1]").press("Enter")
        text, _html = mail_to("carla@example.org", "code")
        code = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", text, re.MULTILINE)[1]
        page.locator("[name=code]").fill(code)
        page.locator("[name=code]").press("Enter")
        page.wait_for_url("**/claims/")
        expect(page.get_by_text("Carla Verdi").or_(page.get_by_role("button", name="Sign out")).first).to_be_visible()


def test_what_was_typed_survives_the_end_of_the_session(visit):
    with visit("bruno") as page:
        page.goto("/incidents/libero-2023/claim/")
        page.locator("[name=login]").fill("bruno@virgilio.example")
        button(page, "Start").click()
        page.locator("[name=narrative]").fill("Typed for half an hour.")
        page.context.clear_cookies(name="session")
        button(page, "Save and continue").click()
        page.locator("input[name=login]").fill("bruno@example.org")
        page.locator("input[name=password]").fill(make.PASSWORD)
        page.locator("input[name=password]").press("Enter")
        expect(page.locator("[name=narrative]")).to_have_value("Typed for half an hour.")
