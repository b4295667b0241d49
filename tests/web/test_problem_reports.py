"""Reporting a further technical problem, and what keeps robots out."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from claims.models import ProblemReport
from claims.web import problems
from tests import make


@pytest.fixture
def form(time_machine):
    """form(**fields): what a person sends who opened the page a minute ago."""

    def opened(seconds=60, **fields):
        with_time = timezone.now()
        time_machine.move_to(with_time - timedelta(seconds=seconds), tick=False)
        stamp = problems.stamp()
        time_machine.move_to(with_time, tick=False)
        return {"text": "Attachments do not open since Monday.", "opened": stamp, "website": "", **fields}

    return opened


def send(client, data):
    return client.post("/problems/new/", data)


def test_somebody_without_an_account_reports_a_problem(client, incident, form):
    response = send(client, form(incident="libero-2023", login="anna@libero.example", email="anna@example.org"))
    assert response.headers["Location"] == "/problems/thanks/"
    [report] = ProblemReport.objects.all()
    assert (report.incident, report.reporter) == (incident, None)
    assert (report.login, report.email) == ("anna@libero.example", "anna@example.org")


def test_somebody_signed_in_is_known_and_the_address_is_filled_in(page, anna, form):
    client = page(anna)
    assert 'value="anna@example.org"' in client.get("/problems/new/").content.decode()
    send(client, form())
    assert ProblemReport.objects.get().reporter == anna


def test_nothing_typed_is_lost_when_something_is_wrong(client, incident, form):
    response = send(client, form(text="", login="anna@libero.example", email="nobody"))
    page = response.content.decode()
    assert response.status_code == 422
    assert 'href="#id_text"' in page
    assert 'href="#id_email"' in page
    assert 'value="anna@libero.example"' in page
    assert not ProblemReport.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("text", "a\u0000b"), ("text", "   "), ("text", "x" * 5001), ("login", "a\u001bb"), ("incident", "secret-2024")],
)
def test_what_cannot_be_stored_is_refused_at_its_field(client, incident, form, field, value):
    make.incident("secret-2024", state="draft")
    response = send(client, form(**{field: value}))
    assert response.status_code == 422
    assert f'href="#id_{field}"' in response.content.decode()
    assert not ProblemReport.objects.exists()


def test_emoji_and_right_to_left_text_are_stored_as_they_are(client, db, form):
    text = "😤 لا يعمل البريد <script>alert(1)</script>"
    send(client, form(text=text))
    assert ProblemReport.objects.get().text == text


def test_i_33_a_robot_that_fills_in_every_field_is_thanked_and_forgotten(client, db, form):
    assert send(client, form(website="https://spam.example")).status_code == 302
    assert not ProblemReport.objects.exists()


@pytest.mark.parametrize("seconds", [0, 2, 24 * 3600 + 1])
def test_i_33_too_quick_and_too_old_forms_are_offered_again_with_their_text(client, db, form, seconds):
    response = send(client, form(seconds))
    assert response.status_code == 422
    assert "Attachments do not open" in response.content.decode()
    assert not ProblemReport.objects.exists()


@pytest.mark.parametrize("opened", ["", "forged", signing.dumps("", salt="another")], ids=["none", "forged", "foreign"])
def test_i_33_a_forged_time_is_refused(client, db, form, opened):
    assert send(client, form(opened=opened)).status_code == 422
    assert not ProblemReport.objects.exists()


def test_i_33_a_thousand_a_minute_are_cut_off(client, db, form):
    answers = [send(client, form()).status_code for _number in range(8)]
    assert answers == [302] * 5 + [429] * 3
    assert ProblemReport.objects.count() == 5


def test_i_33_five_megabytes_are_413(client, db):
    response = client.post(
        "/problems/new/", "text=" + "x" * 5_000_000, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 413
    assert "too large" in response.content.decode()
