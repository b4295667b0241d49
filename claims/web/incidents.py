"""An incident's page: what happened, who gets what, and whether my account is among those affected."""

from django import forms
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import PUBLIC, access
from claims.models import Incident
from claims.reports.eligibility import check
from claims.reports.estimates import pace_of
from claims.rules.errors import Refused
from claims.rules.terms import HEAD_HELP, HEADS
from claims.web.throttled import too_many


class AffectedForm(forms.Form):
    login = forms.CharField(
        label=_("Your mailbox that did not work"),
        help_text=_("The whole address, such as name@example.org. We do not keep it."),
        max_length=254,
        widget=forms.TextInput(
            attrs={"inputmode": "email", "autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


@access(PUBLIC)
@require_safe
def incident(request, code):
    return render(request, "claimant/incident.html", {**explained(code), "form": AffectedForm()})


@access(PUBLIC)
@require_POST
def affected(request, code):
    """Whether an account is on the roster: a fragment for htmx, else the whole page with the answer."""
    if refusal := too_many(request, "eligibility", limit=10, seconds=60):
        return refusal
    context = explained(code)
    form = context["form"] = AffectedForm(request.POST)
    if form.is_valid():
        try:
            context["eligibility"] = check(context["incident"], form.cleaned_data["login"])
        except Refused as refused:
            form.add_error("login", str(refused.message))
    template = "claimant/parts/affected.html" if request.htmx else "claimant/incident.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


def explained(code):
    """What the page shows of an incident. Raises Http404 for one nobody has opened yet."""
    incident = get_object_or_404(Incident.objects.public(), code=code)
    if incident.terms is None:
        raise Http404
    terms = incident.terms.rules
    kinds = {service.kind: service.get_kind_display() for service in incident.services.order_by("id")}
    return {
        "incident": incident,
        "is_open": incident.accepts_claims(timezone.now()),
        "terms": terms,
        "pace": pace_of(incident.pk, "damages"),
        "tariffs": [
            (label, tariff.rate * tariff.factor, tariff.cap)
            for kind, label in kinds.items()
            if (tariff := terms.indemnity.get(kind))
        ],
        "heads": [(HEADS[head], HEAD_HELP[head], terms.head_caps.get(head)) for head in HEADS],
    }
