"""The way through filing: where each step is, how its page is shown, how its form is saved."""

from dataclasses import dataclass

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Refused
from claims.web.kept import kept

STEPS = (
    ("story", _("What happened")),
    ("losses", _("Your losses")),
    ("documents", _("Documents")),
    ("bank", _("Bank details")),
    ("check", _("Check and send")),
)
SENT = _("This claim was already submitted and can no longer be changed here.")
NAMES = [name for name, _label in STEPS]


@dataclass(frozen=True)
class Step:
    """A step as the indicator shows it; `state` is "done", "current" or "ahead"."""

    number: int
    label: str
    url: str
    state: str


def way(claim, current):
    """Every step of the claim, seen from the one called `current`."""
    here = NAMES.index(current)
    return [
        Step(
            place + 1,
            label,
            reverse(f"claim-{name}", args=[claim.reference]),
            "done" if place < here else "current" if place == here else "ahead",
        )
        for place, (name, label) in enumerate(STEPS)
    ]


def shown(request, claim, step, *, form=None, page=None, status=None, **context):
    """The page of a step. 409 if the draft changed meanwhile, 422 if something is to be corrected."""
    if form and form.is_stale and not claim.is_draft:
        raise Refused("wrong_state", SENT, status=409)
    if status is None:
        status = 200 if form is None or not form.is_bound else 409 if form.is_stale else 422
    steps = way(claim, step)
    context |= {
        "claim": claim,
        "form": form,
        "version": (not form.is_stale and form.version if form else 0) or claim.version,
        "steps": steps,
        "step": next(each for each in steps if each.state == "current"),
        "back": back(request, claim, step),
        "then_check": request.GET.get("then") == "check",
    }
    return render(request, f"claimant/filing/{page or step}.html", context, status=status)


def back(request, claim, step):
    """Where "Back" leads: to the check page if somebody came from there to change something."""
    if request.GET.get("then") == "check":
        return reverse("claim-check", args=[claim.reference])
    place = NAMES.index(step)
    return reverse(f"claim-{NAMES[place - 1]}", args=[claim.reference]) if place else None


def onward(request, claim, step):
    """To the step after `step`, or back to the check page if somebody came from there."""
    name = "check" if request.GET.get("then") == "check" else NAMES[NAMES.index(step) + 1]
    return redirect(f"claim-{name}", claim.reference)


def saved(form, action):
    """Whether `action(values)` went through; if not, the form says at which field, or that the draft is stale."""
    if not form.is_bound or not form.is_valid():
        return False
    try:
        action(form.values())
    except Refused as refused:
        if refused.code != "stale" and refused.status != 422:
            raise
        form.is_stale = refused.code == "stale"
        form.refuse(refused)
        return False
    return True


def filled(request, form_class, stored=None, **kwargs):
    """The form with what was posted; else with what was typed before a session ended, or what is stored."""
    if request.method == "POST":
        return form_class(request.POST, initial=stored, **kwargs)
    text = kept(request)
    return form_class(initial={**(stored or {}), **(text.dict() if text else {})}, **kwargs)
