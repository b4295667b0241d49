"""The words of letters: a manager looks at a sample and writes the next version."""

import base64

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Role
from claims.actions import letter_texts
from claims.admin.frame import page, say_no, staff_only
from claims.letters.page import picture
from claims.models import LetterText
from claims.rules.errors import Refused
from claims.rules.letters import KINDS, LANGUAGES, LONGEST, PLACEHOLDERS


@staff_only(Role.MANAGER)
@require_safe
def texts(request):
    """The newest words of every letter."""
    newest = LetterText.objects.order_by("kind", "language", "-version").distinct("kind", "language")
    rows = [
        (KINDS[text.kind], LANGUAGES[text.language], text)
        for text in newest.select_related("written_by")
        if text.kind in KINDS and text.language in LANGUAGES
    ]
    return page(request, "letter_texts.html", title=_("Words of letters"), rows=rows)


@staff_only(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def text(request, kind, language):
    newest = LetterText.objects.newest(kind, language)
    if newest is None or kind not in KINDS or language not in LANGUAGES:
        raise Http404
    if request.method in ("GET", "HEAD"):
        return show(request, newest, typed(newest))
    words = {name: request.POST.get(name, "") for name in ("opening", "closing")}
    version = request.POST.get("version", "")
    known = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
    shown = {**words, "version": known or newest.version}
    try:
        if request.POST.get("go") != "save":
            return show(request, newest, shown)
        letter_texts.write_text(kind, language, by=request.user, version=known, **words)
    except Refused as refused:
        say_no(request, refused)
        return show(request, newest, shown, refused=refused)
    messages.success(request, _("Saved. Letters of decisions from now on have these words."))
    return HttpResponseRedirect(reverse("admin:letter-text", args=[kind, language]))


def typed(text):
    return {"opening": text.opening, "closing": text.closing, "version": text.version}


def show(request, newest, words, *, refused=None):
    """The form beside a sample with its words; without the sample if these cannot be in a letter."""
    sample, status = "", refused.status if refused else 200
    try:
        content = letter_texts.sample(
            newest.kind, newest.language, by=request.user, opening=words["opening"], closing=words["closing"]
        )
        sample = base64.b64encode(picture(content)).decode()
    except Refused as error:
        if refused is None:
            say_no(request, error)
        refused, status = refused or error, error.status
    versions = LetterText.objects.filter(kind=newest.kind, language=newest.language).select_related("written_by")
    return page(
        request,
        "letter_text.html",
        status=status,
        title=_("Words of letters"),
        kind=KINDS[newest.kind],
        language=LANGUAGES[newest.language],
        words=words,
        errors={field: message for field, _code, message in refused.errors} if refused else {},
        sample=sample,
        versions=versions[:20],
        placeholders=PLACEHOLDERS.items(),
        longest=LONGEST,
    )
