"""Who acts, looked at once more after a lock was waited for."""

from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Refused


def look_again(by):
    """Whoever waited may have lost a role meanwhile, or was signed out: rights are read anew from now on.

    Raises Refused 403 `signed_out`.
    """
    if not by.look_again():
        raise Refused("signed_out", _("You were signed out in the meantime. Sign in again."), status=403)
