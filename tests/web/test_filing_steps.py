"""What happened, the account and the bank details: saved on their own, refused at their fields."""

import json

import pytest

from accounts import keys
from claims.actions import intake
from tests import make

SEVERAL = ["👩‍👩‍👧 persa 😢", "عربي وعبرית", "Z̴̧a̷l̶g̵o", "<script>alert(1)</script>", "{{7*7}} ${x} %s '; DROP TABLE"]


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident)


def address(claim, step):
    return f"/claims/{claim.reference}/{step}/"


@pytest.mark.parametrize("text", SEVERAL)
def test_i_06_i_07_what_is_written_is_stored_and_shown_as_text(page, anna, draft, posted, current, text, text_of):
    client = page(anna)
    assert posted(client, address(draft, "story"), narrative=text).status_code == 302
    assert current(draft).narrative == text
    for step in ("story", "check"):
        shown = client.get(address(draft, step))
        assert "<script>alert(1)" not in shown.content.decode()
        assert text in text_of(shown)


def test_i_06_only_blanks_are_no_story_but_a_draft_may_be_saved_without_one(page, anna, draft, posted, current):
    client = page(anna)
    assert posted(client, address(draft, "story"), narrative=" \n\t ").status_code == 302
    assert current(draft).narrative == ""


@pytest.mark.parametrize(("text", "code"), [("a\0b", "invalid_characters"), ("a" * 20_001, "too_long")])
def test_i_06_what_cannot_be_stored_is_refused_and_kept_in_the_form(
    page, anna, draft, posted, codes, current, text, code
):
    response = posted(page(anna), address(draft, "story"), narrative=text)
    assert response.status_code == 422
    assert codes(response) == {"narrative": [code]}
    assert response.context["form"]["narrative"].value() == text
    assert current(draft).narrative == make.NARRATIVE


def test_an_account_off_the_roster_is_asked_why(page, anna, incident, posted, current):
    draft = make.draft(anna, incident, login="nobody@libero.example")
    client = page(anna)
    assert "id_login_explanation" in client.get(address(draft, "story")).content.decode()
    posted(client, address(draft, "story"), narrative="Lost a job.", login_explanation="It is my wife's.")
    assert current(draft).login_explanation == "It is my wife's."


def test_an_account_on_the_roster_is_not_asked_why(page, anna, draft):
    assert "id_login_explanation" not in page(anna).get(address(draft, "story")).content.decode()


def test_the_account_can_be_corrected(page, anna, draft, posted, current, codes):
    client = page(anna)
    assert codes(posted(client, address(draft, "account"), login="anna")) == {"login": ["invalid_login"]}
    assert posted(client, address(draft, "account"), login="other@libero.example").url == address(draft, "story")
    assert (current(draft).login, current(draft).customer) == ("other@libero.example", None)


def test_who_came_from_the_check_page_goes_back_there(page, anna, draft, posted):
    response = posted(page(anna), address(draft, "story") + "?then=check", narrative="Lost a job.")
    assert response.url == address(draft, "check")


def test_r_13_a_draft_changed_meanwhile_shows_both_versions(page, anna, draft, current, text_of):
    client = page(anna)
    seen = draft.version
    intake.edit_claim(draft.reference, by=anna, narrative="The other window's words.")
    late = client.post(address(draft, "story"), {"version": seen, "narrative": "My words."})
    assert late.status_code == 409
    assert "The other window's words." in text_of(late)
    assert late.context["form"]["narrative"].value() == "My words."
    assert current(draft).narrative == "The other window's words."
    again = client.post(address(draft, "story"), {"version": late.context["version"], "narrative": "My words."})
    assert again.status_code == 302
    assert current(draft).narrative == "My words."


@pytest.mark.parametrize("version", [None, "", "0", "-1", "x", "9" * 40, "١"])
def test_r_13_a_form_without_a_version_overwrites_nothing(page, anna, draft, current, version):
    values = {"narrative": "My words."} | ({} if version is None else {"version": version})
    assert page(anna).post(address(draft, "story"), values).status_code == 409
    assert current(draft).narrative == make.NARRATIVE


def test_the_iban_is_stored_sealed_and_shown_by_its_ends(page, anna, draft, posted, current):
    client = page(anna)
    response = posted(client, address(draft, "bank"), iban="it60 x054 2811 1010 0000 0123 456", holder="Anna Bianchi")
    assert response.url == address(draft, "check")
    stored = keys.unseal(anna.pk, current(draft).bank_details, where="claim.bank_details")
    assert json.loads(stored) == {"iban": "IT60X0542811101000000123456", "holder": "Anna Bianchi"}
    for step in ("bank", "check"):
        shown = client.get(address(draft, step)).content.decode()
        assert "IT** 3456" in shown
        assert "0542811101" not in shown


@pytest.mark.parametrize(
    ("iban", "code"),
    [
        ("IT60X0542811101000000123457", "iban_checksum"),
        ("IT60X05428111010", "iban_checksum"),
        ("US64SVBKUS6S3300958879", "iban_country"),
        ("IT60\u0410054281110100000012345", "iban_format"),
        ("hello", "iban_format"),
    ],
)
def test_i_04_an_iban_that_is_none_is_refused_and_kept(page, anna, draft, posted, codes, current, iban, code):
    response = posted(page(anna), address(draft, "bank"), iban=iban, holder="Anna")
    assert response.status_code == 422
    assert codes(response) == {"iban": [code]}
    assert response.context["form"]["iban"].value() == iban
    assert current(draft).bank_details is None


def test_bank_details_are_optional_and_an_empty_form_changes_nothing(page, anna, draft, posted, current):
    client = page(anna)
    assert posted(client, address(draft, "bank"), iban="", holder="").url == address(draft, "check")
    assert current(draft).version == draft.version
    posted(client, address(draft, "bank"), iban="IT60X0542811101000000123456", holder="Anna")
    posted(client, address(draft, "bank"), iban=" ", holder="")
    assert current(draft).iban_hint == "IT** 3456"


def test_a_holder_without_an_iban_is_not_dropped_in_silence(page, anna, draft, posted, codes):
    response = posted(page(anna), address(draft, "bank"), iban="", holder="Anna")
    assert (response.status_code, codes(response)) == (422, {"iban": ["required"]})


def test_stored_bank_details_can_be_removed(page, anna, draft, posted, current):
    client = page(anna)
    posted(client, address(draft, "bank"), iban="IT60X0542811101000000123456", holder="Anna")
    assert posted(client, address(draft, "bank"), remove="1").url == address(draft, "bank")
    assert (current(draft).iban_hint, current(draft).bank_details) == ("", None)


@pytest.mark.parametrize("step", ["story", "account", "bank", "losses/add", "documents", "check"])
def test_the_form_of_a_claim_that_was_sent_leads_to_the_claim(page, anna, incident, step):
    claim = make.submitted(anna, incident)
    response = page(anna).get(address(claim, step))
    assert (response.status_code, response.url) == (302, f"/claims/{claim.reference}/")


@pytest.mark.parametrize("age", [0, 1])
def test_a_change_to_a_claim_that_was_sent_is_refused_and_its_words_are_kept(
    page, anna, incident, current, text_of, age
):
    claim = make.submitted(anna, incident)
    typed = {"version": claim.version - age, "narrative": "Words I typed."}
    response = page(anna).post(address(claim, "story"), typed)
    assert response.status_code == 409
    assert "Words I typed." in text_of(response)
    assert "already submitted" in text_of(response)
    assert current(claim).narrative == make.NARRATIVE


def test_a_draft_survives_signing_out(page, anna, draft, posted, client):
    posted(page(anna), address(draft, "story"), narrative="Half a story")
    client.post("/accounts/logout/")
    assert client.get(address(draft, "story")).status_code == 302
    assert "Half a story" in page(anna).get(address(draft, "story")).content.decode()


def test_i_20_a_session_that_ends_in_mid_form_loses_nothing(page, anna, draft, current, signs_in):
    client = page(anna)
    version = client.get(address(draft, "story")).context["version"]
    client.logout()
    kept = client.post(address(draft, "story"), {"version": version, "narrative": "Long and lost?"})
    shown = client.get(signs_in(client, anna, kept.url))
    assert "Long and lost?" in shown.content.decode()
    assert current(draft).narrative == make.NARRATIVE
    saved = client.post(address(draft, "story"), {"version": shown.context["version"], "narrative": "Long and lost?"})
    assert saved.status_code == 302


def test_r_13_text_kept_over_a_sign_in_does_not_overwrite_what_was_saved_meanwhile(
    page, anna, draft, current, signs_in
):
    client = page(anna)
    version = client.get(address(draft, "story")).context["version"]
    client.logout()
    kept = client.post(address(draft, "story"), {"version": version, "narrative": "Typed before."})
    intake.edit_claim(draft.reference, by=anna, narrative="Saved meanwhile.")
    shown = client.get(signs_in(client, anna, kept.url))
    late = client.post(address(draft, "story"), {"version": shown.context["version"], "narrative": "Typed before."})
    assert late.status_code == 409
    assert current(draft).narrative == "Saved meanwhile."
