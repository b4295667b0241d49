"""Deciding from the case page, and the second person's signature."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import Role
from claims.actions import decisions, drafting
from claims.admin import verdicts
from claims.admin.cases import REVIEWING, address, carried_out, found, show
from claims.admin.frame import staff_only
from claims.admin.gifts import gift_entries
from claims.rules import permissions
from claims.rules.errors import Refused


@staff_only(*REVIEWING)
@require_POST
def decide(request, reference):
    """Decides; whatever is refused comes back beside its field, with everything that was typed."""
    claim = found(request, reference)
    items = list(claim.items.all())
    form = verdicts.read(request.POST, claim, items)
    try:
        decided = decisions.decide(
            claim.reference,
            by=request.user,
            outcome=verdicts.outcome_of(form, items),
            items=verdicts.entries(form),
            awards=gift_entries(form),
            note=form.note,
            version=form.version,
            ask_signature=form.ask_signature,
        )
    except Refused as refused:
        form.show_errors(refused)
        return show(request, found(request, reference), status=refused.status, typed=form, refused=refused)
    if decided.status == "awaiting_countersignature":
        messages.success(request, _("Your decision waits for the signature of a supervisor."))
    else:
        messages.success(request, _("The claim is decided. The claimant will be told."))
    return HttpResponseRedirect(address(claim))


@staff_only(*REVIEWING)
@require_POST
def assess(request, reference):
    """The arithmetic of what is being typed; nothing is stored."""
    claim = found(request, reference)
    if not permissions.may_take(request.user, claim):
        raise PermissionDenied
    form = verdicts.read(request.POST, claim, list(claim.items.all()))
    return render(request, "admin/_live.html", {"arithmetic": verdicts.live(form, claim), "claim": claim})


@staff_only(*REVIEWING)
@require_POST
def save(request, reference):
    """Keeps what has been typed so far: while typing for htmx, which gets a line back, else by a button."""
    claim = found(request, reference)
    values = verdicts.fields_of(request.POST)
    if request.headers.get("HX-Request"):
        draft, refused = None, None
        try:
            draft = drafting.save_draft(claim.reference, by=request.user, values=values)
        except Refused as refusal:
            refused = refusal
        return render(request, "admin/_saved.html", {"saved_at": draft and draft.saved_at, "refused": refused})

    def act():
        drafting.save_draft(reference, by=request.user, values=values)
        messages.success(request, _("Your draft is kept. Only you see it."))

    return carried_out(request, reference, act)


@staff_only(*REVIEWING)
@require_POST
def recall(request, reference):
    known = version_of(request)

    def act():
        decisions.recall(reference, by=request.user, version=known)
        messages.success(request, _("The decision is void. Change it and decide again."))

    return carried_out(request, reference, act)


def version_of(request):
    version = request.POST.get("version") or request.POST.get("seen", "")
    return int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0


@staff_only(Role.SUPERVISOR)
@require_POST
def countersign(request, reference):
    def sign():
        known = version_of(request)
        decisions.countersign(reference, by=request.user, version=known)
        messages.success(request, _("Signed. The decision is in force and the claimant will be told."))

    return carried_out(request, reference, sign)


@staff_only(Role.SUPERVISOR)
@require_POST
def give_back(request, reference):
    def act():
        decisions.return_to_reviewer(reference, by=request.user, note=request.POST.get("note", ""))
        messages.success(request, _("The reviewer has the claim back, with your note."))

    return carried_out(request, reference, act)
