"""The product as the machine drives it: one real transaction for each move, and what the database holds afterwards."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import time_machine
from django.core import mail
from django.db import connection, transaction
from schwifty import IBAN

from accounts.models import User
from claims import tasks
from claims.actions import (
    answers,
    appeals,
    attachments,
    banking,
    clock,
    deadlines,
    decisions,
    endings,
    holds,
    intake,
    messages,
    questions,
    review,
)
from claims.models import Check, Claim, Decision, JournalEntry, Notice
from claims.rules.errors import Refused
from claims.rules.terms import Terms
from evidence.uploading import StreamedUpload
from tests import make
from tests.emptying import empty, with_what_hangs_on
from tests.model import bank
from tests.model.model import ROLES

CASES = 4  # at most in one run
# What a run leaves behind. People, outages and texts stay.
LEFT = """
claims_claim claims_check claims_lossitem claims_attachment claims_assignment claims_hold claims_decision
claims_award claims_benefit claims_payout claims_transfer claims_batch claims_statement claims_statementline
claims_countersignature claims_appeal claims_letter claims_notice claims_journalentry claims_clockevent claims_message
claims_note claims_mention claims_informationrequest claims_requesteditem claims_seal claims_decisiondraft
evidence_document
"""
CRANKS = (
    tasks.deliver_notices, tasks.expire_drafts, tasks.expire_questions, tasks.remind_of_questions, tasks.end_holds,
    tasks.pass_windows, tasks.watch_deadlines,
)  # fmt: skip


class World:
    """People and outages, made once for all runs of a test."""

    def __init__(self, terms):
        for name, roles in ROLES.items():
            make.person(name, *roles)
        self.codes = [f"outage-{number}" for number in range(len(terms))]
        for code, of_model in zip(self.codes, terms, strict=True):
            made = make.incident(code, closes_at=of_model.closes, terms=as_terms(of_model))
            for number in range(CASES):
                make.customer(made, f"c{number}@libero.example")


def as_terms(terms):
    return Terms(
        decision_mode=terms.mode,
        decision_days=terms.decision_days,
        appeal_decision_days=terms.appeal_decision_days,
        appeal_days=terms.appeal_days,
        holds_that_pause=terms.pausing,
        appeal_may_worsen=terms.may_worsen,
        draft_days=terms.draft_days,
        closing_days=terms.closing_days,
    )


class System:
    """One run."""

    def __init__(self, world, now):
        self.world, self.now, self.references, self.entries, self.notices = world, now, [], 0, 0
        with transaction.atomic(), connection.cursor() as cursor:
            empty(cursor, with_what_hangs_on(*LEFT.split()))
        mail.outbox = []
        self.people = {person.email.partition("@")[0]: person for person in User.objects.filter(email__in=ADDRESSES)}

    def act(self, move, number, who, how):
        """None, or (status, code) of the refusal."""
        with time_machine.travel(self.now, tick=False):
            by = self.people.get(who)
            by and by.forget_roles()
            how = dict(how)
            try:
                if number is None:
                    return ACTS[move](self, by, **how)
                claim = Claim.objects.get(reference=self.references[number])
                if how.pop("stale", False):
                    how["version"] = claim.version - 1
                ACTS[move](self, claim, by, **how)
            except Refused as refused:
                return refused.status, refused.code

    def crank(self):
        with time_machine.travel(self.now, tick=False):
            for each in CRANKS:
                each()

    def claims(self):
        rows = Claim.objects.order_by("pk").select_related("assigned_to")
        return [
            {
                "state": row.status,
                "assignee": name_of(row.assigned_to),
                "round": row.round,
                "due": row.due,
                "entries": row.version,
                "claimed": int(row.claimed * 100),
                "iban": bool(row.iban_hint),
                "flag": next((each for each in row.flags if each in ("unanswered", "answered_late")), ""),
            }
            for row in rows
        ]

    def decisions(self):
        rows = Decision.objects.order_by("pk").select_related("decider", "countersignature__signer")
        found = {}
        for row in rows.prefetch_related("benefits"):
            signed = getattr(row, "countersignature", None)
            gifts = sum(benefit.quantity for benefit in row.benefits.all())
            seen = (row.round, row.outcome, row.state, name_of(row.decider), name_of(signed and signed.signer))
            found.setdefault(row.claim_id - 1, []).append((*seen, int(row.net * 100), gifts))
        return found

    def new_entries(self):
        """{case: [(act, who, state)]} of what was written since the last time."""
        found = {}
        for row in JournalEntry.objects.filter(pk__gt=self.entries).order_by("pk").select_related("actor"):
            self.entries = row.pk
            kind, _colon, number = row.chain.partition(":")
            if kind in ("batch", "statement"):
                continue
            assert kind == "claim", row
            found.setdefault(int(number) - 1, []).append((row.action, name_of(row.actor), row.new))
        return found

    def new_notices(self):
        found = {}
        for pk, claim, kind in (
            Notice.objects.filter(pk__gt=self.notices).order_by("pk").values_list("pk", "claim_id", "kind")
        ):
            self.notices = pk
            if claim is not None:
                found.setdefault(claim - 1, Counter())[kind] += 1
        return found

    def nothing_written(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM claims_journalentry WHERE id > %s) OR EXISTS"
                " (SELECT FROM claims_notice WHERE id > %s)",
                [self.entries, self.notices],
            )
            return not cursor.fetchone()[0]

    def visible(self, who):
        return [pk - 1 for pk in Claim.objects.visible_to(self.people[who]).order_by("pk").values_list("pk", flat=True)]


ADDRESSES = [f"{name}@example.org" for name in ROLES]


def name_of(person):
    return person.email.partition("@")[0] if person else ""


def losses(items):
    return [make.item(str(Decimal(amount) / 100), head=head) for head, amount in items]


def open_claim(system, by, outage, for_whom, items):
    others = {}
    if for_whom:
        others["on_behalf_of"] = {"email": f"{for_whom}@example.org", "name": for_whom, "identity_check": "Birthday"}
    claim = intake.open_claim(
        system.world.codes[outage],
        by=by,
        login=f"c{len(system.references)}@libero.example",
        items=losses(items),
        narrative=make.NARRATIVE,
        **others,
    )
    system.references.append(claim.reference)


def attach(_system, claim, by):
    upload = StreamedUpload.of("receipt.txt", [b"Receipt of the new mailbox."])
    try:
        attachments.attach(claim.reference, upload, by=by)
    finally:
        upload.close()


def decide(_system, claim, by, kind="full", share=0, gifts=0, ask=False, wrong="", **more):
    if wrong == "unchecked":
        Check.objects.filter(claim=claim, round=claim.round).delete()
    else:
        make.checked(claim)
    items = []
    for item in claim.items.all():
        cents = int(item.amount * 100)
        awarded = Decimal({"full": cents, "part": cents // 3, "none": 0}[kind]) / 100
        awarded += item.amount if wrong == "over" else 0
        reasons = [] if wrong == "reasons" else ["accepted_equitably"]
        items.append({"id": item.pk, "awarded": awarded, "share": Decimal(share), "reasons": reasons})
    outcome = fitting(items, claim, gifts)
    if wrong == "outcome":
        outcome = "rejected" if outcome == "approved" else "approved"
    decisions.decide(
        claim.reference,
        by=by,
        outcome=outcome,
        items=items[1:] if wrong == "item" else items,
        awards=[{"kind": "storage_gb", "quantity": gifts}] if gifts else [],
        ask_signature=ask,
        **more,
    )


def fitting(items, claim, gifts):
    """The outcome as somebody reads it off the amounts."""
    amounts = {item.pk: item.amount for item in claim.items.all()}
    given = [round(float(each["awarded"] * (100 - each["share"])) + 0.0001) for each in items]
    if not any(given):
        return "partly_approved" if gifts else "rejected"
    return "approved" if all(each["awarded"] == amounts[each["id"]] for each in items) else "partly_approved"


def iban_of(person, valid):
    """Everybody has another one; a digit may be wrong."""
    iban = IBAN.generate("IT", "0542811101", f"{person.pk:012}").compact
    return iban if valid else f"{iban[:-1]}{(int(iban[-1]) + 1) % 10}"


def until(days):
    return clock.today() + timedelta(days=days)


ACTS = {
    "open": open_claim,
    "take_next": lambda _s, by: review.take_next(by=by) and None,
    "edit": lambda _s, c, by, items, **m: intake.edit_claim(c.reference, by=by, items=losses(items), **m),
    "attach": attach,
    "submit": lambda _s, c, by, declared=True, late="", **m: intake.submit_claim(
        c.reference, by=by, declaration=declared, late_reason=late, **m
    ),
    "ask_late": lambda _s, c, by, declared=True, reason=True, **m: intake.ask_late(
        c.reference, by=by, declaration=declared, late_reason="She was ill" if reason else " ", **m
    ),
    "withdraw": lambda _s, c, by, **m: intake.withdraw(c.reference, by=by, **m),
    "bank": lambda _s, c, by, valid=True, **m: banking.give_bank_details(
        c.reference, by=by, iban=iban_of(by, valid), **m
    ),
    "message": lambda _s, c, by, words=True: messages.write(c.reference, by=by, text="Good day" if words else " "),
    "note": lambda _s, c, by: messages.write_note(c.reference, by=by, text="Look at the invoice"),
    "take": lambda _s, c, by, **m: review.take(c.reference, by=by, **m),
    "assign": lambda s, c, by, to, **m: review.assign(c.reference, by=by, to=s.people[to], **m),
    "hand_over": lambda s, c, by, to, note=True, **m: review.hand_over(
        c.reference, by=by, to=s.people[to], note="I am away" if note else " ", **m
    ),
    "release": lambda _s, c, by, **m: review.release(c.reference, by=by, **m),
    "hold": lambda _s, c, by, reason="expert", days=20, **m: holds.hold(
        c.reference, by=by, reason=reason, until=until(days), **m
    ),
    "resume": lambda _s, c, by, **m: holds.resume(c.reference, by=by, **m),
    "ask": lambda _s, c, by, things=1, days=15, **m: questions.ask(
        c.reference, by=by, items=[f"Thing {number}" for number in range(things)], days=days, **m
    ),
    "take_back": lambda _s, c, by, **m: questions.cancel(c.reference, by=by, **m),
    "answer": lambda _s, c, by, words=True, **m: answers.answer(c.reference, by=by, text="Here." if words else "", **m),
    "extend": lambda _s, c, by, days=15, **m: deadlines.extend(c.reference, by=by, days=days, basis="agreed", **m),
    "decide": decide,
    "countersign": lambda _s, c, by, **m: decisions.countersign(c.reference, by=by, **m),
    "give_back": lambda _s, c, by, note=True, **m: decisions.return_to_reviewer(
        c.reference, by=by, note="Why?" if note else " ", **m
    ),
    "recall": lambda _s, c, by, **m: decisions.recall(c.reference, by=by, **m),
    "accept": lambda _s, c, by, **m: endings.accept(c.reference, by=by, **m),
    "appeal": lambda _s, c, by, grounds=True, **m: appeals.appeal(
        c.reference, by=by, grounds="Too little" if grounds else " ", **m
    ),
    "reopen": lambda s, c, by, to="", reason=True, **m: endings.reopen(
        c.reference, by=by, to=s.people.get(to), reason="A mistake" if reason else "", **m
    ),
    "settle": bank.settle,
    "come_back": bank.come_back,
}
