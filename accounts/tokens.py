"""Bearer tokens for the API. Only the Authorization header is read, never the query string."""

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import ApiToken


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
