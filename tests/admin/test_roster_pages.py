"""The page of a roster: checked first, loaded then, and only the file that was checked."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import mass_runs
from claims.models import Correction, Customer, JournalEntry
from tests import make

HEADER = "login,service,fee,contact\n"
GOOD = HEADER + "new@libero.example,paid,19.99,new@example.net\nanna@libero.example,paid,5.00,\n"


def posted(browser, address, content, **more):
    file = SimpleUploadedFile("roster.csv", content.encode(), "text/csv")
    return browser.post(address, {"file": file, **more})


def test_a_file_is_checked_and_the_same_file_is_loaded_then(staff, at, words, mara, incident):
    browser, address = staff(mara), at("incident-roster", incident.code)
    page = posted(browser, address, GOOD, go="check")
    text = words(page)
    assert "1 new 1 changed 0 unchanged 0 repeated lines" in text
    assert "paid 2 24.99 € All 2 24.99 € With a contact 1" in text
    assert not Customer.objects.filter(login="new@libero.example").exists()
    digest = page.context["report"].sha256
    other = posted(browser, address, GOOD.replace("19.99", "99.99"), go="load", sha256=digest)
    assert (other.status_code, "This is not the file that was checked." in words(other)) == (409, True)
    assert not Customer.objects.filter(login="new@libero.example").exists()
    done = posted(browser, address, GOOD, go="load", sha256=digest)
    assert done.status_code == 302
    assert "Loaded: 1 added, 1 changed, 0 unchanged." in words(browser.get(done.url))
    assert JournalEntry.objects.get(action="load roster").actor == mara


def test_what_is_wrong_is_shown_by_kind_and_cannot_be_loaded(staff, at, words, mara, incident):
    address = at("incident-roster", incident.code)
    rows = "".join(f"<b>{n}</b>,gold,-1,\n" for n in range(3))
    page = posted(staff(mara), address, GOOD + rows, go="check")
    text = words(page)
    assert "3 wrong lines" in text
    assert "service The incident has no service of this code. line 4: “gold” line 6: “gold” 3" in text
    assert "Up to 25 MB here" in text
    assert "login This is no account such as name@example.it. line 4: “<b>0</b>”" in text
    assert "&lt;b&gt;0&lt;/b&gt;" in page.content.decode()
    assert 'value="load"' not in page.content.decode()
    loaded = posted(staff(mara), address, GOOD + rows, go="load", sha256=page.context["report"].sha256)
    assert (loaded.status_code, "What is wrong" in words(loaded)) == (422, True)
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("content", ["", "colour\nred\n", "PK\x03\x04"])
def test_what_is_no_roster_is_said_and_nothing_happens(staff, at, words, mara, incident, content):
    address = at("incident-roster", incident.code)
    page = posted(staff(mara), address, content, go="check")
    assert (page.status_code, "The roster was not loaded." in words(page)) == (422, True)
    empty = staff(mara).post(address, {"go": "load"})
    assert (empty.status_code, "Choose a file." in words(empty)) == (422, True)


LINES = (
    "action,login,service,fee,contact\nchange,anna@libero.example,business,,\nadd,new@libero.example,paid,19.99,\n"
    "remove,bruno@virgilio.example,,,\n"
)


def test_a_correction_is_shown_and_applied_by_another_manager(staff, at, words, mara, marco, incident):
    page = posted(staff(mara), at("incident-correct", incident.code), LINES)
    made = Correction.objects.get()
    assert (page.status_code, page.url) == (302, at("correction", made.pk))
    text = words(staff(mara).get(page.url))
    assert "1 added 1 changed 1 removed 0 unchanged 0 with payouts or claims" in text
    assert "Service: Paid mailbox → Business mailbox" in text
    assert "Indemnity: 24.00 € → 48.00 €" in text
    assert "Indemnity 3 30.00 € 72.00 € 42.00 €" in text
    assert "A second person must do this: you proposed it yourself." in text
    assert 'name="fingerprint"' not in staff(mara).get(page.url).content.decode()
    no = staff(mara).post(at("correction-apply", made.pk), {"fingerprint": made.fingerprint})
    assert no.status_code == 403
    assert Customer.objects.get(login="anna@libero.example").service.code == "paid"
    done = staff(marco).post(at("correction-apply", made.pk), {"fingerprint": made.fingerprint})
    assert done.status_code == 302
    assert Customer.objects.get(login="anna@libero.example").service.code == "business"
    assert f"Applied, {marco.name}" in words(staff(marco).get(page.url))
    assert "Correction" in words(staff(marco).get(at("incident-roster", incident.code)))


def test_accounts_with_claims_are_listed_and_a_wrong_correction_says_why(staff, at, words, mara, anna, incident):
    claim = make.submitted(anna, incident)
    wrong = posted(staff(mara), at("incident-correct", incident.code), LINES + "remove,anna@libero.example,,,\n")
    assert (wrong.status_code, "The account is in this file more than once." in words(wrong)) == (422, True)
    posted(staff(mara), at("incident-correct", incident.code), LINES)
    made = Correction.objects.get()
    page = staff(mara).get(at("correction", made.pk))
    assert "1 with payouts or claims" in words(page)
    assert claim.reference in words(page)
    gone = staff(mara).post(at("correction-cancel", made.pk))
    assert gone.status_code == 302
    assert staff(mara).post(at("correction-cancel", made.pk)).status_code == 409


def test_the_page_of_a_correction_asks_as_much_for_three_lines_as_for_forty(staff, at, mara, incident):
    def queries(rows):
        lines = "".join(f"add,n{rows}-{n}@libero.example,paid,1.00,\n" for n in range(rows))
        posted(staff(mara), at("incident-correct", incident.code), "action,login,service,fee,contact\n" + lines)
        browser, address = staff(mara), at("correction", Correction.objects.latest("id").pk)
        browser.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(address).status_code == 200
        return len(seen)

    assert queries(3) == queries(40)


def test_who_applies_says_what_happens_to_accounts_that_were_granted_another_amount(staff, at, words, mara, marco):
    crowd = make.crowd(2)
    run = mass_runs.propose(crowd.code, "indemnity", by=mara)
    mass_runs.approve(run.pk, by=marco)
    while mass_runs.grant_chunk(run.pk):
        pass
    lines = "change,p0@libero.example,business,\nchange,p1@libero.example,,x@example.net\n"
    posted(staff(mara), at("incident-correct", crowd.code), "action,login,service,contact\n" + lines)
    made = Correction.objects.get()
    text = words(staff(marco).get(at("correction", made.pk)))
    assert "1 account was granted another amount Leave these accounts as they are" in text
    assert "nothing is asked back. Remedy Accounts Granted Due afterwards Indemnity 1 24.00 € 48.00 €" in text
    address, choice = at("correction-apply", made.pk), {"fingerprint": made.fingerprint}
    unsaid = staff(marco).post(address, choice)
    assert (unsaid.status_code, "Say whether the accounts" in words(unsaid)) == (422, True)
    assert staff(marco).post(address, {**choice, "with_granted": "no"}).status_code == 302
    assert crowd.customers.get(login="p0@libero.example").service.code == "paid"
    assert crowd.customers.get(login="p1@libero.example").contact == "x@example.net"
    assert "were left out." in words(staff(marco).get(at("correction", made.pk)))
