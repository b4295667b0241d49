"""Sign-in mails go through the outbox like every other notice, in the words of templates/notices/sign_in/."""

import uuid

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User
from claims.actions import notices
from claims.models.notice import new_code

LAYOUTS = {"subject": "notices/subject.txt", "text": "notices/base.txt", "html": "notices/base.html"}


class OutboxAdapter(DefaultAccountAdapter):
    """allauth's adapter; its mails become notices and everybody comes back to their own place."""

    def send_mail(self, template_prefix, email, context):
        """Writes one mail, in the person's language. Addresses come from SITE_URL, never from the request."""
        person = User.objects.filter(email=email.lower()).first() or context.get("user")
        language = person.language if person else translation.get_language()
        code = new_code()
        values = {
            **{name: value for name, value in context.items() if name in ("to_email", "deleted_email")},
            "secret": context.get("code", ""),
            "code": code,
            "site_url": settings.SITE_URL,
        }
        template = f"notices/sign_in/{template_prefix.rpartition('/')[2]}.html"
        with translation.override(language):
            parts = {name: render_to_string(template, {**values, "layout": layout}) for name, layout in LAYOUTS.items()}
        parts["subject"] = parts["subject"].strip()
        notices.post_sign_in(uuid.uuid4().hex, recipient=person, address=email, language=language, code=code, **parts)

    def get_login_redirect_url(self, request):
        """Staff to their workplace, everybody else to their own cases."""
        return resolve_url("/admin/" if request.user.works_here else settings.LOGIN_REDIRECT_URL)

    def get_password_change_redirect_url(self, request):
        return resolve_url("profile")
