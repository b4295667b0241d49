"""A claim's story: every entry of its journal for staff, what is theirs to see for claimants."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from accounts import keys
from accounts.models import User
from accounts.roles import Role
from claims.models import JournalEntry
from claims.reports.appealing import TO_PAY, decision_in_force
from claims.reports.deadlines import deadline_of
from claims.reports.estimates import Estimate, estimate_of
from claims.reports.stories import NOW, SHOWN_IN_STEPS, WHERE_TO_PAY, YOU, next_of, steps_of
from claims.rules.checklist import CHECKS
from claims.rules.outage import ROME
from claims.rules.statuses import LABELS, UNDECIDED, Status

ACTIONS = {
    "open": _("Claim opened"),
    "edit": _("Draft changed"),
    "attach": _("Document added"),
    "detach": _("Document removed"),
    "ask late": _("Asked to be taken although it is late"),
    "inside": _("Files found inside a document were added"),
    "virus found": _("A virus was found in a document, which was withdrawn"),
    "submit": _("Claim submitted"),
    "expire": _("Closed, because nobody went on with it"),
    "take": _("Taken for review"),
    "release": _("Given back to the queue"),
    "assign": _("Given to another reviewer"),
    "hand over": _("Handed over to a colleague"),
    "ask": _("Information requested"),
    "answer": _("Information given"),
    "late answer": _("Information given after the last day"),
    "unanswered": _("Not answered in time, so the review goes on"),
    "take back question": _("Information no longer needed"),
    "message": _("Message written"),
    "note": _("Internal note written"),
    "check": _("Checklist worked on"),
    "hold": _("Put on hold"),
    "resume": _("Review resumed"),
    "extend": _("Time to decide prolonged"),
    "overdue": _("The day of the decision passed"),
    "decide": _("Decided"),
    "propose": _("Decision proposed, awaiting countersignature"),
    "countersign": _("Decision countersigned"),
    "return": _("Decision returned to the reviewer"),
    "recall": _("Decision taken back by the reviewer, to change it"),
    "accept": _("Decision accepted"),
    "appeal": _("Appeal filed"),
    "payment sent": _("Payment given to the bank"),
    "payment cancelled": _("Payment taken back, because the bank did not carry it out"),
    "settle": _("Paid"),
    "payment returned": _("Payment came back"),
    "award given": _("Given beside money"),
    "award refused": _("An award beside money could not be given"),
    "voucher shown": _("The code of a voucher was shown to the claimant"),
    "new bank details": _("New bank details given"),
    "close": _("Closed"),
    "discard": _("Draft discarded"),
    "lapse": _("Final, because the time to appeal is over"),
    "bank details": _("Bank details given"),
    "restore": _("Draft opened again"),
    "withdraw": _("Withdrawn"),
    "reopen": _("Reopened"),
    "legal hold": _("Legal hold set: nothing is deleted"),
    "lift legal hold": _("Legal hold lifted"),
    "delete evidence": _("Documents deleted, because the time to keep them is over"),
}
# What happens between staff. A claimant learns the outcome, not how it was reached.
INTERNAL = {
    "release",
    "assign",
    "hand over",
    "propose",
    "return",
    "recall",
    "overdue",
    "note",
    "check",
    "payment cancelled",
    "award refused",
    "voucher shown",
    "legal hold",
    "lift legal hold",
}
# Neighbours of one kind become one line for the claimant.
GROUPS = {"edit": _("Draft changed"), "attach": _("Documents changed"), "detach": _("Documents changed")}
LOOKING = _("A reviewer is looking at your claim")
WHO = {
    "claimant": _("You"),
    "operator": _("Our call centre for you"),
    "reviewer": _("The review office"),
    "clock": _("Automatically"),
}


@dataclass(frozen=True)
class Event:
    """One act. `actor` is a name for staff and a role for claimants; `who` the same in words for a page."""

    sequence: int
    at: datetime
    actor: str
    action: str
    label: str
    old: str
    new: str
    note: str
    hash: str
    who: str = ""


@dataclass(frozen=True)
class Story:
    """Where a claim stands, in a claimant's words.

    `by` is a Rome date or None: when we owe the decision; for a draft, how long it is kept. `you` is
    what the person has to do, "" for nothing; `estimate` how long it probably takes (claims/reports/estimates.py),
    None unless it waits for a decision.
    """

    now: str
    next: str
    by: object
    you: str
    steps: list
    estimate: Estimate | None = None


def events_of(claim, *, for_staff):
    """The events of a claim, oldest first, in as many queries for three as for thirty."""
    entries = list(JournalEntry.objects.of(claim).select_related("actor"))
    people = keys.keys_of({entry.person_id for entry in entries if entry.sealed})
    if for_staff:
        reviewers = names_of({receiver(entry) for entry in entries} - {None})
        return [for_staff_of(entry, people, reviewers) for entry in entries]
    return public_events(claim, entries, people)


def for_staff_of(entry, people, reviewers):
    name = str(entry.actor) if entry.actor else "clock"
    label, given_to = ACTIONS.get(entry.action, entry.action), receiver(entry)
    if given_to not in (None, entry.actor_id):
        given = _("Reopened, and given to %(name)s") if entry.action == "reopen" else _("Given to %(name)s")
        label = given % {"name": reviewers.get(given_to, "?")}
    return Event(
        sequence=entry.sequence,
        at=entry.at,
        actor=name,
        action=entry.action,
        label=label,
        old=entry.old,
        new=entry.new,
        note=checks_named(entry.words(people)) if entry.action == "check" else entry.words(people),
        hash=entry.hash,
        who=name if entry.actor else WHO["clock"],
    )


def checks_named(words):
    """The notes of checks, each after what it is about instead of the code that the journal keeps."""
    lines = (line.partition(": ") for line in words.split("\n"))
    return "\n".join(f"{CHECKS[code].label if code in CHECKS else code}{colon}{note}" for code, colon, note in lines)


def receiver(entry):
    """The id of the reviewer to whom this entry gave the claim, or None."""
    return entry.facts.get("reviewer", entry.facts.get("to"))


def names_of(ids):
    return {user.pk: str(user) for user in User.objects.filter(pk__in=ids)} if ids else {}


def public_events(claim, entries, people):
    """No names, notes of staff, facts or hashes; a desk's coming and going is one “being looked at” a round."""
    events, group, looking = [], None, False
    for entry in entries:
        if entry.action in INTERNAL or entry.action not in ACTIONS or (entry.action == "take" and looking):
            continue
        looking = entry.action == "take" or (looking and entry.action not in ("appeal", "reopen"))
        if entry.action in GROUPS and GROUPS[entry.action] is group:
            events.pop()
        group = GROUPS.get(entry.action)
        events.append(public_event(claim, entry, people, before=events[-1].new if events else ""))
    return events


def public_event(claim, entry, people, *, before):
    role = public_role(claim, entry)
    label = LOOKING if entry.action == "take" else GROUPS.get(entry.action, ACTIONS[entry.action])
    if entry.action in ("decide", "countersign"):
        label = _("Decided: %(outcome)s") % {"outcome": LABELS[Status(entry.new)]}
    return Event(
        sequence=entry.sequence,
        at=entry.at,
        actor=role,
        action="decide" if entry.action == "countersign" else entry.action,
        label=label,
        old=before,
        new=shown_status(entry.new),
        note=entry.words(people) if entry.actor_id == claim.claimant_id else "",
        hash="",
        who=WHO[role],
    )


def public_role(claim, entry):
    """Who acted, without telling one member of staff from another."""
    if entry.actor_id is None:
        return "clock"
    if entry.actor_id == claim.claimant_id:
        return str(Role.CLAIMANT)
    return str(Role.OPERATOR if entry.actor_id == claim.filed_by_id else Role.REVIEWER)


def shown_status(status):
    """The status a claimant is told: a decision that waits for its second signature is still in review."""
    return str(Status.IN_REVIEW if status == Status.AWAITING_COUNTERSIGNATURE else status)


def story(claim, deadline=None, choices=None):
    """What a claimant's page shows of the claim's way, in the language that is active; `deadline` if it is at hand.

    `choices` are what the claimant of a decided claim can do (claims.reports.appealing).
    """
    status = Status(shown_status(claim.status))
    return Story(
        now=NOW[status],
        next=next_of(status, choices),
        by=owed_by(claim, status),
        you=to_do(claim, status),
        steps=steps_of(claim, status, turns(claim)),
        estimate=estimate_of(claim, deadline or deadline_of(claim)) if status in UNDECIDED else None,
    )


def to_do(claim, status):
    if status in TO_PAY and not claim.iban_hint:
        decision = decision_in_force(claim)
        if decision and decision.net:
            return WHERE_TO_PAY
    return YOU.get(status, "")


def owed_by(claim, status):
    if status is Status.DRAFT:
        return (claim.updated_at + timedelta(days=claim.terms.rules.draft_days)).astimezone(ROME).date()
    waits = status in (Status.INFORMATION_REQUESTED, Status.ON_HOLD)  # what is due then says its own part of the page
    return claim.due if status in UNDECIDED and not waits else None


def turns(claim):
    """(action, status after it, moment) of every entry that the steps show, oldest first."""
    return JournalEntry.objects.of(claim).filter(action__in=SHOWN_IN_STEPS).values_list("action", "new", "at")
