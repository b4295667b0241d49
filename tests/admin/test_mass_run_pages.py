"""Mass runs on the staff's pages: proposing, seeing whom it pays, approving, watching, the exceptions."""

import csv
import html
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import mass_counting, mass_runs
from claims.admin import mass_runs as pages
from claims.models import MassRun
from claims.reports import mass_runs as reports
from tests import make


@pytest.fixture
def outage(db):
    """Two who get 24.00, one of whom cannot be told; one whose outage was too short; no one of the staff."""
    incident = make.incident()
    make.customer(incident, "a@libero.example", contact="a@example.net")
    make.customer(incident, "=b@libero.example")
    make.customer(incident, "c@libero.example", contact="c@example.net", intervals=[short(incident)])
    return incident


def short(incident):
    return (incident.started_at, incident.started_at.replace(hour=23, minute=30))


@pytest.fixture
def run(outage, mara):
    return mass_runs.propose(outage.code, "indemnity", by=mara)


def test_a_refusal_is_shown_above_the_form_and_keeps_what_was_chosen(staff, at, words, mara, outage, run):
    answer = staff(mara).post(at("mass-runs"), {"incident": outage.code, "remedy": "indemnity"})
    assert answer.status_code == 409
    assert "A mass run of this remedy is not finished yet." in words(answer)
    assert staff(mara).post(at("mass-runs"), {"incident": outage.code, "remedy": "x"}).status_code == 422
    assert staff(mara).post(at("mass-runs"), {}).status_code == 404


def test_a_proposal_shows_whom_it_pays_before_anybody_is_paid(staff, at, words, mara, outage):
    browser = staff(mara)
    page = browser.post(at("mass-runs"), {"incident": outage.code, "remedy": "indemnity"}, follow=True)
    seen = words(page)
    run = MassRun.objects.get()
    assert "Being counted 0 % It starts within seconds" in seen
    assert "people get something" not in seen
    assert at("mass-run-approve", run.pk) not in page.content.decode()
    mass_counting.count_chunk(run.pk, size=2)
    watched = browser.get(at("mass-run-progress", run.pk))
    assert "Being counted 66 % 2 / 3 accounts counted" in words(watched)
    assert "HX-Refresh" not in watched
    mass_counting.count_chunk(run.pk)
    assert browser.get(at("mass-run-progress", run.pk))["HX-Refresh"] == "true"
    page = browser.get(at("mass-run", run.pk))
    seen = words(page)
    assert "2 people get something" in seen
    assert "48.00 € in all" in seen
    assert "4 days × 6.00 € = 24.00 € 24.00 €" in seen
    assert "The outage was too short" in seen
    assert "You proposed this. Another manager must approve it" in seen
    assert at("mass-run-approve", run.pk) not in page.content.decode()
    assert "Mass run proposed, Mara" in seen


def test_a_count_that_was_cancelled_or_gave_nothing_says_so(staff, at, words, mara, outage):
    run = mass_counting.begin(outage.code, "indemnity", by=mara)
    mass_counting.count_chunk(run.pk, size=2)
    assert "Nobody gets anything by it." in words(staff(mara).get(at("mass-run-cancel", run.pk)))
    seen = words(staff(mara).post(at("mass-run-cancel", run.pk), follow=True))
    assert "people get something" not in seen
    run = mass_counting.begin(outage.code, "refund", by=mara)
    mass_counting.count_chunk(run.pk)
    seen = words(staff(mara).get(at("mass-run", run.pk)))
    assert "Nobody on the roster would get anything by this, so it ended here." in seen
    assert "The terms give this service nothing, or there is no paid period" in seen


def test_the_proposer_is_refused_and_another_manager_is_asked_with_the_figures(staff, at, words, mara, marco, run):
    refused = staff(mara).post(at("mass-run-approve", run.pk))
    assert refused.status_code == 403
    assert "A second person must do this" in words(refused)
    asked = staff(marco).get(at("mass-run-approve", run.pk))
    assert "Grant 48.00 € to 2 people?" in words(asked)
    page = staff(marco).post(at("mass-run-approve", run.pk), follow=True)
    assert "Approved. It starts within seconds." in words(page)
    assert f'hx-get="{at("mass-run-progress", run.pk)}"' in page.content.decode()


def test_it_is_watched_paused_resumed_and_done(staff, at, words, mara, marco, run):
    mass_runs.approve(run.pk, by=marco)
    browser = staff(mara)
    mass_runs.grant_chunk(run.pk, size=1)
    watched = browser.get(at("mass-run-progress", run.pk))
    assert "Approved 33 % 1 / 3 accounts walked over 1 granted 24.00 € in all" in words(watched)
    assert "hx-get" in watched.content.decode()
    assert "Paused" in words(browser.post(at("mass-run-pause", run.pk), follow=True))
    assert browser.post(at("mass-run-pause", run.pk)).status_code == 409
    browser.post(at("mass-run-resume", run.pk))
    while mass_runs.grant_chunk(run.pk, size=1):
        pass
    assert "HX-Refresh" not in watched
    assert browser.get(at("mass-run-progress", run.pk))["HX-Refresh"] == "true"  # its buttons are others now
    page = browser.get(at("mass-run", run.pk))
    assert "Done 100 % 3 / 3" in words(page)
    assert "hx-get" not in page.content.decode()
    assert "Mass run finished" in words(page)


def test_cancelling_says_what_stays(staff, at, words, mara, marco, run):
    mass_runs.approve(run.pk, by=marco)
    mass_runs.grant_chunk(run.pk, size=1)
    assert "What was granted until now stays: 24.00 €." in words(staff(mara).get(at("mass-run-cancel", run.pk)))
    assert "The run was cancelled." in words(staff(mara).post(at("mass-run-cancel", run.pk), follow=True))


def test_exceptions_are_listed_and_come_as_a_file_without_formulas(staff, at, words, mara, run):
    page = words(staff(mara).get(at("mass-run-exceptions", run.pk)))
    assert "=b@libero.example Paid mailbox Gets it, but no address of theirs works yet" in page
    assert "c@libero.example Paid mailbox The outage was too short" in page
    assert "a@libero.example" not in page
    answer = staff(mara).get(at("mass-run-exceptions-file", run.pk))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="exceptions-{run.pk}.csv"'
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row[0], row[4]) for row in rows] == [
        ("Account", "Amount, euro"),
        ("'=b@libero.example", "24.00"),
        ("c@libero.example", "0.00"),
    ]


def test_each_kind_of_exception_is_a_list_of_its_own_page_by_page(staff, at, words, mara, outage, monkeypatch):
    for number in range(5):
        make.customer(outage, f"mute{number}@libero.example")
    run = mass_runs.propose(outage.code, "indemnity", by=mara)
    browser, here = staff(mara), at("mass-run-exceptions", run.pk)
    assert f'href="{here}?why=no_channel"' in browser.get(at("mass-run", run.pk)).content.decode()
    monkeypatch.setattr(pages, "SHOWN", 2)
    page, seen = browser.get(here, {"why": "no_channel"}), []
    while True:
        assert "c@libero.example" not in words(page)
        seen += re.findall(r'<th scope="row">(.*?)@', page.content.decode())
        following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        if following is None:
            break
        page = browser.get(here + html.unescape(following[1]))
    assert seen == ["=b", *(f"mute{number}" for number in range(5))]
    assert "When it was proposed: 6" in words(browser.get(here, {"why": "no_channel"}))
    file = browser.get(at("mass-run-exceptions-file", run.pk), {"why": "below_minimum"})
    rows = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode())))
    assert [row[0] for row in rows] == ["Account", "c@libero.example"]
    monkeypatch.setattr(reports, "PATIENCE", -1)
    assert "None among the accounts looked at until now" in words(browser.get(here))
    for wrong in ({"why": "x"}, {"why": "\0"}):
        assert browser.get(here, wrong).status_code == 404
    assert browser.get(here, {"after": "-1"}).status_code == browser.get(here, {"after": "9" * 30}).status_code == 200


def test_the_exceptions_of_a_finished_run_are_not_those_it_paid(staff, at, words, mara, marco, run):
    mass_runs.approve(run.pk, by=marco)
    mass_runs.grant_chunk(run.pk)
    page = words(staff(mara).get(at("mass-run-exceptions", run.pk)))
    assert "Granted before" not in page
    assert "=b@libero.example" in page


def test_a_page_asks_the_database_as_often_for_many_as_for_few(staff, at, mara, run, outage):
    browser, counts = staff(mara), []
    browser.get(at("mass-runs"))  # the first page of a session asks more
    for more in (0, 30):
        for number in range(more):
            other = make.incident(f"other-{number}")
            make.customer(other, f"x{number}@libero.example")
            make.customer(outage, f"y{number}@libero.example", contact="y@example.net")
            mass_runs.propose(other.code, "indemnity", by=mara)
        counts.append([queries(browser, at("mass-runs")), queries(browser, at("mass-run-exceptions", run.pk))])
    assert counts[0] == counts[1]


def queries(browser, address):
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def test_every_manager_finds_the_page_in_the_sidebar_and_nobody_else(staff, at, mara, sara):
    assert at("mass-runs") in staff(mara).get(at("index")).content.decode()
    assert at("mass-runs") not in staff(sara).get(at("index")).content.decode()
