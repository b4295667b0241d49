"""Signing in by API."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import tokens
from accounts.access import PUBLIC
from accounts.roles import Role
from claims.api.body import SmallJSON, Strict, data_of
from claims.api.documentation import described
from claims.api.door import Door
from claims.api.fields import Ruled, Time, Word, utc
from claims.api.problems import Problem
from claims.api.repeating import answered


@extend_schema_field({"type": "string", "format": "password", "maxLength": tokens.LONGEST_PASSWORD})
class Password(Ruled):
    """Any text; neither cut nor cleaned, since it must be what was chosen."""

    def check(self, data):
        if not isinstance(data, str) or not data:
            raise serializers.ValidationError(_("Fill in this field."), code="required")
        if len(data) > tokens.LONGEST_PASSWORD:
            raise Problem(400, "password_too_long", _("No password here is that long."), field="password")
        return data


class SignIn(Strict):
    email = Word()
    password = Password()


class TokenOut(serializers.Serializer):
    token = serializers.CharField()
    expires_at = Time()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=list(Role)))


class Token(Door):
    access_rule = PUBLIC
    authentication_classes = ()
    parser_classes = (SmallJSON,)

    @described(
        "Sign in",
        tag="sign-in",
        request=SignIn,
        answers={200: TokenOut},
        problems=(400, 401, 413, 415, 422, 429),
        example={"email": "anna@example.org", "password": "correct horse battery staple"},
        reply={"token": "6C1XmY…", "expires_at": "2026-03-03T12:00:00Z", "roles": ["claimant"]},
        description="A token for 24 hours, 12 for staff. A wrong password and an unknown address look the same.",
    )
    def post(self, request):
        given = SignIn.read(data_of(request))
        email = given["email"].lower()
        if seconds := tokens.seconds_to_wait(email, request.META.get("REMOTE_ADDR", "")):
            raise too_many(seconds)
        issued = tokens.issue_for(email, given["password"])
        if issued is None:
            raise Problem(
                401,
                "invalid_credentials",
                _("Address or password is not right, or the address is not confirmed yet."),
                headers={"WWW-Authenticate": 'Bearer realm="ristoro"'},
            )
        plain, row = issued
        roles = sorted(str(role) for role in row.user.roles)
        return answered(200, {"token": plain, "expires_at": utc(row.expires_at), "roles": roles})


def too_many(seconds):
    text = _("Too many tries. Wait a little and try again.")
    return Problem(429, "too_many_requests", text, headers={"Retry-After": str(seconds)})
