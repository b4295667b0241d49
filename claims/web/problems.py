"""Report a further technical problem, with or without an account."""

from django import forms
from django.core import signing
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from accounts.access import PUBLIC, access
from claims.actions import problems
from claims.models import Incident
from claims.rules.errors import Refused
from claims.rules.text import NOTE
from claims.web.throttled import too_many

SALT = "problem-report"
FASTEST = 3  # seconds a person needs at least
SLOWEST = 24 * 3600


class ProblemForm(forms.Form):
    text = forms.CharField(
        label=_("What does not work?"),
        help_text=_("What you tried, what you saw, and since when. Do not write passwords."),
        max_length=NOTE,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    incident = forms.ChoiceField(label=_("Which outage is it about?"), required=False)
    login = forms.CharField(
        label=_("Which mailbox?"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=_("Where can we answer?"),
        help_text=_("An e-mail address that works now. Leave it empty if you need no answer."),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    # Robots fill in every field and are quick; people do not see this one.
    website = forms.CharField(required=False)
    opened = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        incidents = [(incident.code, incident.title) for incident in Incident.objects.public()]
        self.fields["incident"].choices = [("", _("Another matter")), *incidents]

    def clean_opened(self):
        opened = self.cleaned_data["opened"]
        try:
            signing.loads(opened, salt=SALT, max_age=SLOWEST)
        except signing.BadSignature as error:
            raise forms.ValidationError(_("This page was open for too long. Send it once more.")) from error
        if is_younger_than(FASTEST, opened):
            raise forms.ValidationError(_("That was very quick. Wait a moment and send it once more."))
        return opened


@access(PUBLIC)
def new(request):
    if request.method != "POST":
        email = request.user.email if request.user.is_authenticated else ""
        form = ProblemForm(initial={"opened": stamp(), "incident": request.GET.get("incident", ""), "email": email})
        return render(request, "claimant/problem.html", {"form": form})
    if refusal := too_many(request, "problem", limit=5, seconds=600):
        return refusal
    form = ProblemForm(request.POST)
    if form.is_valid() and (form.cleaned_data["website"] or stored(form, request)):  # a robot is thanked and forgotten
        return redirect("problem-thanks")
    form.data = {**form.data.dict(), "opened": stamp()}
    return render(request, "claimant/problem.html", {"form": form}, status=422)


def stored(form, request):
    """Whether the action took the report; what it refuses becomes the form's errors."""
    values = form.cleaned_data
    try:
        problems.report(
            by=request.user if request.user.is_authenticated else None,
            incident_code=values["incident"],
            login=values["login"],
            email=values["email"],
            text=values["text"],
        )
    except Refused as refused:
        for field, _code, message in refused.errors:
            form.add_error(field if field in form.fields else None, str(message))
        return False
    return True


def stamp():
    return signing.dumps("", salt=SALT)


def is_younger_than(seconds, opened):
    try:
        signing.loads(opened, salt=SALT, max_age=seconds)
    except signing.SignatureExpired:
        return False
    return True


@access(PUBLIC)
def thanks(request):
    return render(request, "claimant/problem_thanks.html")
