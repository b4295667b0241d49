"""Signing in by API."""

from datetime import timedelta
from statistics import median
from time import perf_counter

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.models import ApiToken
from tests import make

pytestmark = pytest.mark.django_db


def sign_in(caller, email="anna@example.org", password=make.PASSWORD):
    return caller.post("token/", {"email": email, "password": password}, key=None)


def test_a_claimant_gets_a_token_for_a_day(anonymous, anna):
    answer = sign_in(anonymous).json()
    assert set(answer) == {"token", "expires_at", "roles"}
    assert answer["roles"] == ["claimant"]
    row = ApiToken.objects.get()
    assert timedelta(hours=23) < row.expires_at - timezone.now() <= timedelta(hours=24)
    assert answer["expires_at"].endswith("Z")


def test_staff_get_a_token_for_half_a_day(anonymous, rita):
    assert sign_in(anonymous, rita.email).json()["roles"] == ["reviewer"]
    assert ApiToken.objects.get().expires_at - timezone.now() <= timedelta(hours=12)


def test_only_the_hash_of_a_token_is_stored(anonymous, anna):
    token = sign_in(anonymous).json()["token"]
    assert token not in str(ApiToken.objects.values())


def test_the_address_may_be_written_in_capitals(anonymous, anna):
    assert sign_in(anonymous, "Anna@Example.org").status_code == 200


@pytest.mark.parametrize(("email", "password"), [("anna@example.org", "wrong"), ("nobody@example.org", "wrong")])
def test_i_22_a_wrong_password_and_an_unknown_user_get_the_same_answer(anonymous, anna, refusal, email, password):
    answer = sign_in(anonymous, email, password)
    assert refusal(answer) == (401, "invalid_credentials")
    assert answer["WWW-Authenticate"] == 'Bearer realm="ristoro"'
    assert "Address or password" in answer.json()["detail"]


def test_i_22_an_unknown_user_takes_as_long_as_a_wrong_password(anonymous, anna, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    anna.set_password(make.PASSWORD)
    anna.save()
    took = {"anna@example.org": [], "nobody@example.org": []}
    for _ in range(5):
        for email, times in took.items():
            start = perf_counter()
            sign_in(anonymous, email, "wrong")
            times.append(perf_counter() - start)
    known, unknown = (median(times) for times in took.values())
    assert 0.5 < known / unknown < 2


def test_i_22_a_password_above_1024_characters_is_refused_before_it_is_hashed(anonymous, anna, problem):
    expected = (400, "password_too_long", [("password", "password_too_long")])
    assert problem(sign_in(anonymous, password="x" * 1025)) == expected
    assert problem(sign_in(anonymous, password="x" * 4096)) == expected


def test_i_22_a_hundred_tries_on_one_account_end_in_429(anonymous, anna, refusal):
    answers = [sign_in(anonymous, password="wrong") for _ in range(100)]
    assert [answer.status_code for answer in answers[:11]] == [401] * 10 + [429]
    assert refusal(answers[-1]) == (429, "too_many_requests")
    assert 0 < int(answers[-1]["Retry-After"]) <= 300
    assert sign_in(anonymous).status_code == 429, "the right password is not tried either"


def test_i_22_a_hundred_accounts_from_one_machine_end_in_429(anonymous, db):
    answers = [sign_in(anonymous, f"person{n}@example.org", "wrong").status_code for n in range(40)]
    assert answers == [401] * 30 + [429] * 10


def test_i_19_a_throttle_is_not_dodged_by_inventing_a_proxy(anonymous, db):
    codes = [
        anonymous.post("token/", {"email": f"p{n}@example.org", "password": "x"}, X_Forwarded_For=f"1.2.3.{n}")
        for n in range(32)
    ]
    assert codes[-1].status_code == 429


def test_a_closed_account_gets_no_token(anonymous, anna, refusal):
    anna.is_active = False
    anna.save()
    assert refusal(sign_in(anonymous)) == (401, "invalid_credentials")


def test_an_address_that_was_never_confirmed_gets_no_token(anonymous, anna, refusal):
    EmailAddress.objects.create(user=anna, email=anna.email, verified=False, primary=True)
    assert refusal(sign_in(anonymous)) == (401, "invalid_credentials")
    EmailAddress.objects.update(verified=True)
    assert sign_in(anonymous).status_code == 200


def test_somebody_without_a_password_gets_no_token(anonymous, anna, refusal):
    anna.set_unusable_password()
    anna.save()
    assert refusal(sign_in(anonymous)) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        ({"email": "anna@example.org"}, "required", [("password", "required")]),
        ({"email": "", "password": ""}, "required", [("email", "required"), ("password", "required")]),
        ({"email": 7, "password": 7}, "invalid_text", [("email", "invalid_text"), ("password", "required")]),
        ({"email": "a", "password": "b", "otp": "1"}, "unknown_field", [("otp", "unknown_field")]),
    ],
)
def test_what_is_missing_or_too_much_is_named(anonymous, db, problem, body, code, fields):
    assert problem(anonymous.post("token/", body)) == (422, code, fields)


def test_the_form_of_a_sign_in_may_not_be_large(anonymous, db, refusal):
    answer = anonymous.post("token/", {"email": "a@example.org", "password": "x" * 70_000})
    assert refusal(answer) == (413, "too_large")


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer ", "Bearer unknown", "Token x", "Bearer é"])
def test_i_16_without_a_valid_token_one_is_asked_to_sign_in(anonymous, db, refusal, header):
    headers = {"Authorization": header} if header else {}
    answer = anonymous.get("claims/", **headers)
    code = "token_required" if not header else "invalid_token"
    assert refusal(answer) == (401, code)
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_i_16_an_expired_token_is_refused(anonymous, anna, refusal):
    plain, row = ApiToken.objects.issue(anna, timedelta(hours=1))
    assert anonymous.get("claims/", Authorization=f"Bearer {plain}").status_code == 200
    row.expires_at = timezone.now()
    row.save()
    assert refusal(anonymous.get("claims/", Authorization=f"Bearer {plain}")) == (401, "invalid_token")


def test_i_16_the_token_of_a_closed_or_removed_account_is_refused(anonymous, anna, refusal):
    plain, _row = ApiToken.objects.issue(anna, timedelta(hours=1))
    anna.is_active = False
    anna.save()
    assert refusal(anonymous.get("claims/", Authorization=f"Bearer {plain}")) == (401, "invalid_token")
    anna.delete()
    assert refusal(anonymous.get("claims/", Authorization=f"Bearer {plain}")) == (401, "invalid_token")


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "Authorization"])
def test_i_16_a_token_in_the_query_string_is_never_read(anonymous, anna, refusal, name):
    plain, _row = ApiToken.objects.issue(anna, timedelta(hours=1))
    assert refusal(anonymous.get(f"claims/?{name}={plain}")) == (401, "token_required")


def test_person_roles_and_token_are_one_query(call, rita, django_assert_num_queries):
    caller = call(rita)
    with django_assert_num_queries(1):
        caller.get("claims/", {"bad": "filter"})


def test_a_role_taken_away_counts_at_the_next_request(call, rita):
    caller = call(rita)
    assert caller.post("review/next/").status_code == 204
    rita.groups.clear()
    assert caller.post("review/next/").status_code == 403
