"""Legal holds and proofs of deletion on the pages of both sides and in the API."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models import Attachment, LegalHold
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sees(client):
    """sees(person, name, claim) is what the page says to them."""

    def go(person, name, claim):
        client.force_login(person)
        client.cookies["language"] = "en"
        answer = client.get(reverse(name, args=[claim.reference]))
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(answer.content.decode())))

    return go


def test_staff_see_until_when_and_claimants_too(withdrawn, sees, rita, anna):
    claim = withdrawn()
    assert "Kept until" in sees(rita, "admin:case", claim)
    assert "(withdrawn)" in sees(rita, "admin:case", claim)
    assert "Then we delete them." in sees(anna, "claim", claim)


def test_an_open_claim_says_how_long_at_most(anna, incident, sees, rita):
    claim = make.submitted(anna, incident)
    assert "at most 10 years after the end of the claim" in sees(rita, "admin:case", claim)
    assert "at most 10 years longer" in sees(anna, "claim", claim)


def test_a_manager_sets_a_hold_by_its_form_and_a_supervisor_lifts_it(withdrawn, client, sees, mara, sara, anna, rita):
    claim = withdrawn()
    client.force_login(mara)
    answer = client.post(reverse("admin:case-legal-hold", args=[claim.reference]), {"reason": "Court of Rome"})
    assert answer.status_code == 302
    page = sees(sara, "admin:case", claim)
    assert "Court of Rome" in page
    assert "Lift the legal hold" in page
    assert "Lift the legal hold" not in sees(rita, "admin:case", claim)
    told = sees(anna, "claim", claim)
    assert "longer than usual" in told
    assert "Court of Rome" not in told
    assert "egal hold" not in told
    client.force_login(sara)
    assert client.post(reverse("admin:case-legal-hold-lift", args=[claim.reference]), {"reason": "Over"}).status_code
    assert LegalHold.objects.get().lifted_by == sara


def test_a_refused_form_says_why_and_keeps_what_was_typed(withdrawn, client, sara):
    claim = withdrawn()
    client.force_login(sara)
    client.cookies["language"] = "en"
    answer = client.post(reverse("admin:case-legal-hold-lift", args=[claim.reference]), {"reason": "Typed words"})
    assert answer.status_code == 409
    assert "This claim is under no legal hold." in answer.content.decode()
    assert client.post(reverse("admin:case-legal-hold", args=[claim.reference]), {"reason": " "}).status_code == 422


def test_the_certificate_shows_the_hash_and_that_it_is_gone(withdrawn, a_year_later, sees, rita, anna, client):
    claim = withdrawn()
    document = claim.attachments.get().document
    a_year_later()
    assert "Proof of deletion" in sees(rita, "admin:case", claim)
    proof = sees(rita, "admin:case-deletions", claim)
    for words in (document.sha256, "withdrawn: kept for 1 year", "the same", "Removed, and not there any more"):
        assert words in proof
    assert document.name not in sees(rita, "admin:case", claim)
    told = sees(anna, "claim", claim)
    assert "We deleted your documents on" in told
    assert "Deleted document" in told


def test_a_case_without_deletions_says_so(withdrawn, sees, rita):
    assert "Nothing of this claim was deleted." in sees(rita, "admin:case-deletions", withdrawn())


def test_a_deleted_document_is_answered_with_410_on_every_way_out(withdrawn, a_year_later, client, api, rita, anna):
    claim = withdrawn()
    document = claim.attachments.get().document_id
    a_year_later()
    client.force_login(rita)
    for name in ("admin:case-document", "admin:case-preview", "admin:case-reading"):
        assert client.get(reverse(name, args=[claim.reference, document])).status_code == 410
    client.force_login(anna)
    for name in ("claim-document", "claim-document-preview"):
        assert client.get(reverse(name, args=[claim.reference, document])).status_code == 410
    answer = api(anna).get(f"/api/v1/claims/{claim.reference}/evidence/{document}/content")
    assert (answer.status_code, answer.json()["code"]) == (410, "deleted")
    listed = api(anna).get(f"/api/v1/claims/{claim.reference}/evidence/").json()["results"][0]
    assert (listed["state"], listed["name"]) == ("deleted", "")


def test_the_api_sets_and_lifts_a_hold(withdrawn, api, sara):
    claim = withdrawn()
    path, body = f"/api/v1/claims/{claim.reference}/legal-hold/", {"reason": "Inspection"}
    for number, (address, status) in enumerate(
        ((path, 200), (path, 409), (f"{path}lift/", 200), (f"{path}lift/", 409))
    ):
        answer = api(sara).post(address, body, format="json", headers={"Idempotency-Key": str(number)})
        assert answer.status_code == status, answer.content
    assert api(sara).post(path, {}, format="json", headers={"Idempotency-Key": "x"}).status_code == 400


def test_the_pages_ask_no_more_for_more_documents(withdrawn, a_year_later, client, rita):
    claim = withdrawn()
    for number in range(30):
        make.attachment(claim, content=b"%d" % number)
    Attachment.objects.update(heard="clean")
    a_year_later()
    client.force_login(rita)
    address = reverse("admin:case-deletions", args=[claim.reference])
    client.get(address)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    other = withdrawn(b"few")
    a_year_later()
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("admin:case-deletions", args=[other.reference]))
    assert len(many) == len(few)
