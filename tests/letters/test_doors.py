"""Claimants and staff find the letter among the case's documents; outsiders find nothing but that it is genuine."""

import pytest

from claims.actions import letters, mails
from claims.models import Letter, Notice
from evidence.models import Reading
from tests import make

CLAIMANT, STAFF, API = "/claims/{}/letters/{}/", "/admin/cases/{}/letters/{}/", "/api/v1/claims/{}/evidence/{}/content"


def body(response):
    return b"".join(response.streaming_content)


def test_others_do_not_get_it(letter, claim, page, api, bruno, olga, client):
    for address in (CLAIMANT, STAFF):
        assert client.get(address.format(claim.reference, letter.code)).status_code == 302
    assert page(bruno).get(CLAIMANT.format(claim.reference, letter.code)).status_code == 404
    assert page(bruno).get(STAFF.format(claim.reference, letter.code)).status_code == 403
    assert page(olga).get(STAFF.format(claim.reference, letter.code)).status_code == 403
    for person in (bruno, olga):
        assert api(person).get(f"/api/v1/claims/{claim.reference}/letters/").status_code == 404
        assert api(person).get(API.format(claim.reference, letter.document_id)).status_code == 404
    assert api(None).get(f"/api/v1/claims/{claim.reference}/letters/").status_code == 401
    assert not Reading.objects.exists()


def test_a_letter_of_another_claim_is_not_found_in_this_one(letter, incident, bruno, rita, page, api):
    other = make.decided(bruno, incident, rita, login="bruno@virgilio.example")
    assert page(bruno).get(CLAIMANT.format(other.reference, letter.code)).status_code == 404
    assert page(rita).get(STAFF.format(other.reference, letter.code)).status_code == 404
    assert api(bruno).get(API.format(other.reference, letter.document_id)).status_code == 404


def test_staff_do_not_read_the_letter_of_their_own_claim_as_staff(incident, rita, remo, page):
    rita.groups.add(make.Group.objects.get(name="claimant"))
    claim = make.decided(rita, incident, remo)
    letters.print_batch()
    code = Letter.objects.get().code
    assert page(rita).get(STAFF.format(claim.reference, code)).status_code == 404
    assert body(page(rita).get(CLAIMANT.format(claim.reference, code))).startswith(b"%PDF")


def test_until_it_is_printed_everybody_is_told_to_wait(claim, page, api, anna, rita):
    letter = Letter.objects.get()
    shown = page(anna).get(f"/claims/{claim.reference}/").content.decode()
    assert "It is being printed" in shown
    assert letter.code not in shown
    assert page(anna).get(CLAIMANT.format(claim.reference, letter.code)).status_code == 409
    assert page(rita).get(STAFF.format(claim.reference, letter.code)).status_code == 409
    assert "Being printed" in page(rita).get(f"/admin/cases/{claim.reference}/").content.decode()
    assert api(anna).get(f"/api/v1/claims/{claim.reference}/letters/").json()["results"][0]["document"] is None
    kinds = [each["kind"] for each in api(anna).get(f"/api/v1/claims/{claim.reference}/evidence/").json()["results"]]
    assert kinds == ["invoice"]


def test_the_claimant_downloads_it_from_the_case(letter, claim, page, anna, bytes_of):
    shown = page(anna).get(f"/claims/{claim.reference}/").content.decode()
    address = CLAIMANT.format(claim.reference, letter.code)
    assert f'href="{address}"' in shown
    response = page(anna).get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert letter.document.name in response["Content-Disposition"]
    assert body(response) == bytes_of(letter)
    assert Reading.objects.get().reader == anna


def test_staff_download_it_from_the_case(letter, claim, page, rita, bytes_of):
    shown = page(rita).get(f"/admin/cases/{claim.reference}/").content.decode()
    address = STAFF.format(claim.reference, letter.code)
    assert address in shown
    assert "We made this document ourselves" in shown
    assert body(page(rita).get(address)) == bytes_of(letter)
    assert Reading.objects.get().why == f"case {claim.reference}"


def test_programs_find_it_among_the_documents(letter, claim, api, anna, sara, bytes_of):
    for person in (anna, sara):
        client = api(person)
        listed = client.get(f"/api/v1/claims/{claim.reference}/letters/").json()["results"]
        assert [(each["code"], each["outcome"], each["round"]) for each in listed] == [(letter.code, "approved", 1)]
        found = client.get(f"/api/v1/claims/{claim.reference}/evidence/").json()["results"][-1]
        assert found == listed[0]["document"]
        assert (found["kind"], found["sha256"], found["state"]) == ("letter", letter.document.sha256, "clean")
        response = client.get(API.format(claim.reference, found["id"]))
        assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
        assert body(response) == bytes_of(letter)


def test_pages_of_one_document_reach_the_letter(letter, claim, api, anna):
    client = api(anna)
    first = client.get(f"/api/v1/claims/{claim.reference}/evidence/?limit=1").json()
    second = client.get(first["next"]).json()
    assert [page["results"][0]["kind"] for page in (first, second)] == ["invoice", "letter"]
    assert second["next"] is None
    assert client.get(second["previous"]).json()["results"] == first["results"]


def test_nobody_takes_it_out_of_the_case(letter, claim, api, anna):
    response = api(anna).delete(f"/api/v1/claims/{claim.reference}/evidence/{letter.document_id}/")
    assert response.status_code in (404, 409)
    letter.refresh_from_db()
    assert letter.document is not None


def test_its_code_is_answered_without_telling_whose_it_is(letter, claim, client, anna):
    for typed in (letter.code, letter.content["code"], letter.content["code"].lower().replace("-", " ")):
        shown = client.post("/verify/", {"code": typed}).content.decode()
        assert "Yes, this notice is genuine" in shown
        assert "The letter of a decision" in shown
        assert "Mail outage" in shown
        for personal in (anna.email, anna.name, claim.reference, claim.login, "120"):
            assert personal not in shown


def test_the_address_in_its_qr_code_is_answered(letter, client, settings):
    address = letter.content["verify"].removeprefix(settings.SITE_URL)
    assert "Yes, this notice is genuine" in client.get(address).content.decode()


def test_the_notice_of_the_decision_names_it_and_links_to_the_case(letter, claim, settings):
    message = mails.render(Notice.objects.get(kind="claim_decided"))
    html = message.alternatives[0][0]
    for part in (message.body, html):
        assert letter.content["code"] in part
    assert f'href="{settings.SITE_URL}/claims/{claim.reference}/"' in html
    assert not message.attachments


@pytest.mark.parametrize("who", ["anna", "rita"])
def test_a_case_page_asks_once_for_all_letters(
    letter, claim, page, request, who, django_assert_num_queries, django_assert_max_num_queries
):
    person = request.getfixturevalue(who)
    address = f"/claims/{claim.reference}/" if who == "anna" else f"/admin/cases/{claim.reference}/"
    client = page(person)
    client.get(address)
    with django_assert_max_num_queries(60) as asked:
        client.get(address)
    about = [query for query in asked.captured_queries if 'FROM "claims_letter"' in query["sql"]]
    assert len(about) == 1
