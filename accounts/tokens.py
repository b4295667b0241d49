"""Bearer tokens for the API: given for a password, read from the Authorization header, never from the query string."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts import throttling
from accounts.models import ApiToken, User

STAFF_LIFETIME = timedelta(hours=12)
CLAIMANT_LIFETIME = timedelta(hours=24)
LONGEST_PASSWORD = 1024  # hashing is slow on purpose; a megabyte would keep a worker busy
# Tries to sign in: of one machine, and on one account.
BY_MACHINE = {"limit": 30, "seconds": 60}
ON_ACCOUNT = {"limit": 10, "seconds": 300}


def seconds_to_wait(email, machine):
    """0 if this machine may try this account now (the try is counted), else how long to wait."""
    return throttling.wait("token by machine", machine, **BY_MACHINE) or throttling.wait(
        "token on account", email, **ON_ACCOUNT
    )


def issue_for(email, password):
    """(plain text, row) of a new token, or None: unknown, wrong, closed and unconfirmed look and take the same."""
    person = User.objects.filter(email=email).first()
    if person is None:
        User().set_password(password)  # takes as long as comparing
        return None
    if not person.check_password(password) or not person.is_active:
        return None
    if EmailAddress.objects.filter(user=person, email=person.email, verified=False).exists():
        return None
    return ApiToken.objects.issue(person, STAFF_LIFETIME if person.works_here else CLAIMANT_LIFETIME)


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request):
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _space, plain = header.partition(" ")
        if scheme.lower() != "bearer" or not plain.strip():
            raise AuthenticationFailed(_("Send the token as “Authorization: Bearer …”."))
        token = ApiToken.objects.valid(plain.strip())
        if token is None:
            raise AuthenticationFailed(_("This token is unknown or has expired. Ask for a new one."))
        return token.user, token

    def authenticate_header(self, request):
        return 'Bearer realm="ristoro"'
