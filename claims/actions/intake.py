"""Opening, filling in and submitting a claim."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import clock, journal, lifecycle, people, questions
from claims.actions.particulars import FIELDS, add_items, cleaned, replace_items, sealed_bank_details, total_of
from claims.actions.review import end_assignment
from claims.models import Claim, Customer, Incident, IncidentTerms
from claims.models.writing import insert
from claims.reports import risk
from claims.rules import filing, permissions
from claims.rules.errors import Refused
from claims.rules.reference import new_reference
from claims.rules.statuses import Status
from claims.rules.text import NARRATIVE, NOTE, clean_line, clean_text

REFERENCE_AND_ACCOUNT = """
    SELECT EXISTS (SELECT FROM claims_claim WHERE reference = %s),
        (SELECT id FROM claims_customer WHERE incident_id = %s AND login = %s)
"""
SUBMITTED_ALREADY = _("This claim was already submitted and can no longer be changed here.")


@transaction.atomic
def open_claim(incident_code, *, by, login, remedy="damages", on_behalf_of=None, channel="web", **particulars):
    """Opens a draft and returns it. `particulars`: narrative, login_explanation, items, iban, holder.

    An operator passes `on_behalf_of` {email, name, phone, identity_check}. Raises Refused for an
    unknown or closed incident, a remedy that cannot be claimed, or any value that is not right.
    """
    incident, terms = open_incident(incident_code, by=by)
    if on_behalf_of is None and not permissions.may_file_own(by):
        raise Refused("required", _("Say whom you file for."), field="on_behalf_of")
    if remedy not in terms.rules.remedies_to_claim:
        raise Refused(
            "remedy_not_open",
            _("This remedy is granted without being asked for. Only damages have to be claimed."),
            field="remedy",
        )
    values = cleaned(particulars, incident=incident, terms=terms.rules, now=timezone.now())
    login = filing.clean_login(login)
    claimant, identity_check = by, ""
    if on_behalf_of is not None:
        permissions.require(permissions.may_file_for_others(by))
        identity_check = clean_line(on_behalf_of.get("identity_check", ""), field="identity_check")
        claimant = people.claimant_for(
            email=on_behalf_of.get("email", ""),
            name=on_behalf_of.get("name", ""),
            phone=on_behalf_of.get("phone", ""),
        )
        if claimant.pk == by.pk:
            raise Refused("own_claim", _("File your own claim from your own pages."), field="on_behalf_of", status=403)
    items = values.pop("items", ())
    reference, customer_id = free_reference(incident, login)
    claim = Claim(
        reference=reference,
        incident=incident,
        terms=terms,
        remedy=remedy,
        claimant=claimant,
        filed_by=by,
        channel=channel,
        identity_check=identity_check,
        login=login,
        customer_id=customer_id,
        claimed=total_of(item["amount"] for item in items),
        **sealed_bank_details(claimant, values, by=by),
    )
    insert(claim)
    claim.written_items = add_items(claim, items)
    facts = {"remedy": remedy, "channel": channel, "items": len(items)}
    chain = lifecycle.chain_of(claim)
    journal.record(chain, "open", by=by, new=Status.DRAFT, facts=facts, about=claimant.pk, first=True)
    return claim


def free_reference(incident, login):
    """(a reference nobody has, the id of the affected account called `login` or None), in one question.

    Without looking, one filing in 500,000 would meet the reference of one of a million claims and fail.
    """
    with connection.cursor() as cursor:
        taken = True
        while taken:
            reference = new_reference()
            cursor.execute(REFERENCE_AND_ACCOUNT, [reference, incident.pk, login])
            taken, customer_id = cursor.fetchone()
    return reference, customer_id


def open_incident(code, *, by):
    """(incident, newest frozen terms) of an incident that takes claims now."""
    terms = IncidentTerms.objects.in_force(code)
    if terms is None or terms.incident.state == Incident.State.DRAFT:
        raise Refused("unknown_incident", _("There is no such incident."), field="incident")
    if not terms.incident.accepts_claims(timezone.now()) and not permissions.may_file_late(by):
        raise Refused(
            "window_closed", _("The time to file a claim for this outage is over."), field="incident", status=409
        )
    return terms.incident, terms


def own_draft(reference, *, by, version=None):
    """The locked claim, if `by` may edit it and it is still a draft."""
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_edit(by, claim))
    if not claim.is_draft:
        raise Refused("wrong_state", SUBMITTED_ALREADY, status=409)
    return claim


@transaction.atomic
def edit_claim(reference, *, by, version=None, **changes):
    """Changes a draft: any of login, narrative, login_explanation, late_reason, items (all of them), iban, holder.

    Raises Refused `stale` when `version` is given and somebody changed the draft since.
    """
    claim = own_draft(reference, by=by, version=version)
    login = changes.pop("login", None)
    values = cleaned(changes, incident=claim.incident, terms=claim.terms.rules, now=timezone.now())
    if login is not None:
        values["login"] = filing.clean_login(login)
        values["customer"] = Customer.objects.with_login(claim.incident, values["login"]).first()
    items = values.pop("items", None)
    if items is not None:
        replace_items(claim, items)
        values["claimed"] = total_of(item["amount"] for item in items)
    changed = sorted(field for field in FIELDS if field in changes) + (["login"] if login is not None else [])
    values = sealed_bank_details(claim.claimant, values, by=by, sealed=claim.bank_details)
    return lifecycle.touch(claim, by=by, action="edit", facts={"changed": changed}, **values)


@transaction.atomic
def submit_claim(reference, *, by, declaration, late_reason="", version=None):
    """Submits a complete draft: checks, flags, due date, journal and confirmation in one transaction."""
    claim = lifecycle.locked(reference, by=by, version=version)
    late = is_late(claim)
    permissions.require(permissions.may_submit_late(by, claim) if late else permissions.may_edit(by, claim))
    if not claim.is_draft:
        raise Refused("illegal_move", _("This claim was already submitted."), status=409)
    items, attached = declared(claim, declaration)
    now, rules, why = timezone.now(), claim.terms.rules, ""
    if late and permissions.may_edit(by, claim):
        late_reason = clean_text(late_reason or claim.late_reason, field="late_reason", limit=NARRATIVE)
    elif late:  # a supervisor: the claimant's reason stays as it is, the supervisor's own is in the journal
        why, late_reason = clean_text(late_reason, field="late_reason", limit=NOTE), claim.late_reason
    return lifecycle.advance(
        claim,
        Status.SUBMITTED,
        by=by,
        move="submit",
        words=why,
        facts={"items": len(items), "documents": len(attached), "claimed": str(claim.claimed)},
        submitted_at=now,
        due=clock.start(claim, rules.decision_days, basis="decision", by=by, mode=rules.decision_mode),
        late_reason=late_reason if late else "",
        risk=risk.of(claim),
        flags=filing.flags_of(items, on_roster=claim.customer is not None, outage=claim.outage, late=late),
    )


def declared(claim, declaration):
    """(its losses, what each document proves) of a locked draft that is complete and declared true."""
    if declaration is not True:
        raise Refused("declaration_required", _("Confirm that what you wrote is true."), field="declaration")
    items = list(claim.items.all())
    attached = list(claim.attachments.exclude(document__state="refused").values_list("item_id", flat=True))
    filing.check_complete(claim, items=items, proven_items=set(attached) - {None}, loose_documents=attached.count(None))
    return items, attached


def is_late(claim):
    return not claim.incident.accepts_claims(timezone.now())


@transaction.atomic
def ask_late(reference, *, by, declaration, late_reason, version=None):
    """The claimant of a draft whose time is over asks that it be taken all the same; from now on supervisors see it.

    Raises Refused: 409 `not_late`, 422 for what is missing in it or in the reason.
    """
    claim = own_draft(reference, by=by, version=version)
    if not is_late(claim):
        raise Refused("not_late", _("The time to file is not over. Send the claim."), status=409)
    declared(claim, declaration)
    late_reason = clean_text(late_reason, field="late_reason", limit=NARRATIVE)
    return lifecycle.touch(claim, by=by, action="ask late", late_reason=late_reason)


@transaction.atomic
def withdraw(reference, *, by, reason="", version=None):
    """The claimant takes the claim back before it is decided; a draft is discarded without a word to anybody."""
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_withdraw(by, claim))
    reason = clean_text(reason, field="reason", limit=NARRATIVE, required=False)
    if claim.is_draft:
        return lifecycle.advance(claim, Status.WITHDRAWN, by=by, move="discard", words=reason)
    end_assignment(claim, "withdrawn")
    claim.holds.filter(ended_at=None).update(ended_at=timezone.now())
    claim.decisions.filter(state="proposed").update(state="void")
    questions.drop(claim)
    return lifecycle.advance(claim, Status.WITHDRAWN, by=by, move="withdraw", words=reason, assigned_to=None)


def expire_drafts(*, size=500):
    """Expires at most `size` drafts nobody touched for the days of their terms; returns how many."""
    now, expired = timezone.now(), 0
    for terms in IncidentTerms.objects.all():
        before = now - timedelta(days=terms.rules.draft_days)
        old = Claim.objects.filter(status=Status.DRAFT, terms=terms, updated_at__lte=before).order_by("updated_at")
        expired += sum(expire_draft(pk, before) for pk in old.values_list("pk", flat=True)[: size - expired])
    return expired


@transaction.atomic(durable=True)
def expire_draft(pk, before):
    """Expires one draft unless it was touched since `before`, or somebody is just touching it; 1 if it was."""
    claim = (
        Claim.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("claimant")
        .filter(pk=pk, status=Status.DRAFT, updated_at__lte=before)
        .first()
    )
    if claim is None:
        return 0
    lifecycle.advance(claim, Status.EXPIRED, by=None, move="expire")
    return 1
