"""A signed-in person gets pages in the language of their profile unless they chose one on this device."""

from django.conf import settings
from django.utils import translation


class PersonLanguage:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
