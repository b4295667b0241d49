"""Finding or making the person an operator files for."""

import pytest

from accounts.models import User
from claims.actions.people import claimant_for
from claims.rules.errors import Refused
from tests import make


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("", "required"),
        ("carla", "invalid_email"),
        ("carla@", "invalid_email"),
        ("a b@example.org", "invalid_email"),
        ("a@example.org\r\nBcc: b@example.org", "invalid_email"),
        ("carla\0@example.org", "invalid_characters"),
        ("x" * 300 + "@example.org", "too_long"),
        ("x@" + "İ" * 240 + ".example", "invalid_email"),
        (None, "invalid_text"),
    ],
)
def test_an_address_nobody_can_have_is_refused(db, email, code):
    with pytest.raises(Refused) as refused:
        claimant_for(email=email, name="Carla")
    assert (refused.value.code, refused.value.field) == (code, "email")
    assert not User.objects.exists()


def test_a_new_person_has_a_name(db):
    with pytest.raises(Refused) as refused:
        claimant_for(email="carla@example.org", name=" ")
    assert (refused.value.code, refused.value.field) == ("required", "name")
    assert not User.objects.exists()


def test_a_closed_account_takes_no_claim(anna):
    User.objects.filter(pk=anna.pk).update(is_active=False)
    with pytest.raises(Refused) as refused:
        claimant_for(email=anna.email, name="Anna")
    assert refused.value.code == "invalid_email"


def test_somebody_known_is_found_and_left_as_they_are(anna):
    assert claimant_for(email="  ANNA@Example.org ", name="Somebody else", phone="1") == anna
    anna.refresh_from_db()
    assert (anna.name, anna.phone) == ("Anna", "")
    assert anna.check_password(make.PASSWORD)


def test_a_new_person_is_a_claimant_without_a_password(db):
    person = claimant_for(email="Carla@Example.org", name=" Carla  Neri ", phone="+39 02 1234")
    assert (person.email, person.name, person.phone) == ("carla@example.org", "Carla Neri", "+39 02 1234")
    assert person.roles == {"claimant"}
    assert not person.is_staff
    assert not person.has_usable_password()
    assert claimant_for(email="carla@example.org", name="x") == person
