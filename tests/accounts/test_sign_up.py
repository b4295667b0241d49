"""A new person: account, code from the mail, claimant; nobody learns who has an account."""

from accounts.models import User
from accounts.roles import Role
from claims.models import Notice
from tests.accounts.conftest import code_in

NEW = {"name": "  Carla  Neri ", "email": "Carla@Example.org", "password1": "un gatto sul tetto"}


def test_sign_up_with_the_code_from_the_mail_makes_a_claimant(client, post):
    client.cookies["language"] = "it"
    response = client.post("/accounts/signup/", NEW, follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/confirm-email/"
    [message] = post()
    assert message.to == ["carla@example.org"]
    response = client.post("/accounts/confirm-email/", {"code": code_in(message)})
    assert response.headers["Location"] == "/claims/"
    carla = User.objects.get(email="carla@example.org")
    assert (carla.name, carla.language, carla.is_staff) == ("Carla Neri", "it", False)
    assert carla.roles == {Role.CLAIMANT}
    assert client.get("/accounts/profile/").status_code == 200


def test_without_the_code_nobody_is_signed_in(client, db):
    client.post("/accounts/signup/", NEW)
    assert client.get("/accounts/profile/").status_code == 302


def test_three_wrong_codes_end_the_attempt(client, db):
    client.post("/accounts/signup/", NEW)
    answers = [client.post("/accounts/confirm-email/", {"code": "WRONG1"}) for _try in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 302]
    assert answers[-1].headers["Location"] == "/accounts/login/"


def test_an_address_that_is_taken_gets_the_same_page_and_a_mail_that_says_so(client, anna, confirmed, post):
    confirmed(anna)
    unknown = client.post("/accounts/signup/", NEW)
    client.logout()
    taken = client.post("/accounts/signup/", {**NEW, "email": "anna@example.org"})
    assert (taken.status_code, taken.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert User.objects.filter(email="anna@example.org").count() == 1
    bodies = {message.to[0]: message.body for message in post()}
    assert "Ne hai già uno" in bodies["anna@example.org"]
    page = client.get("/accounts/confirm-email/").content.decode()
    assert "anna@example.org" in page


def test_what_is_wrong_is_said_at_the_field_and_in_a_summary_and_the_text_is_kept(client, db):
    page = client.post("/accounts/signup/", {**NEW, "email": "nobody", "password1": "1234"}).content.decode()
    assert 'href="#id_email"' in page
    assert 'href="#id_password1"' in page
    assert 'value="nobody"' in page
    assert 'aria-invalid="true"' in page
    assert "1234" not in page
    assert not Notice.objects.exists()


def test_a_name_with_characters_that_cannot_be_stored_is_refused(client, db):
    for name in ("a\u0000b", "a\x1bb"):
        response = client.post("/accounts/signup/", {**NEW, "name": name})
        assert response.status_code == 200
        assert 'href="#id_name"' in response.content.decode()
    assert not User.objects.exists()


def test_who_wanted_to_file_a_claim_arrives_there_after_signing_up(client, incident, post):
    page = client.get("/accounts/login/?next=/incidents/libero-2023/claim/").content.decode()
    assert "/accounts/signup/?next=%2Fincidents%2Flibero-2023%2Fclaim%2F" in page
    client.post("/accounts/signup/", {**NEW, "next": "/incidents/libero-2023/claim/"})
    response = client.post("/accounts/confirm-email/", {"code": code_in(post()[0])})
    assert response.headers["Location"] == "/incidents/libero-2023/claim/"


def test_the_title_of_a_page_with_errors_says_so(client, db):
    assert "<title>Error: " in client.post("/accounts/signup/", {}).content.decode()
    assert "<title>Error: " not in client.get("/accounts/signup/").content.decode()
