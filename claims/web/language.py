"""The choice of language on this device: a cookie. Mails follow the language of the profile."""

from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts.access import PUBLIC, access


@access(PUBLIC)
@require_POST
def choose(request):
    """Sets the cookie and goes back; an unknown language changes nothing."""
    return set_language(request)
