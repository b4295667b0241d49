"""Documents in a bucket go out by a link that lives for a minute, or through us; first it is written down to whom."""

import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from claims.actions import archiving, reading_room
from claims.models import Claim
from claims.rules.errors import Refused
from evidence import blobs, delivery, moving
from evidence.errors import FileRefused
from evidence.models import Document, Reading
from tests import make
from tests.evidence import files

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(bucket, hand_in):
    return hand_in("però €.txt")


def get(document, by, **headers):
    return delivery.deliver(document, by=by, why="review", headers=headers)


def test_the_link_gives_bytes_to_be_saved_and_nothing_a_browser_would_show(document, rita):
    response = get(document, rita)
    assert response.status_code == 302
    with urllib.request.urlopen(response.headers["Location"]) as answer:
        assert answer.read() == b"hello"
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''per%C3%B2%20%E2%82%AC.txt"
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_redirect_is_kept_nowhere_and_lives_for_a_minute(document, rita, bucket):
    response = get(document, rita)
    assert set(response.headers["Cache-Control"].split(", ")) == {"private", "no-store"}
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    said = parse_qs(urlsplit(response.headers["Location"]).query)
    assert said["X-Amz-Expires"] == ["60"]
    assert said["X-Amz-Signature"]
    assert document.sha256 in response.headers["Location"]
    assert "testing" not in "".join(said.get("X-Amz-Security-Token", []))


def test_a_link_without_its_signature_opens_nothing(document, rita):
    parts = urlsplit(get(document, rita).headers["Location"])
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(parts._replace(query="").geturl())
    refused.value.close()
    assert refused.value.code == 403


def test_browsers_are_sent_where_they_reach_the_bucket(into_bucket, hand_in, rita):
    into_bucket("&public=https://files.ristoro.example")
    assert get(hand_in(), rita).headers["Location"].startswith("https://files.ristoro.example/evidence-")


def test_without_a_line_there_is_no_link(document, rita, monkeypatch):
    monkeypatch.setattr(Reading.objects, "create", lambda **_values: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        get(document, rita)


def test_a_copy_that_is_still_right_is_not_asked_for(document, rita, server):
    server.asked.clear()
    assert get(document, rita, **{"If-None-Match": f'"{document.sha256}"'}).status_code == 304
    assert server.asked == []


@pytest.mark.parametrize("fault", [("HEAD", "500"), ("HEAD", "hang")])
def test_while_the_bucket_is_away_the_answer_is_503_and_nobody_got_it(document, rita, server, fault):
    server.fault = fault
    with pytest.raises(FileRefused) as refused:
        get(document, rita)
    assert (refused.value.status, refused.value.code) == (503, "storage_away")
    assert not Reading.objects.exists()


def test_what_waits_in_the_folder_goes_out_with_all_its_headers(bucket, hand_in, rita, server, body_of):
    document = hand_in(move=False)
    server.fault = ("HEAD", "500")
    response = get(document, rita)
    assert (response.status_code, body_of(response)) == (200, b"hello")
    assert response.headers["Content-Security-Policy"] == delivery.SANDBOX


# --- through us
@pytest.fixture
def passed_on(into_bucket, hand_in):
    into_bucket("&links=no")
    return hand_in()


@pytest.mark.parametrize(("asked", "status", "body"), [({}, 200, b"hello"), ({"Range": "bytes=1-2"}, 206, b"el")])
def test_without_links_the_bytes_go_through_us(passed_on, rita, body_of, asked, status, body):
    response = get(passed_on, rita, **asked)
    assert (response.status_code, body_of(response)) == (status, body)
    assert response.headers["Content-Length"] == str(len(body))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == delivery.SANDBOX
    assert Reading.objects.count() == 1


def test_without_links_a_bucket_that_is_away_is_told_too(passed_on, rita, server):
    server.fault = ("GET", "500")
    with pytest.raises(FileRefused) as refused:
        get(passed_on, rita)
    assert refused.value.code == "storage_away"
    assert not Reading.objects.exists()


# --- previews and pages
def test_what_is_shown_in_a_page_always_goes_through_us(bucket, hand_in, rita, body_of, server):
    document = hand_in("a.jpg", files.picture())
    server.asked.clear()
    response = delivery.preview(document, by=rita, why="case")
    assert response.headers["Content-Type"] == "image/jpeg"
    assert body_of(response).startswith(b"\xff\xd8")
    assert server.asked == []


# --- at the doors
@pytest.fixture
def moved(bucket, anna, incident):
    """A submitted claim whose document lies in the bucket."""
    claim = make.submitted(anna, incident)
    moving.move_batch()
    return claim


def at(claim):
    return claim.attachments.get().document


def test_every_door_redirects(moved, api, page, anna, mara, body_of):
    document = at(moved)
    answers = [
        api(anna).get(f"/api/v1/claims/{moved.reference}/evidence/{document.pk}/content"),
        page(anna).get(reverse("claim-document", args=[moved.reference, document.pk])),
        page(mara).get(reverse("admin:case-document", args=[moved.reference, document.pk])),
    ]
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert {body_of(answer) for answer in answers} == {make.PDF}
    assert Reading.objects.count() == 3


def test_nobody_else_is_redirected(moved, api, page, bruno, server):
    document = at(moved)
    server.asked.clear()
    assert api(bruno).get(f"/api/v1/claims/{moved.reference}/evidence/{document.pk}/content").status_code == 404
    assert page(bruno).get(reverse("claim-document", args=[moved.reference, document.pk])).status_code == 404
    assert server.asked == []


def test_a_program_is_told_when_to_come_back(moved, api, anna, server):
    server.fault = ("HEAD", "500")
    answer = api(anna).get(f"/api/v1/claims/{moved.reference}/evidence/{at(moved).pk}/content")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "storage_away", "60")


def test_an_archive_and_a_hash_say_that_the_bucket_is_away(moved, mara, server, page):
    for fault, act in (
        (("HEAD", "500"), lambda: archiving.archive(moved.reference, by=mara)),
        (("GET", "500"), lambda: reading_room.recompute(moved.reference, at(moved).pk, by=mara)),
    ):
        server.fault = fault
        with pytest.raises(Refused) as refused:
            act()
        assert (refused.value.status, refused.value.code) == (503, "storage_away")
    assert not Reading.objects.exists()
    answer = page(mara).post(reverse("admin:case-custody", args=[moved.reference, at(moved).pk]), follow=True)
    assert "Our storage does not answer at the moment." in answer.content.decode()


def test_filing_goes_on_while_the_bucket_is_away(bucket, anna, incident, server):
    for method in ("HEAD", "PUT", "GET"):
        server.fault = (method, "500")
        claim = make.submitted(anna, incident)
        assert moving.move_batch() == 0
        assert blobs.path(at(claim).sha256).is_file()
    assert Claim.objects.count() == 3
    assert Document.objects.count() == 3
