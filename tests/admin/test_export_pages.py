"""Exports: asking, watching, fetching, cancelling."""

import pytest

from claims.actions import exports
from claims.models import Export
from tests import make


@pytest.mark.django_db(transaction=True)
def test_a_file_is_asked_for_built_and_fetched(staff, at, words, mara, anna, incident):
    make.submitted(anna, incident)
    browser = staff(mara)
    form = {"incident": incident.code, "status": "submitted", "from": "2023-01-01", "to": "2099-12-31", "bom": "on"}
    page = browser.post(at("exports"), form, follow=True)
    assert "The file is being built." in words(page)
    assert "Mail outage, Submitted, from 2023-01-01, to 2099-12-31" in words(page)
    assert f'hx-get="{at("export-list")}"' in page.content.decode()
    assert exports.build_batch() == 1
    listed = browser.get(at("export-list"))
    assert "hx-get" not in listed.content.decode()
    assert "Ready" in words(listed)
    export = Export.objects.get()
    answer = browser.get(at("export-download", export.pk))
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="claims-')
    data = b"".join(answer.streaming_content)
    assert data.startswith(b"\xef\xbb\xbf")
    assert anna.claims.get().reference.encode() in data


@pytest.mark.django_db(transaction=True)
def test_a_workbook_is_handed_out_as_one(staff, at, mara, incident):
    browser = staff(mara)
    browser.post(at("exports"), {"format": "xlsx"})
    exports.build_batch()
    answer = browser.get(at("export-download", Export.objects.get().pk))
    assert answer.headers["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert b"".join(answer.streaming_content).startswith(b"PK")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"incident": "nothing"}, "incident"),
        ({"status": "x"}, "status"),
        ({"from": "31.1.2023"}, "from"),
        ({"from": "2023-02-30"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"from": "2023-02-01", "to": "2023-01-01"}, "to"),
        ({"format": "pdf"}, "format"),
    ],
)
def test_a_wrong_filter_is_named_at_its_field_and_nothing_is_queued(staff, at, mara, incident, form, field):
    answer = staff(mara).post(at("exports"), form)
    assert answer.status_code == 422
    assert list(answer.context["errors"]) == [field]
    assert not Export.objects.exists()


def test_i_31_a_fourth_file_at_once_is_refused(staff, at, words, mara, db):
    browser = staff(mara)
    for _number in range(3):
        assert browser.post(at("exports"), {}).status_code == 302
    answer = browser.post(at("exports"), {})
    assert answer.status_code == 429
    assert "You have 3 reports under way." in words(answer)


def test_a_file_under_way_can_be_cancelled_once(staff, at, words, mara, db):
    browser = staff(mara)
    browser.post(at("exports"), {})
    export = Export.objects.get()
    assert browser.get(at("export-download", export.pk)).status_code == 409
    assert browser.post(at("export-cancel", export.pk)).status_code == 302
    export.refresh_from_db()
    assert export.state == "cancelled"
    again = browser.post(at("export-cancel", export.pk))
    assert again.status_code == 409
    assert "This report is not under way." in words(again)


def test_a_failed_file_says_why(staff, at, words, mara, db):
    Export.objects.create(requested_by=mara, report="claims", format="csv", state="failed", error="The disk is full.")
    assert "The disk is full." in words(staff(mara).get(at("exports")))


def test_progress_is_shown_while_a_file_is_built(staff, at, words, mara, db):
    Export.objects.create(requested_by=mara, report="claims", format="csv", state="running", rows=250, expected=1000)
    text = words(staff(mara).get(at("exports")))
    assert "25 %" in text
    assert "250 / 1,000" in text


def test_somebody_elses_file_is_404(staff, at, mara, marco, db):
    staff(mara).post(at("exports"), {})
    export = Export.objects.get()
    other = staff(marco)
    assert other.get(at("export-download", export.pk)).status_code == 404
    assert other.post(at("export-cancel", export.pk)).status_code == 404
    export.refresh_from_db()
    assert export.state == "queued"


@pytest.mark.parametrize("role", ["claimant", "operator", "reviewer", "administrator"])
def test_who_is_not_responsible_asks_for_nothing(staff, at, role, db):
    browser = staff(make.person("other", role))
    assert browser.post(at("exports"), {}).status_code == 403
    assert not Export.objects.exists()
