"""Is this notice or letter genuine? Scam mails follow every outage: a code of 80 bits proves ours."""

import re
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.access import PUBLIC, access
from claims.models import Incident, Letter, Notice
from claims.rules.notices import told_by
from claims.web.throttled import too_many

LETTER = _("The letter of a decision, as a PDF")


@dataclass(frozen=True)
class Genuine:
    """What is told of a notice or a letter of ours; nothing about the person."""

    kind: str
    at: datetime
    incident: Incident | None


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("The code of the notice"),
        help_text=_("Sixteen letters and digits at the end of the message. Blanks and dashes do not matter."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


@access(PUBLIC)
def verify(request):
    """Shows the kind, the date and the incident of the notice or letter with this code, never whose it is."""
    if not (code := (request.POST.get("code") or request.GET.get("code", ""))) and request.method != "POST":
        return render(request, "claimant/verify.html", {"form": CodeForm()})
    if refusal := too_many(request, "verify", limit=20, seconds=600):
        return refusal
    form = CodeForm({"code": code})
    if not form.is_valid():
        return render(request, "claimant/verify.html", {"form": form}, status=422)
    found = find(form.cleaned_data["code"])
    return render(request, "claimant/verify.html", {"form": form, "asked": True, "found": found})


def find(typed):
    """What has this code, however it was typed; None if nothing has."""
    code = re.sub(r"[\s–—-]", "", typed).upper()
    if not re.fullmatch(r"[A-HJ-NP-Z2-9]{16}", code):
        return None
    notice = Notice.objects.select_related("claim__incident", "payout__incident").filter(code=code).first()
    if notice is not None:
        return Genuine(told_by(notice.kind), notice.created_at, notice.incident)
    letter = Letter.objects.select_related("decision__claim__incident").filter(code=code).first()
    return letter and Genuine(LETTER, letter.written_at, letter.decision.claim.incident)
