"""Every address of a claim: who gets in, how references may be spelt, both languages, nothing from elsewhere."""

import re
from uuid import UUID

import pytest
from django.test import Client

from claims.web.cases_urls import of_a_claim
from tests import make

INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", re.IGNORECASE)
PAGES = ["", "account/", "story/", "losses/", "losses/add/", "documents/", "bank/", "check/", "withdraw/"]


def every_address(claim):
    item, attachment = claim.items.first(), claim.attachments.first()
    routes = [str(pattern.pattern) for pattern in of_a_claim]
    paths = [
        route.replace("<int:item>", str(item.pk)).replace("<uuid:document>", str(attachment.document_id))
        for route in routes
    ]
    paths = [path.replace("<str:code>", "ABCDEFGHJKLMNPQR") for path in paths]
    paths = [path.replace("<int:award>", "1") for path in paths]
    paths = [path.replace("<uuid:upload>", str(UUID(int=7))) for path in paths]
    return [f"/claims/{claim.reference}/{path}" for path in paths]


@pytest.fixture
def draft(anna, incident):
    claim = make.draft(anna, incident)
    make.attachment(claim)
    return claim


def test_somebody_not_signed_in_is_asked_to_everywhere(client, draft):
    for address in ["/claims/", *every_address(draft)]:
        response = client.get(address)
        assert (response.status_code, response.url) == (302, f"/accounts/login/?next={address}"), address


def test_somebody_elses_claim_is_the_same_404_as_an_unknown_one_everywhere(page, bruno, draft):
    unknown = "FFFFF-FFFFJ"
    client = page(bruno)
    for address in every_address(draft):
        other = address.replace(draft.reference, unknown)
        for method in (client.get, client.post):
            theirs, nobodys = method(address), method(other)
            assert theirs.status_code == nobodys.status_code, address
            if theirs.status_code != 405:
                assert theirs.status_code == 404, address
                assert without_tokens(theirs, draft.reference) == without_tokens(nobodys, unknown)


def without_tokens(response, reference):
    body = response.content.decode().replace(reference, "REFERENCE").replace(response.headers["X-Request-ID"], "ID")
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]+', r"\1", body)


def test_i_09_a_reference_in_small_letters_leads_to_the_right_one(page, anna, draft):
    for typed in (draft.reference.lower(), draft.reference.replace("-", ""), f" {draft.reference}"):
        response = page(anna).get(f"/claims/{typed}/story/?then=check")
        assert (response.status_code, response.url) == (301, f"/claims/{draft.reference}/story/?then=check")


@pytest.mark.parametrize("typed", ["..", "%00", "a" * 5000, "ДДДДД-ДДДДД", "11111-11111", "FFFFF-FFFFF", "*", "%F0%9F"])
def test_i_09_nonsense_is_no_reference(page, anna, incident, typed):
    assert page(anna).get(f"/claims/{typed}/story/").status_code == 404


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_pages_come_in_both_languages_and_hold_nothing_inline_or_from_elsewhere(page, anna, draft, path, language):
    client = page(anna)
    client.cookies["language"] = language
    response = client.get(f"/claims/{draft.reference}/{path}")
    body = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{language}">' in body
    assert not INLINE.search(body)
    assert not re.search(r'(src|href|action)="(https?:)?//', body)
    assert "no-store" in response.headers["Cache-Control"]


def test_every_page_has_one_primary_button_at_most(page, anna, draft):
    for path in PAGES:
        body = page(anna).get(f"/claims/{draft.reference}/{path}").content.decode()
        assert body.count("btn-primary") <= 1, path


@pytest.mark.parametrize(
    "address", ["//evil.example/", "javascript:alert(1)", "/\\evil.example", "https://evil.example/"]
)
def test_i_34_nobody_is_led_away_after_signing_in(client, anna, incident, signs_in, address):
    assert signs_in(client, anna, f"/accounts/login/?next={address}") == "/claims/"


def test_i_20_a_form_without_its_token_keeps_the_text_and_changes_nothing(anna, draft, current):
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    response = client.post(f"/claims/{draft.reference}/story/", {"version": draft.version, "narrative": "Long words."})
    assert response.status_code == 403
    assert "Long words." in response.content.decode()
    assert current(draft).narrative == make.NARRATIVE
