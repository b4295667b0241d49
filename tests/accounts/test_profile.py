"""My details: how to reach me and in which language; my address."""

import pytest

from accounts.models import User
from claims.actions import notices
from claims.models import Notice
from tests import make
from tests.accounts.conftest import code_in

DETAILS = {"name": "Anna Bianchi", "phone": "+39 02 1234567", "second_email": "Anna@Other.example", "language": "en"}


def test_details_are_stored(page, anna):
    response = page(anna).post("/accounts/profile/", DETAILS)
    assert response.headers["Location"] == "/accounts/profile/"
    anna.refresh_from_db()
    assert (anna.name, anna.phone, anna.second_email, anna.language) == (
        "Anna Bianchi",
        "+39 02 1234567",
        "anna@other.example",
        "en",
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\u0000b"),
        ("name", "x" * 201),
        ("phone", "call me"),
        ("phone", "1" * 41),
        ("second_email", "nobody"),
        ("second_email", "anna@example.org"),
        ("language", "xx"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_stored(page, anna, field, value):
    response = page(anna).post("/accounts/profile/", {**DETAILS, field: value})
    assert response.status_code == 422
    assert f'href="#id_{field}"' in response.content.decode()
    assert User.objects.get(pk=anna.pk).phone == ""


@pytest.mark.parametrize("name", ["O", "x" * 200, "D'Angelo", "Ng", "Łukasz Ñandú-Øre"])
def test_i_08_names_of_every_kind_are_taken(page, anna, name):
    page(anna).post("/accounts/profile/", {**DETAILS, "name": name})
    anna.refresh_from_db()
    assert anna.name == name


def test_nobody_raises_their_own_rights(page, anna):
    page(anna).post("/accounts/profile/", {**DETAILS, "is_staff": "1", "is_superuser": "1", "email": "x@example.org"})
    anna.refresh_from_db()
    assert (anna.is_staff, anna.is_superuser, anna.email) == (False, False, "anna@example.org")


def test_the_second_address_is_used_while_the_mailbox_that_failed_is_down(page, incident):
    person = make.person("libera", "claimant", email="libera@libero.example")
    page(person).post("/accounts/profile/", DETAILS)
    make.submitted(person, incident)
    assert Notice.objects.get(kind="claim_submitted").address == "anna@other.example"


def test_a_new_address_counts_once_its_code_was_typed(page, anna, confirmed, post):
    confirmed(anna)
    client = page(anna)
    client.post("/accounts/email/", {"action_add": "", "email": "anna@new.example"})
    [message] = post()
    assert message.to == ["anna@new.example"]
    client.post("/accounts/confirm-email/", {"code": code_in(message)})
    anna.refresh_from_db()
    assert anna.email == "anna@new.example"
    [told] = post()
    assert told.to == ["anna@example.org"]
    assert "anna@new.example" in told.body


def test_a_sign_in_mail_is_forgotten_once_it_was_sent(client, anna, mailoutbox):
    client.post("/accounts/login/code/", {"email": "anna@example.org"})
    assert Notice.objects.get().context["text"]
    notices.deliver_batch()
    assert Notice.objects.get().context == {}
    [message] = mailoutbox
    assert len(message.alternatives) == 1
