"""What a signed-in person brings along: the language of their profile, and a session that ends."""

from django.conf import settings
from django.contrib.auth import logout
from django.utils import timezone, translation

SINCE, SEEN = "signed_in_at", "seen_at"
LAST_PERSON = "last_person"
MINUTE, HOUR = 60, 3600
# (idle, absolute) seconds
STAFF_AGES = (30 * MINUTE, 12 * HOUR)
CLAIMANT_AGES = (2 * HOUR, 24 * HOUR)


class PersonLanguage:
    """Pages in the language of the profile, unless another one was chosen on this device."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class SessionAges:
    """Ends a session that was idle for too long, or that is too old.

    The new, anonymous session remembers whose it was: text that arrives with the next form is kept for
    that person alone (claims/web/kept.py), and the sign-in page says what happened.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            now = timezone.now().timestamp()
            idle, absolute = STAFF_AGES if request.user.is_staff else CLAIMANT_AGES
            since = request.session.setdefault(SINCE, now)
            seen = request.session.setdefault(SEEN, now)
            if now - seen > idle or now - since > absolute:
                person = request.user.pk
                logout(request)
                request.session[LAST_PERSON] = person
            elif now - seen >= MINUTE:  # not with every request: each costs a write
                request.session[SEEN] = now
        return self.get_response(request)
