"""Corrections of a roster: what a file would add, change and remove is shown first, and exactly that is applied then.

    propose() stages, checks, computes and keeps the effect line by line -> apply() by its fingerprint, or cancel()

Nothing that was granted changes by it. A line that alters an amount already granted is applied only if whoever applies
says so; the difference is told, never paid and never asked back.
"""

from decimal import Decimal

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import correction_rows as rows
from claims.actions import incidents, rights, roster, roster_figures, roster_rows
from claims.actions.mass_steps import hold_roster, roster_entry
from claims.actions.roster_file import COLUMNS, RosterFile
from claims.actions.roster_problems import RosterRefused
from claims.models import Correction, IncidentTerms
from claims.models.patience import be_patient
from claims.reports.entitlements import AUTOMATIC, entitlements
from claims.rules import permissions
from claims.rules.corrections import CORRECTION_MOVES, MOST
from claims.rules.errors import Refused

State = Correction.State
LINES = "claims_correctedaccount WHERE correction_id = %(correction)s"


@transaction.atomic
def propose(incident_code, file, *, by=None):
    """Computes what `file` (open, binary) would do and keeps it as a Correction; the roster stays as it is.

    `by` is None for somebody at the server's command line. Raises RosterRefused with everything that is wrong, 422
    `nothing_to_correct` or `too_many_lines`, and 409 `run_on` while a mass run walks over the roster.
    """
    if by is not None:
        permissions.require(permissions.may_correct_roster(by))
    incident = incidents.found(incident_code)
    with connection.cursor() as cursor:
        roster.wait_for_other_loads(cursor, incident)
        roster.refuse_during_a_run(incident)
        parameters = roster_rows.parameters(incident)
        file = RosterFile(
            file,
            columns=("action", *(name for name in COLUMNS if name in ("login", *rows.COLUMNS))),
            required=("action", "login"),
        )
        roster.stage(cursor, file, also=rows.ALSO)
        if file.rows_read > MOST:
            raise Refused("too_many_lines", _("A correction has at most 100,000 lines. Load a new roster."))
        check(cursor, file, parameters)
        terms = IncidentTerms.objects.in_force(incident.code)
        compute(cursor, incident, terms, parameters)
        return keep(cursor, incident, terms, file, by=by)


def check(cursor, file, parameters):
    """Raises RosterRefused unless every line can be done. Afterwards each line says all of its account."""
    cursor.execute(rows.LOWER_ACTIONS)
    cursor.execute(rows.WRONG, parameters)
    wrong = [found for found in cursor.fetchall() if found[1]]
    for line, code, login, action in wrong:
        column, value = ("action", action) if code == "unknown_action" else ("login", login)
        file.problems.add(line, code, column)
        file.problems.sort(code, column, [(line, value[: roster_figures.SAMPLE])])
    cursor.execute("DELETE FROM roster_staging WHERE line = ANY(%s)", [[line for line, *_rest in wrong]])
    cursor.execute(rows.FILL, parameters)
    cursor.execute(rows.BLANK, parameters)
    roster.check(cursor, file, parameters)
    if file.problems.count:
        raise RosterRefused(file.problems)


def compute(cursor, incident, terms, parameters):
    """What the roster would hold, and what each account would get by the terms before and afterwards."""
    cursor.execute(rows.WANTED, parameters)
    cursor.execute("ANALYZE corrected")
    for remedy in AUTOMATIC if terms else ():
        made, values = entitlements(incident, remedy, terms.rules)
        for side, chosen in rows.SIDES.items():
            cursor.execute(
                f"INSERT INTO corrected_amounts WITH chosen AS MATERIALIZED ({chosen}), {made}"  # noqa: S608
                " SELECT id, %(remedy)s, %(side)s, amount FROM entitled",
                values | {"remedy": remedy, "side": side},
            )
    cursor.execute(rows.EFFECT)


def keep(cursor, incident, terms, file, *, by):
    """Writes the effect down, line by line."""
    cursor.execute(rows.UNCHANGED)
    unchanged = cursor.rowcount
    cursor.execute(rows.COUNTS)
    *numbers, moves_money = cursor.fetchone()
    counts = dict(zip(("add", "change", "remove", "touched", "altering"), numbers, strict=True))
    if not any(numbers):
        raise Refused("nothing_to_correct", _("The roster is already as this file says."))
    cursor.execute(rows.FINGERPRINT.format(source="corrected_lines"))
    (fingerprint,) = cursor.fetchone()
    effect, granted = sums_of(cursor)
    made = Correction.objects.create(
        incident=incident,
        terms=terms,
        sha256=file.sha256,
        fingerprint=fingerprint,
        roster_entry=roster_entry(incident),
        unchanged=unchanged,
        counts=counts,
        effect=effect,
        granted=granted,
        moves_money=moves_money,
        proposed_by=by,
    )
    cursor.execute(rows.KEEP, {"correction": made.pk})
    tell(incident, "propose correction", made, by=by, facts={"effect": effect, "unchanged": unchanged})
    return made


def sums_of(cursor):
    """({remedy: sums} of all lines, the same of those that alter what was granted)."""
    effect, granted = {}, {}
    cursor.execute(rows.SUMS)
    for remedy, altering, accounts, before, after, given in cursor.fetchall():
        for sums, more in ((effect, {}), (granted, {"granted": given})) if altering else ((effect, {}),):
            known = sums.setdefault(remedy, {"accounts": 0})
            known["accounts"] += accounts
            for name, amount in {"before": before, "after": after, **more}.items():
                known[name] = str(Decimal(known.get(name, "0.00")) + amount)
    return effect, granted


@transaction.atomic
def apply(correction_id, *, by, fingerprint, with_granted=None):
    """Does what was shown, if nothing moved on meanwhile; `with_granted` says whether lines that alter what was granted
    are done too, and is asked for if there are any.

    Raises Refused 403 `four_eyes` or `own_payment`, 422 `choice_required`, 409 `illegal_move`, `other_effect`,
    `stale_correction`, `run_on` or `roster_busy`.
    """
    made = locked(correction_id, by=by)
    check_move(made, State.APPLIED)
    permissions.require(permissions.may_apply_correction(by, made, concerned=is_concerned(by, made)))
    be_patient()
    hold_roster(made.incident, alone=True)
    roster.refuse_during_a_run(made.incident)
    parameters = {"correction": made.pk, "incident": made.incident_id, "with_granted": bool(with_granted)}
    with connection.cursor() as cursor:
        check_as_shown(cursor, made, fingerprint, parameters)
        if made.counts["altering"] and with_granted is None:
            raise Refused(
                "choice_required",
                _("Say whether the accounts whose granted amount would be another are changed too."),
                field="with_granted",
            )
        done = write(cursor, parameters)
    left_out = 0 if with_granted else made.counts["altering"]
    if done != (made.counts["add"], made.counts["change"] - left_out, made.counts["remove"]):
        raise stale()
    made.with_granted = with_granted if made.counts["altering"] else None
    facts = {"left_out": left_out, "with_granted": made.with_granted, "effect": made.effect, "granted": made.granted}
    return finish(made, State.APPLIED, "apply correction", by=by, facts=facts)


def check_as_shown(cursor, made, fingerprint, parameters):
    """What is applied is what was shown: the same lines, over the same roster, terms, payouts and claims."""
    cursor.execute(rows.FINGERPRINT.format(source=LINES), parameters)
    if not fingerprint or not cursor.fetchone()[0] == made.fingerprint == fingerprint:
        raise Refused("other_effect", _("This is not the effect that was shown. Look at it again."), status=409)
    terms = IncidentTerms.objects.in_force(made.incident.code)
    if (roster_entry(made.incident), terms and terms.pk) != (made.roster_entry, made.terms_id):
        raise stale()
    cursor.execute(rows.MOVED_ON, parameters)
    if cursor.fetchone()[0]:
        raise stale()


def write(cursor, parameters):
    """(added, changed, removed). What rests on a removed account since this second is found here, not at the commit."""
    done = []
    try:
        with transaction.atomic():
            for statement in (rows.ADD, rows.CHANGE, rows.REMOVE):
                cursor.execute(statement, parameters)
                done.append(cursor.rowcount)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise stale() from error
    return tuple(done)


@transaction.atomic
def cancel(correction_id, *, by):
    made = locked(correction_id, by=by)
    check_move(made, State.CANCELLED)
    return finish(made, State.CANCELLED, "cancel correction", by=by, facts={})


def locked(correction_id, *, by):
    """The correction, locked. Raises Refused 404, and 403 unless `by` may correct rosters, still after the wait."""
    permissions.require(permissions.may_correct_roster(by))
    found = Correction.objects.select_related("incident", "terms").select_for_update(of=("self",), no_key=True)
    made = found.filter(pk=correction_id).first()
    if made is None:
        raise Refused("not_found", _("There is no such correction."), status=404)
    rights.look_again(by)
    permissions.require(permissions.may_correct_roster(by))
    return made


def check_move(made, target):
    if (made.state, target) not in CORRECTION_MOVES:
        raise Refused(
            "illegal_move",
            _("This is not possible now: the correction is “%(state)s”.") % {"state": made.get_state_display()},
            status=409,
        )


def finish(made, state, action, *, by, facts):
    made.state, made.finished_by, made.finished_at = state, by, timezone.now()
    made.save(update_fields=["state", "finished_by", "finished_at", "with_granted"])
    tell(made.incident, action, made, by=by, facts=facts)
    return made


def tell(incident, action, made, *, by, facts):
    facts = {"correction": made.pk, "sha256": made.sha256, "fingerprint": made.fingerprint, **made.counts, **facts}
    incidents.write(incidents.locked_row(incident.code), action, by=by, facts=facts)


def is_concerned(person, made):
    """Whether it is about an account of `person`, by an address or a claim of theirs."""
    values = {"correction": made.pk, "person": person.pk, "theirs": sorted(permissions.addresses_of(person))}
    with connection.cursor() as cursor:
        cursor.execute(rows.CONCERNED, values)
        return cursor.fetchone()[0]


def stale():
    return Refused(
        "stale_correction",
        _("The roster, the terms, a payout or a claim changed since this was shown. Propose it anew."),
        status=409,
    )
