"""The case page: the story, the evidence and the decision side by side; taking, assigning and giving back."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import CASE_READERS, Role
from claims.actions import bundles, clock, review
from claims.admin import verdicts
from claims.admin.asked import questions_of
from claims.admin.checklist import panel_of
from claims.admin.frame import page, say_no, staff_only
from claims.admin.receivers import chosen_person, seen_version, warn_if_away
from claims.admin.thread import talk_of
from claims.admin.told import told_of
from claims.models import Attachment, Claim, Letter
from claims.reports import desks
from claims.reports.alike import alike_for, know_matches
from claims.reports.appealing import choices_of
from claims.reports.deadlines import deadline_of
from claims.reports.excerpts import newest_events
from claims.reports.fit_picture import shown_fit
from claims.reports.found import with_findings
from claims.reports.granted import claimed_elsewhere
from claims.reports.history import events_of
from claims.reports.inside import arranged
from claims.reports.outage_fit import know_fit
from claims.reports.retention import retention_of
from claims.reports.room import beside
from claims.reports.rounds import rounds_of
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.holding import EXTENSION_REASONS, HOLD_REASONS
from claims.rules.outage import minutes_per_day, outage_days
from claims.rules.statuses import BY_NAME, UNDECIDED, WAITING, WITH_REVIEWER

REVIEWING = (Role.REVIEWER, Role.SUPERVISOR)
REOPENABLE = BY_NAME["reopen"].sources + BY_NAME["restore"].sources
TABS = ("story", "evidence", "decision")


def found(request, reference):
    """The claim, if the person who asks may know of it; else 404, as for one that does not exist."""
    claims = Claim.objects.visible_to(request.user).with_reference(reference)
    claim = claims.select_related(
        "incident", "terms", "claimant", "filed_by", "customer__service", "assigned_to", "decision_draft"
    )
    if (claim := claim.first()) is None:
        raise Http404
    return claim


@staff_only(*CASE_READERS)
@require_safe
def case(request, reference):
    claim = found(request, reference)
    if reference != claim.reference:
        return HttpResponseRedirect(address(claim))
    return show(request, claim)


@staff_only(*REVIEWING)
@require_POST
def take(request, reference):
    return carried_out(request, reference, lambda: review.take(reference, by=request.user))


@staff_only(*REVIEWING)
@require_POST
def release(request, reference):
    reason = request.POST.get("reason", "")

    def give_back():
        review.release(reference, by=request.user, reason=reason)
        messages.success(request, _("The claim is free again."))

    return carried_out(request, reference, give_back)


@staff_only(Role.SUPERVISOR)
@require_POST
def assign(request, reference):
    def give(to):
        review.assign(reference, by=request.user, to=to, version=seen_version(request))

    return given_to_chosen(request, reference, give)


@staff_only(*REVIEWING)
@require_POST
def hand_over(request, reference):
    """Who has the case gives it to a colleague, with a note."""

    def give(to):
        note = request.POST.get("note", "")
        review.hand_over(reference, by=request.user, to=to, note=note, version=seen_version(request))

    return given_to_chosen(request, reference, give)


def given_to_chosen(request, reference, give):
    to = chosen_person(request.POST.get("to", ""))

    def go():
        if to is None:
            raise Refused("unknown_person", _("Choose who should get this claim."), field="to")
        give(to)
        messages.success(request, _("The claim is now with %(name)s.") % {"name": to})
        warn_if_away(request, to)

    return carried_out(request, reference, go)


def carried_out(request, reference, act):
    """Does it and shows the case again; a refusal is shown on the case page with its status."""
    claim = found(request, reference)
    try:
        act()
    except Refused as refused:
        say_no(request, refused)
        return show(request, found(request, reference), status=refused.status)
    return HttpResponseRedirect(address(claim))


def address(claim):
    return reverse("admin:case", args=[claim.reference])


def show(request, claim, *, status=200, typed=None, refused=None, asking=None, checking=None):
    """The case page; `typed` is a decision form that was not accepted because of `refused`.

    `asking` is a question and `checking` an answer to a check that were not accepted.
    """
    person = request.user
    if claim.claimant_id == person.pk:
        return page(request, "own.html", status=403, title=claim.reference, claim=claim)
    know_fit(claim)
    know_matches(claim)
    items = list(claim.items.all())
    decision = verdicts.newest(claim)
    events = events_of(claim, for_staff=True)
    may = rights(person, claim, decision)
    form = typed or verdicts.restored(claim, items, person, verdicts.blank(claim, items, decision))
    return page(
        request,
        "case.html",
        status=status,
        title=claim.reference,
        claim=claim,
        items=items,
        **beside(claim, with_findings(with_twins(claim, person)), person, request.GET),
        bundle=bundles.newest(claim),
        others=others_of(claim, person),
        outage=outage_of(claim),
        fit=shown_fit(claim),
        alike=alike_for(claim, person),
        deadline=deadline_of(claim),
        talk=talk_of(request, claim),
        retention=retention_of(claim),
        hold_reasons=HOLD_REASONS,
        extension_reasons=EXTENSION_REASONS,
        events=newest_events(events, whole="all" in request.GET),
        since=[event for event in events if event.sequence > form.version] if typed else [],
        form=form,
        elsewhere=claimed_elsewhere(claim, items),
        refused=refused,
        decision=decision,
        letters=list(Letter.objects.of(claim)),
        told=told_of(claim),
        rounds=rounds_of(claim, items),
        choices=choices_of(claim),
        arithmetic=verdicts.arithmetic_of(decision) if decision else verdicts.live(form, claim),
        receivers=desks.colleagues(clock.today()) if may["assign"] or may["hand_over"] or may["reopen"] else (),
        may=may,
        open_claim=claim.status in UNDECIDED,
        questions=questions_of(claim, person, items, asking),
        checklist=panel_of(claim, person, checking),
        tab="decision"
        if typed
        else "evidence"
        if asking
        else tab
        if (tab := request.GET.get("tab")) in TABS
        else "story",
    )


def chosen_tab(request):
    tab = request.GET.get("tab")
    return tab if tab in TABS else "story"


def rights(person, claim, decision):
    """Which buttons there are; every action asks again."""
    proposed = decision is not None and decision.state == "proposed"
    signing = permissions.may_countersign(person, claim, decision.decider_id) if proposed else None
    in_review = claim.status == "in_review"
    return {
        "take": claim.status in WAITING and bool(permissions.may_take(person, claim)),
        "release": in_review and bool(permissions.may_release(person, claim)),
        "assign": claim.status in (*WITH_REVIEWER, *WAITING) and person.has_role(Role.SUPERVISOR),
        "hand_over": claim.status in WITH_REVIEWER and bool(permissions.may_release(person, claim)),
        "hold": in_review and bool(permissions.may_hold(person, claim)),
        "resume": claim.status == "on_hold" and bool(permissions.may_hold(person, claim)),
        "extend": claim.status in UNDECIDED and bool(permissions.may_extend(person, claim)),
        "decide": in_review and bool(permissions.may_decide(person, claim)),
        "submit": claim.is_draft and bool(permissions.may_submit_late(person, claim)),
        "reopen": claim.status in REOPENABLE and bool(permissions.may_reopen(person, claim)),
        "legal_hold": bool(permissions.may_hold_for_law(person, claim)),
        "sign": bool(signing),
        "recall": proposed and bool(permissions.may_recall(person, claim, decision.decider_id)),
        "not_sign_because": why_not(person, signing) if proposed and not signing else "",
    }


def why_not(person, refusal):
    """What somebody reads in place of the button that signs."""
    return refusal.message if person.has_role(Role.SUPERVISOR) else _("It waits for the signature of a supervisor.")


def outage_of(claim):
    """The account's outage as facts: its intervals, the days that count by the terms, what was paid."""
    intervals = claim.outage
    return {
        "own": bool(claim.customer and claim.customer.own_outage),
        "intervals": intervals,
        "minutes": sum(minutes_per_day(intervals).values()),
        "days": outage_days(intervals, min_minutes_per_day=claim.terms.rules.min_minutes_per_day),
    }


def with_twins(claim, person):
    """The attachments; each knows the other claims, visible to `person`, that hold the very same file."""
    attachments = list(claim.attachments.select_related("document", "item"))
    digests = {attachment.document.sha256 for attachment in attachments}
    elsewhere = Attachment.objects.filter(
        document__sha256__in=digests, claim__in=Claim.objects.visible_to(person).exclude(pk=claim.pk)
    )
    twins = {}
    for digest, reference in elsewhere.values_list("document__sha256", "claim__reference").distinct()[:100]:
        twins.setdefault(digest, []).append(reference)
    for attachment in attachments:
        attachment.twins = twins.get(attachment.document.sha256, [])
    return arranged(attachments)


def others_of(claim, person):
    """Other claims of the same person or account after the same incident."""
    same = Claim.objects.visible_to(person).filter(incident=claim.incident_id).exclude(pk=claim.pk)
    return list(same.filter(claimant=claim.claimant_id)[:10]) + list(
        same.filter(login=claim.login).exclude(claimant=claim.claimant_id).exclude(claimant=person)[:10]
    )
