"""Stopping the outbox and letting it go on: all of it, one kind of notice, or the notices of one mass run."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import journal
from claims.actions.rights import look_again
from claims.models import MailMinute, MailPause, MassRun
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.notices import KINDS
from claims.rules.text import NOTE, clean_text

CHAIN = "outbox"
NEVER = "sign_in"  # who cannot sign in can do nothing else either
KEPT = timedelta(days=1)


@transaction.atomic
def pause(*, by, reason, kind="", run=None):
    """Stops everything but sign-in mails, one `kind`, or the mass run with the number `run`; returns the MailPause.

    What a worker has in hand this moment still leaves. Raises Refused 403 `wrong_role`, `required` without a reason,
    404 `unknown_kind` or `unknown_run`, 409 `paused_already`.
    """
    permissions.require(permissions.may_pause_outbox(by))
    reason = clean_text(reason, field="reason", limit=NOTE)
    if not reason:
        raise Refused("required", _("Say why: colleagues will ask."), "reason")
    if kind and (kind == NEVER or kind not in KINDS):
        raise Refused("unknown_kind", _("There is no such kind of notice."), "kind", status=404)
    if kind and run:
        raise Refused("unknown_kind", _("Choose a kind or a mass run, not both."), "kind")
    if run is not None and not MassRun.objects.filter(pk=run).exists():
        raise Refused("unknown_run", _("There is no such mass run."), "run", status=404)
    journal.lock(CHAIN)
    look_again(by)
    permissions.require(permissions.may_pause_outbox(by))
    try:
        with transaction.atomic():
            made = MailPause.objects.create(kind=kind, run_id=run, reason=reason, by=by)
    except IntegrityError as error:
        raise Refused("paused_already", _("That is paused already."), status=409) from error
    journal.record(CHAIN, "pause", by=by, facts=facts_of(made), chain_locked=True)
    return made


@transaction.atomic
def resume(pause_id, *, by):
    """Lets go on what a pause stopped. Raises Refused 403 `wrong_role`, 404 `not_found`, 409 `not_paused`."""
    permissions.require(permissions.may_pause_outbox(by))
    journal.lock(CHAIN)
    look_again(by)
    permissions.require(permissions.may_pause_outbox(by))
    made = MailPause.objects.select_for_update().filter(pk=pause_id).first()
    if made is None:
        raise Refused("not_found", _("There is no such pause."), status=404)
    if made.ended_at is not None:
        raise Refused("not_paused", _("Somebody else let it go on already."), status=409)
    made.ended_at, made.ended_by = timezone.now(), by
    made.save(update_fields=["ended_at", "ended_by"])
    journal.record(CHAIN, "resume", by=by, facts=facts_of(made), chain_locked=True)
    return made


def facts_of(made):
    return {"pause": made.pk, "kind": made.kind, "run": made.run_id, "reason": made.reason}


def forget_minutes():
    """Removes the counts of minutes that nobody looks at any more."""
    return MailMinute.objects.filter(minute__lt=timezone.now() - KEPT).delete()[0]
