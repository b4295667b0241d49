"""An operator files for somebody on the telephone."""

import pytest

from accounts.models import User
from claims.models import Claim, Incident
from tests import make

START = "/incidents/libero-2023/claim/"
CALLER = {
    "email": "Nonna@posta.example",
    "name": "Lucia Ñandú-D'Øre",
    "phone": "06 1234",
    "identity_check": "Date of birth and customer number",
    "login": "anna@libero.example",
}


def test_an_operator_is_asked_who_is_calling_before_anything_else(page, olga, incident, text_of):
    shown = page(olga).get(START)
    assert "Who is calling" in text_of(shown)
    assert list(shown.context["form"].fields) == ["email", "name", "phone", "identity_check", "login"]


def test_the_claim_is_the_callers_and_says_who_filed_it_and_how(page, olga, incident):
    response = page(olga).post(START, CALLER)
    claim = Claim.objects.get()
    assert response.url == f"/claims/{claim.reference}/story/"
    assert (claim.claimant.email, claim.claimant.name, claim.filed_by) == ("nonna@posta.example", CALLER["name"], olga)
    assert (claim.channel, claim.identity_check) == ("phone", CALLER["identity_check"])


def test_an_operator_goes_all_the_way_and_sees_for_whom(page, olga, incident, posted, text_of, current):
    client = page(olga)
    claim = Claim.objects.get(reference=client.post(START, CALLER).url.split("/")[2])
    base = f"/claims/{claim.reference}/"
    assert CALLER["name"] in text_of(client.get(f"{base}story/"))
    posted(client, f"{base}story/", narrative="She lost an appointment.")
    loss = {"head": "extra_expense", "description": "A taxi", "amount": "30", "day": "24/01/2023", "clock": "9:00"}
    posted(client, f"{base}losses/add/", **loss)
    client.post(f"{base}documents/", {"file": make.upload(), "go": "on"})
    done = client.get(posted(client, f"{base}check/", declaration="on").url)
    assert current(claim).status == "submitted"
    assert "nonna@posta.example" in text_of(done)
    assert "Add a second address" not in text_of(done)
    assert CALLER["name"] in text_of(client.get("/claims/"))
    assert client.get(base).status_code == 200


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("email", "", "required"),
        ("email", "nonna", "invalid_email"),
        ("name", " ", "required"),
        ("name", "a\0b", "invalid_characters"),
        ("identity_check", "", "required"),
        ("identity_check", "a" * 201, "too_long"),
        ("phone", "1" * 41, "too_long"),
        ("login", "nonna", "invalid_login"),
    ],
)
def test_what_is_missing_of_the_caller_is_said_at_its_field_and_nothing_is_stored(
    page, olga, incident, codes, field, typed, code
):
    response = page(olga).post(START, {**CALLER, field: typed})
    assert response.status_code == 422
    assert codes(response) == {field: [code]}
    assert not Claim.objects.exists()
    assert not User.objects.filter(email="nonna@posta.example").exists()


def test_everything_missing_of_the_caller_is_said_at_once(page, olga, incident, codes):
    response = page(olga).post(START, {})
    assert codes(response) == {"email": ["required"], "identity_check": ["required"], "login": ["required"]}


def test_nobody_files_for_themselves_as_an_operator(page, olga, incident, text_of):
    response = page(olga).post(START, {**CALLER, "email": "olga@example.org"})
    assert response.status_code == 403
    assert "File your own claim from your own pages." in text_of(response)
    assert not Claim.objects.exists()


def test_an_operator_who_is_a_claimant_too_may_file_for_themselves(page, incident):
    person = make.person("otto", "operator", "claimant")
    page(person).post(f"{START}?mine=1", {"login": "otto@libero.example"})
    assert (Claim.objects.get().claimant, Claim.objects.get().channel) == (person, "web")


def test_an_operator_who_is_no_claimant_is_always_asked_who_is_calling(page, olga, incident, text_of):
    client = page(olga)
    assert "This is a claim of my own" not in text_of(client.get(START))
    assert "Who is calling" in text_of(client.get(f"{START}?mine=1"))
    assert client.post(f"{START}?mine=1", {"login": "olga@libero.example"}).status_code == 422
    assert not Claim.objects.exists()


def test_a_claimant_cannot_file_for_others(page, anna, incident):
    page(anna).post(START, CALLER)
    assert Claim.objects.get().claimant == anna


def test_the_caller_follows_the_claim_on_their_own_pages(page, olga, incident):
    page(olga).post(START, CALLER)
    claim = Claim.objects.get()
    assert page(claim.claimant).get(f"/claims/{claim.reference}/story/").status_code == 200


def test_another_operator_does_not_know_of_it(page, olga, incident):
    page(olga).post(START, CALLER)
    other = make.person("otto", "operator")
    assert page(other).get(f"/claims/{Claim.objects.get().reference}/story/").status_code == 404


def test_a_former_operator_does_not_see_it_any_more(page, olga, incident):
    page(olga).post(START, CALLER)
    olga.groups.clear()
    assert page(User.objects.get(pk=olga.pk)).get(f"/claims/{Claim.objects.get().reference}/").status_code == 404


def test_an_operator_files_late_with_a_reason(page, olga, incident, posted, codes, current):
    client = page(olga)
    client.post(START, CALLER)
    claim = Claim.objects.get()
    make.attachment(claim)
    posted(client, f"/claims/{claim.reference}/story/", narrative="She was in hospital.")
    loss = {"head": "extra_expense", "description": "A taxi", "amount": "30", "day": "24/01/2023", "clock": "9:00"}
    posted(client, f"/claims/{claim.reference}/losses/add/", **loss)
    Incident.objects.update(state="closed")
    assert client.get(START).status_code == 200
    check = f"/claims/{claim.reference}/check/"
    assert codes(posted(client, check, declaration="on")) == {"late_reason": ["required"]}
    assert posted(client, check, declaration="on", late_reason="In hospital until May.").status_code == 302
    assert (current(claim).late_reason, current(claim).flags) == ("In hospital until May.", ["late"])
