"""Writing the terms of an incident.

    until it was opened   save() writes version 1, opening freezes it
    afterwards            save() -> propose() with a reason -> approve() or reject() by another manager

Claims keep the version they were opened with, drafts too; a mass run that was approved goes on by its own.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import incidents, rights, terms_previews
from claims.models import IncidentTerms, TermsDraft, TermsPreview
from claims.reports import terms_costs
from claims.rules import permissions, terms_bounds, terms_fields
from claims.rules.errors import Refused
from claims.rules.terms_drafts import DRAFT_MOVES, UNFINISHED
from claims.rules.text import NOTE, clean_text

State = TermsDraft.State


def editable(incident):
    """(terms in force or None, what save() writes next): version 1 not frozen yet, the draft, or None to begin one."""
    newest = incident.terms_versions.order_by("-version").first()
    if newest is None or newest.frozen_at is None:
        return None, newest
    return newest, draft_of(incident)


def draft_of(incident):
    """The draft on its way, if there is one."""
    people = ("written_by", "proposed_by", "based_on")
    return incident.terms_drafts.filter(state__in=UNFINISHED).select_related(*people).first()


@transaction.atomic
def save(code, *, by, terms, revision):
    """Writes what is edited, and has its costs counted; returns the row. `revision` is the one that `by` saw, 0: none.

    Raises Refused 403, 404, 422 `invalid_terms` with every field, 409 `stale` if somebody wrote it meanwhile, or
    `illegal_move` if it is proposed already.
    """
    incident = locked(code, by=by)
    terms_bounds.check_new(terms)
    in_force, row = editable(incident)
    if (row.revision if row else 0) != revision:
        raise Refused("stale", _("Somebody wrote these terms in the meantime."), status=409)
    values = terms.to_json()
    if in_force is None:
        row = write_first(incident, row, values)
        facts = {"version": 1}
        incidents.write(incident, "set terms", by=by, facts=facts)
    else:
        row = write_draft(incident, row, values, in_force, by)
        changed = [each.path for each, _old, _new in terms_fields.changes(in_force.rules, terms)]
        incidents.write(incident, "draft terms", by=by, facts={"draft": row.pk, "changed": changed})
    terms_previews.ask(incident, by=by, values=values, against=in_force)
    return row


def write_first(incident, row, values):
    if row is None:
        return IncidentTerms.objects.create(incident=incident, version=1, values=values)
    row.values, row.revision = values, row.revision + 1
    row.save(update_fields=["values", "revision"])
    return row


def write_draft(incident, row, values, in_force, by):
    if row is None:
        return TermsDraft.objects.create(incident=incident, based_on=in_force, values=values, written_by=by)
    if row.state != State.DRAFT:
        raise illegal(row)
    row.values, row.revision, row.written_by, row.written_at = values, row.revision + 1, by, timezone.now()
    row.save(update_fields=["values", "revision", "written_by", "written_at"])
    return row


@transaction.atomic
def propose(code, *, by, revision, reason):
    """Asks another manager to approve the draft.

    Raises Refused as save(), 409 `nothing_changed`, 422 without a reason.
    """
    incident = locked(code, by=by)
    draft = unfinished(incident)
    reason = clean_text(reason, field="reason", limit=NOTE)
    if draft.revision != revision:
        raise Refused("stale", _("Somebody wrote these terms in the meantime."), status=409)
    check_base(incident, draft)
    terms_bounds.check_new(draft.rules)
    if not terms_fields.changes(draft.based_on.rules, draft.rules):
        raise Refused("nothing_changed", _("These terms say the same as those in force."), status=409)
    draft.proposed_by, draft.proposed_at, draft.reason = by, timezone.now(), reason
    fields = ["proposed_by", "proposed_at", "reason"]
    return move(incident, draft, State.PROPOSED, "propose terms", by=by, fields=fields, facts=cost_facts(draft))


@transaction.atomic
def approve(code, *, by, draft_id):
    """The second manager's word: the next version, which holds for claims opened from now on.

    Raises Refused 403 `four_eyes`, 404, 409 `no_draft`, `illegal_move`, or `stale` if other terms came into force
    meanwhile.
    """
    incident = locked(code, by=by)
    draft = unfinished(incident)
    permissions.require(permissions.may_approve_terms(by, draft.proposed_by_id))
    check_seen(draft, draft_id)
    check_move(draft, State.APPROVED)
    check_base(incident, draft)
    now = timezone.now()
    draft.made = IncidentTerms.objects.create(
        incident=incident,
        version=draft.based_on.version + 1,
        values=draft.values,
        frozen_at=now,
        proposed_by=draft.proposed_by,
        approved_by=by,
        reason=draft.reason,
    )
    facts = {"version": draft.made.version} | cost_facts(draft)
    return answer(incident, draft, State.APPROVED, "approve terms", by=by, note="", facts=facts, fields=["made"])


@transaction.atomic
def reject(code, *, by, draft_id, note):
    """Another manager says no, and why; a new draft may begin with the same values."""
    incident = locked(code, by=by)
    draft = unfinished(incident)
    permissions.require(permissions.may_approve_terms(by, draft.proposed_by_id))
    check_seen(draft, draft_id)
    check_move(draft, State.REJECTED)
    note = clean_text(note, field="note", limit=NOTE)
    return answer(incident, draft, State.REJECTED, "reject terms", by=by, note=note)


@transaction.atomic
def withdraw(code, *, by, draft_id, note=""):
    """A manager takes a draft or a proposal away; it is kept."""
    incident = locked(code, by=by)
    draft = unfinished(incident)
    check_seen(draft, draft_id)
    note = clean_text(note, field="note", limit=NOTE, required=False)
    return answer(incident, draft, State.WITHDRAWN, "withdraw terms", by=by, note=note)


# --- the steps


def locked(code, *, by):
    """The incident, locked: whoever writes terms takes turns. The rights of `by` hold still after the wait."""
    incident = incidents.locked(code, by=by)
    rights.look_again(by)
    permissions.require(permissions.may_manage_incidents(by))
    return incident


def unfinished(incident):
    """The draft on its way. Raises Refused 409 `no_draft` if there is none."""
    draft = draft_of(incident)
    if draft is None:
        raise Refused("no_draft", _("There is no draft of later terms."), status=409)
    return draft


def check_seen(draft, draft_id):
    if draft.pk != draft_id:
        raise Refused("stale", _("This is no longer the draft you looked at."), status=409)


def check_base(incident, draft):
    newest = incident.terms_versions.order_by("-version").first()
    if newest.pk != draft.based_on_id:
        raise Refused("stale", _("Other terms are in force since. Withdraw this draft and begin anew."), status=409)


def check_move(draft, target):
    if (draft.state, target) not in DRAFT_MOVES:
        raise illegal(draft)


def illegal(draft):
    words = _("This is not possible now: these terms are “%(state)s”.") % {"state": draft.get_state_display()}
    return Refused("illegal_move", words, status=409)


def answer(incident, draft, state, action, *, by, note, facts=None, fields=()):
    draft.answered_by, draft.answered_at, draft.note = by, timezone.now(), note
    fields = ["answered_by", "answered_at", "note", *fields]
    return move(incident, draft, state, action, by=by, fields=fields, facts=facts)


def move(incident, draft, state, action, *, by, fields, facts=None):
    check_move(draft, state)
    draft.state = state
    draft.save(update_fields=["state", *fields])
    incidents.write(incident, action, by=by, facts={"draft": draft.pk, **(facts or {})})
    return draft


def cost_facts(draft):
    """What was known of its costs: {remedy: [people, total]}, {} unless the whole roster was counted."""
    preview = TermsPreview.objects.filter(incident=draft.incident_id).select_related("against").first()
    if not terms_previews.is_of(preview, draft.values) or preview.done_at is None:
        return {}
    return {each.remedy: [each.whole.people, str(each.whole.total)] for each in terms_costs.costs(preview)}
