"""An incident's own life: declared, opened for claims, closed; its services declared restored one by one."""

import re
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import journal, mass_notices, notices, questions
from claims.models import Incident, IncidentTerms, Service
from claims.rules import permissions, terms_bounds
from claims.rules.errors import Collected, Refused
from claims.rules.terms import Terms
from claims.rules.text import NARRATIVE, clean_line, clean_text

CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}", re.ASCII)
TITLES, SUMMARIES = ("title_it", "title_en"), ("summary_it", "summary_en")


@transaction.atomic
def declare(code, *, by, started_at, ended_at, services, terms=None, closes_at=None, **texts):
    """Writes down an outage as a draft nobody outside sees, with version 1 of its terms; returns the Incident.

    Times are UTC. `services`: [{code, kind, domains}]; `terms`: a Terms, the defaults without it;
    `texts`: title_it, title_en, summary_it, summary_en. Raises one Refused with everything that is
    wrong, or 409 `code_taken`.
    """
    permissions.require(permissions.may_manage_incidents(by))
    values = cleaned(code=code, started_at=started_at, ended_at=ended_at, closes_at=closes_at, **texts)
    services = [cleaned_service(position, **service) for position, service in enumerate(services)]
    check_services(services)
    terms = terms or Terms()
    terms_bounds.check_new(terms)
    try:
        with transaction.atomic():
            incident = Incident.objects.create(**values)
    except IntegrityError as error:
        raise Refused("code_taken", _("There is already an incident with this code."), "code", status=409) from error
    Service.objects.bulk_create(Service(incident=incident, **service) for service in services)
    IncidentTerms.objects.create(incident=incident, version=1, values=terms.to_json())
    facts = {"code": incident.code, "services": [service["code"] for service in services]}
    journal.record(chain_of(incident), "declare", by=by, new=incident.state, facts=facts, first=True)
    return incident


@transaction.atomic
def set_terms(code, *, by, terms):
    """Replaces the terms of a draft. Once an incident was opened its terms are frozen (409 `terms_frozen`)."""
    incident = locked(code, by=by)
    terms_bounds.check_new(terms)
    version = incident.terms_versions.first()
    if version is not None and version.frozen_at is not None:
        raise Refused("terms_frozen", _("The terms were frozen when the incident was opened."), status=409)
    written = {"values": terms.to_json(), "revision": version.revision + 1 if version else 1}
    IncidentTerms.objects.update_or_create(incident=incident, version=1, defaults=written)
    write(incident, "set terms", by=by, facts={"version": 1})
    return incident


@transaction.atomic
def open(code, *, by):  # noqa: A001
    """Opens the incident for claims; the first time this freezes version 1 of its terms for good.

    Raises Refused `illegal_move` (409) if it is open, `no_terms` or `no_services` (409) if there is
    nothing to go by, `invalid_terms` if the terms cannot be read.
    """
    incident = locked(code, by=by)
    move_from(incident, Incident.State.DRAFT, Incident.State.CLOSED)
    terms = incident.terms_versions.order_by("-version").first()
    if terms is None:
        raise Refused("no_terms", _("Set the terms of this incident before you open it."), status=409)
    if not incident.services.exists():
        raise Refused("no_services", _("Add at least one service before you open this incident."), status=409)
    terms.rules  # noqa: B018 terms that cannot be read must not be frozen
    if terms.frozen_at is None:
        terms.frozen_at = timezone.now()
        terms.save(update_fields=["frozen_at"])
    return move(incident, Incident.State.OPEN, "open", by=by, facts={"terms": terms.version})


@transaction.atomic
def close(code, *, by):
    """No more claims can be filed; those filed go on. A manager may open it again."""
    incident = locked(code, by=by)
    move_from(incident, Incident.State.OPEN)
    return move(incident, Incident.State.CLOSED, "close", by=by)


@transaction.atomic
def restore(code, service_code, *, by):
    """Declares that a service works again and queues the notices that waited for it, oldest first.

    Those of mass runs follow by the crank. Returns how many were queued.
    Raises Refused `unknown_service` (404), `already_restored` (409).
    """
    incident = locked(code, by=by)
    service = incident.services.filter(code=service_code).first()
    if service is None:
        raise Refused("unknown_service", _("This incident has no such service."), field="service", status=404)
    if service.restored_at is not None:
        raise Refused("already_restored", _("This service was already declared restored."), status=409)
    notices.hold_off(incident.pk, alone=True)
    service.restored_at = timezone.now()
    service.save(update_fields=["restored_at"])
    released = notices.release_held(incident.pk)
    mass_notices.ask_again(incident.pk)
    begun = questions.begin_days(released)
    facts = {"service": service.code, "notices": len(released), "questions": begun}
    write(incident, "restore", by=by, facts=facts)
    return len(released)


def chain_of(incident):
    return f"incident:{incident.pk}"


def locked(code, *, by):
    """The incident, locked against other managers but not against claims being filed."""
    permissions.require(permissions.may_manage_incidents(by))
    return locked_row(code)


def locked_row(code):
    if not connection.in_atomic_block:
        raise RuntimeError("an incident is locked inside a transaction")
    return found(code, Incident.objects.select_for_update(no_key=True))


def found(code, incidents=Incident.objects):
    """The incident called `code`. Raises Refused `unknown_incident` (404)."""
    incident = incidents.filter(code=code).first()
    if incident is None:
        raise Refused("unknown_incident", _("There is no such incident."), field="incident", status=404)
    return incident


def move_from(incident, *sources):
    if incident.state not in sources:
        raise Refused(
            "illegal_move",
            _("This is not possible now: the incident is “%(state)s”.") % {"state": incident.get_state_display()},
            status=409,
        )


def move(incident, state, action, *, by, facts=None):
    old, incident.state = incident.state, state
    incident.save(update_fields=["state"])
    write(incident, action, by=by, old=old, facts=facts)
    return incident


def write(incident, action, *, by, old=None, facts=None):
    """One entry in the chain of a locked incident."""
    journal.record(
        chain_of(incident),
        action,
        by=by,
        old=incident.state if old is None else old,
        new=incident.state,
        facts=facts,
        chain_locked=True,
    )


def cleaned(*, code, started_at, ended_at, closes_at, **texts):
    """The columns of an incident. Raises one Refused with everything that is wrong."""
    values, problems = {"started_at": started_at, "ended_at": ended_at, "closes_at": closes_at}, Collected()
    if unknown := set(texts) - set(TITLES + SUMMARIES):
        raise TypeError(f"unknown texts: {sorted(unknown)}")
    try:
        values["code"] = clean_code(code)
    except Refused as refused:
        problems.add(refused)
    for name in TITLES + SUMMARIES:
        try:
            clean, limit = (clean_line, 200) if name in TITLES else (clean_text, NARRATIVE)
            values[name] = clean(texts.get(name, ""), field=name, limit=limit)
        except Refused as refused:
            problems.add(refused)
    for refused in wrong_times(started_at, ended_at, closes_at):
        problems.add(refused)
    problems.raise_if_any()
    return values


def clean_code(code, *, field="code"):
    """A short name for addresses, such as "libero-2023"."""
    code = clean_line(code, field=field, limit=50)
    if not CODE.fullmatch(code):
        raise Refused("invalid_code", _("Use small letters, digits and single hyphens."), field=field)
    return code


def wrong_times(started_at, ended_at, closes_at):
    """What is wrong with an incident's times, as a list of Refused."""
    times = {"started_at": started_at, "ended_at": ended_at, "closes_at": closes_at}
    wrong = [
        Refused("invalid_time", _("Give a date and a time with its zone."), field=name)
        for name, moment in times.items()
        if not (moment is None and name == "closes_at")
        if not isinstance(moment, datetime) or moment.tzinfo is None
    ]
    if wrong:
        return wrong
    if started_at >= ended_at:
        wrong.append(Refused("invalid_time", _("The end lies after the start."), field="ended_at"))
    if closes_at is not None and closes_at <= started_at:
        wrong.append(Refused("invalid_time", _("Claims cannot end before the outage."), field="closes_at"))
    return wrong


def cleaned_service(position, *, code, kind, domains=()):
    """The columns of a service. Raises Refused at services.<position>.<name>."""
    where = f"services.{position}"
    if kind not in Service.Kind.values:
        raise Refused("unknown_kind", _("Choose free, paid or business."), field=f"{where}.kind")
    domains = [clean_line(domain, field=f"{where}.domains", limit=253).lower() for domain in domains]
    if wrong := [domain for domain in domains if not DOMAIN.fullmatch(domain)]:
        raise Refused(
            "invalid_domain", _("“%(domain)s” is no mail domain.") % {"domain": wrong[0]}, field=f"{where}.domains"
        )
    return {"code": clean_code(code, field=f"{where}.code"), "kind": kind, "domains": list(dict.fromkeys(domains))}


def check_services(services):
    if not services:
        raise Refused("required", _("Add at least one service."), field="services")
    if len({service["code"] for service in services}) < len(services):
        raise Refused("code_taken", _("Two services have the same code."), field="services")
