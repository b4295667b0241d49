"""Sealing text under a person's own key, and the rule above a view."""

import base64

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpResponse

from accounts import keys
from accounts.access import PUBLIC, SIGNED_IN, access, rule_of
from accounts.models import PersonKey
from accounts.roles import Role

OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@pytest.fixture
def field_keys(settings):
    """field_keys("a:…", …) are the FIELD_KEYS from now on."""

    def go(*entries):
        settings.FIELD_KEYS = list(entries)
        keys.field_keys.cache_clear()

    yield go
    keys.field_keys.cache_clear()


def test_only_the_persons_own_key_opens_a_text(anna, bruno):
    sealed = keys.seal(anna.pk, "IT60 …", where="a.b")
    assert b"IT60" not in sealed
    assert keys.unseal(anna.pk, sealed, where="a.b") == "IT60 …"
    keys.seal(bruno.pk, "x", where="a.b")
    for person, where, bytes_ in (
        (bruno.pk, "a.b", sealed),
        (anna.pk, "a.c", sealed),
        (anna.pk, "a.b", sealed[:-1] + b"x"),
    ):
        with pytest.raises(keys.Unreadable):
            keys.unseal(person, bytes_, where=where)


def test_the_same_text_is_never_sealed_the_same_way(anna):
    assert keys.seal(anna.pk, "x", where="a.b") != keys.seal(anna.pk, "x", where="a.b")
    assert PersonKey.objects.count() == 1


def test_without_the_key_nothing_is_readable(anna):
    sealed = keys.seal(anna.pk, "x", where="a.b")
    PersonKey.objects.all().delete()
    with pytest.raises(keys.Unreadable):
        keys.unseal(anna.pk, sealed, where="a.b")


def test_the_first_field_key_wraps_and_all_unwrap(anna, bruno, field_keys):
    field_keys(f"old:{OLD}")
    sealed = keys.seal(anna.pk, "x", where="a.b")
    field_keys(f"new:{NEW}", f"old:{OLD}")
    assert keys.unseal(anna.pk, sealed, where="a.b") == "x"
    keys.seal(bruno.pk, "y", where="a.b")
    assert bytes(PersonKey.objects.get(person=bruno).wrapped).startswith(b"new:")
    field_keys(f"new:{NEW}")
    with pytest.raises(keys.Unreadable):
        keys.unseal(anna.pk, sealed, where="a.b")


@pytest.mark.parametrize("entry", ["", "a", "a:", "a:%%%", "a:" + base64.b64encode(b"short").decode(), OLD])
def test_a_malformed_field_key_stops_the_start(field_keys, entry):
    field_keys(entry)
    with pytest.raises(ImproperlyConfigured):
        keys.field_keys()


def test_a_blind_index_finds_equals_and_says_nothing(field_keys):
    index = keys.blind_index("IT60", where="iban")
    assert index == keys.blind_index("IT60", where="iban")
    assert len({index, keys.blind_index("IT61", where="iban"), keys.blind_index("IT60", where="other")}) == 3
    field_keys(f"new:{NEW}")
    assert keys.blind_index("IT60", where="iban") != index


def test_a_role_counts_only_while_the_person_is_active(rita):
    assert rita.has_role(Role.REVIEWER)
    assert not rita.has_role(Role.SUPERVISOR)
    rita.is_active = False
    assert not rita.has_role(Role.REVIEWER)
    rita.save()
    rita.is_active = True
    rita.forget_roles()
    assert not rita.has_role(Role.REVIEWER)


def test_the_rule_of_a_view_is_enforced_and_can_be_read(rf, rita, anna):
    @access(Role.REVIEWER, "supervisor")
    def desk(request):
        return HttpResponse("desk")

    assert desk.access_rule == rule_of(Role.SUPERVISOR, Role.REVIEWER)
    assert desk.access_rule.name == "reviewer|supervisor"
    request = rf.get("/desk/?a=1")
    request.user = rita
    assert desk(request).content == b"desk"
    request.user = anna
    with pytest.raises(PermissionDenied):
        desk(request)


def test_a_visitor_is_sent_to_sign_in_and_back(rf):
    @access(SIGNED_IN)
    def page(request):
        return HttpResponse("page")

    request = rf.get("/page/?a=1")
    request.user = AnonymousUser()
    assert page(request).url.endswith("?next=/page/%3Fa%3D1")


def test_a_public_view_is_open_even_to_the_default_that_asks_for_a_sign_in():
    @access(PUBLIC)
    def home(request):
        return HttpResponse("home")

    assert home.login_required is False
    assert PUBLIC.allows(None)


@pytest.mark.parametrize("who", [(), ("everybody",)])
def test_a_view_without_a_rule_cannot_be_written(who):
    with pytest.raises((TypeError, ValueError)):
        access(*who)


def test_what_belongs_to_nobody_is_read_as_long_as_its_field_key_is_there(field_keys):
    field_keys(f"old:{OLD}")
    sealed = keys.seal_for_all("4F7G", where="a.b")
    assert b"4F7G" not in sealed
    assert sealed != keys.seal_for_all("4F7G", where="a.b")
    field_keys(f"new:{NEW}", f"old:{OLD}")
    assert keys.unseal_for_all(sealed, where="a.b") == "4F7G"
    for where, bytes_ in (("a.c", sealed), ("a.b", sealed[:-1] + b"x"), ("a.b", b"\xff" + sealed)):
        with pytest.raises(keys.Unreadable):
            keys.unseal_for_all(bytes_, where=where)
    field_keys(f"new:{NEW}")
    with pytest.raises(keys.Unreadable):
        keys.unseal_for_all(sealed, where="a.b")
