"""About 300 claims, each brought to its state by the people who would do it."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from schwifty import IBAN

from accounts.roles import Role
from claims.actions import appeals, attachments, banking, checklist, decisions, endings, intake, review
from claims.models import Customer
from claims.reports import checking
from claims.rules.outage import ROME
from config.demo import later, papers, people, signs, stories
from config.demo.accounts import owner_of
from config.demo.clock import at
from config.demo.outage import CODE
from evidence import scanning
from evidence.uploading import StreamedUpload

# How many claims stop in which state, of 300.
SHARES = {
    "draft": 24, "submitted": 64, "in_review": 26, "information_requested": 10, "on_hold": 6,
    "awaiting_countersignature": 14, "approved": 46, "partly_approved": 50, "rejected": 24, "appealed": 8, "heard": 6,
    "reopened": 4, "payment_due": 14, "closed": 8, "withdrawn": 16, "expired": 10,
}  # fmt: skip
# Days ago that a claim was filed, youngest and oldest, by the state it stops in. Decisions are due after 45.
AGES = {
    "draft": (0, 40), "submitted": (0, 47), "in_review": (4, 49), "awaiting_countersignature": (9, 44),
    "information_requested": (6, 40), "on_hold": (6, 40), "closed": (80, 95), "withdrawn": (3, 60),
    "expired": (95, 110),
}  # fmt: skip
OLD = (12, 75)
# What was decided where that does not say it by itself.
OUTCOMES = {
    "awaiting_countersignature": ("approved", "partly_approved"), "payment_due": ("approved", "partly_approved"),
    "appealed": ("partly_approved", "rejected"), "heard": ("partly_approved", "rejected"),
    "reopened": ("rejected",), "closed": ("rejected",),
}  # fmt: skip
STRANDED_EVERY = 15  # one claimant in so many has no address but the broken one


class Case:
    """A claim on its way: who files it, where it stops, and what it holds."""

    def __init__(self, story, target, claimant, login, age, rnd, *, by=None, explanation=""):
        self.story, self.target, self.claimant, self.login, self.rnd = story, target, claimant, login, rnd
        self.by, self.explanation = by or claimant, explanation
        self.filed = moment(age, rnd)
        self.narrative, self.items, self.words = stories.tell(story, rnd)
        self.reference, self.sign = None, ""

    def open(self):
        """The draft with its documents."""
        rnd = self.rnd
        with at(self.filed):
            claim = intake.open_claim(
                CODE, by=self.by, login=self.login, narrative=self.narrative, login_explanation=self.explanation,
                items=[self.item(*item) for item in self.items], **self.bank_details(), **self.on_behalf(),
            )  # fmt: skip
        self.reference = claim.reference
        self.claimant = claim.claimant
        first = claim.items.first()
        for position, (paper, kind) in enumerate(self.story.papers):
            spare = position > 0 or self.target in ("draft", "expired")
            if spare and rnd.random() < 0.4:
                continue
            name, content = papers.draw(paper, self.facts(first), rnd)
            item = first.pk if position == 0 and rnd.random() < 0.6 and len(self.items) == 1 else None
            self.attach(name, content, kind, item, 6 + 3 * position)
        if self.sign:
            self.attach(*signs.draw(self.sign, self.facts(first)), None, 20)

    def attach(self, name, content, kind, item, minutes):
        upload = StreamedUpload.of(name, [content])
        try:
            with at(self.filed + timedelta(minutes=minutes)):
                attachments.attach(self.reference, upload, by=self.by, kind=kind, item_id=item)
        finally:
            upload.close()

    def item(self, head, amount, description):
        day = self.rnd.choices((23, 24, 25, 26, 30), (30, 30, 25, 10, 5))[0]
        occurred = datetime(2023, 1, day, self.rnd.randint(8, 17), self.rnd.choice((0, 15, 30, 45)), tzinfo=UTC)
        return {"head": head, "amount": amount, "description": description, "occurred_at": occurred}

    def bank_details(self, *, always=False):
        if not always and self.rnd.random() < 0.35:
            return {}
        account = f"{self.rnd.randrange(10**12):012}"
        iban = IBAN.generate("IT", bank_code="05428", branch_code="11101", account_code=account)
        return {"iban": str(iban), "holder": self.claimant.name if self.claimant else "Intestatario del conto"}

    def on_behalf(self):
        if self.claimant is not None:
            return {}
        address = f"{self.login.partition('@')[0]}@example.org"
        person = {"email": address, "name": owner_of(self.login), "phone": "+39 06 5550 0100"}
        return {"on_behalf_of": {**person, "identity_check": "Codice fiscale e data di nascita"}, "channel": "phone"}

    def facts(self, item):
        return {
            "name": self.claimant.name, "login": self.login, "trade": self.story.trade, **self.words,
            "amount": item.amount, "item": item.description, "moment": item.occurred_at,
            "number": self.rnd.randint(1000, 9999),
        }  # fmt: skip

    def go_on(self, cast, now):
        """From the draft to where it stops."""
        if self.target in ("draft", "expired"):
            return
        with at(self.filed + timedelta(minutes=25)):
            intake.submit_claim(self.reference, by=self.by, declaration=True)
        if self.target == "submitted":
            return
        if self.target == "withdrawn":
            with at(self.filed + timedelta(hours=self.rnd.randint(5, 60))):
                intake.withdraw(self.reference, by=self.claimant, reason="Ho risolto direttamente con il mio cliente.")
            return
        left, pace = now - self.filed, 0.2 if self.target == "closed" else 1
        reviewer, other = self.rnd.sample((cast["rita"], cast["remo"]), 2)
        taken = at_work(self.filed + left * pace * self.rnd.uniform(0.3, 0.5), now)
        with at(taken):
            review.take(self.reference, by=reviewer)
            if self.rnd.random() < 0.06:  # somebody gives it back, somebody else takes it
                review.release(self.reference, by=reviewer, reason="Conosco il reclamante.")
                reviewer, other = other, reviewer
                review.take(self.reference, by=reviewer)
        if self.target == "information_requested":
            later.ask(self, reviewer, taken, now)
        elif self.target == "on_hold":
            later.hold(self, reviewer, taken, now)
        elif self.target != "in_review":
            decided = self.decide(reviewer, cast["sara"], taken, taken + (now - taken) * pace)
            self.settle(decided, now)
            if self.target == "heard":
                later.hear_appeal(self, other, cast["sara"], decided, now)
            elif self.target == "reopened":
                later.open_again(self, cast["sara"], other, decided, now)

    def decide(self, reviewer, signer, taken, now):
        waits = self.target == "awaiting_countersignature"
        outcome = self.rnd.choice(OUTCOMES[self.target]) if self.target in OUTCOMES else self.target
        decided = at_work(taken + (now - taken) * self.rnd.uniform(0.1, 0.6), now)
        with at(taken + (decided - taken) / 2):
            self.check(reviewer, outcome)
        with at(decided):
            items = self.findings(decisions_items(self.reference, reviewer), outcome)
            note = self.rnd.choice(stories.NOTES[outcome])
            claim = decisions.decide(
                self.reference, by=reviewer, outcome=outcome, items=items, note=note, ask_signature=waits
            )
        if claim.status == "awaiting_countersignature" and not waits:
            decided = at_work(decided + (now - decided) * self.rnd.uniform(0.1, 0.6), now)
            with at(decided):
                decisions.countersign(self.reference, by=signer)
        return decided

    def check(self, reviewer, outcome):
        """What the reviewer finds where the data leave it open."""
        rows = checking.checklist_of(reviewer.assigned_claims.get(reference=self.reference)).missing
        found = [{"code": row.code, "result": "pass", "note": stories.FOUND.get(row.code, "")} for row in rows]
        for entry in found:
            if entry["code"] == "causation" and outcome == "rejected":
                entry |= {"result": "fail", "note": stories.NOT_CAUSED}
        checklist.record(self.reference, by=reviewer, entries=found)

    def settle(self, decided, now):
        """What the claimant makes of the decision, some days later."""
        with at(decided + (now - decided) * self.rnd.uniform(0.2, 0.8)):
            if self.target == "appealed":
                appeals.appeal(self.reference, by=self.claimant, grounds=self.rnd.choice(stories.GROUNDS))
            elif self.target == "payment_due":
                iban = self.bank_details(always=True)
                banking.give_bank_details(self.reference, by=self.claimant, **iban)
                endings.accept(self.reference, by=self.claimant)

    def findings(self, items, outcome):
        """A reviewer's view of each item that agrees with `outcome`."""
        found = []
        for position, item in enumerate(items):
            nothing, part = stories.REFUSALS[item.head]
            finding = {"id": item.pk, "awarded": item.amount, "share": Decimal(0), "reasons": ["accepted_in_full"]}
            if outcome == "rejected":
                finding.update(awarded=Decimal(0), reasons=[nothing])
            elif outcome == "partly_approved" and position == 0:
                half = (item.amount * self.rnd.choice((3, 4, 5, 6, 7)) / 10).quantize(Decimal("0.01"))
                finding.update(awarded=half, reasons=["accepted_equitably", part])
                if self.rnd.random() < 0.3:
                    finding.update(share=Decimal(25), reasons=["own_contribution", part])
            found.append(finding)
        return found


def decisions_items(reference, reviewer):
    """The items as the reviewer finds them on the desk."""
    return list(reviewer.assigned_claims.get(reference=reference).items.all())


def moment(age, rnd):
    """About `age` days ago, at an hour when people sit down to write; never in the future."""
    day = datetime.now(ROME) - timedelta(days=age)
    then = day.replace(hour=rnd.randint(8, 21), minute=rnd.randint(0, 59), second=rnd.randint(0, 59), microsecond=0)
    return min(then, datetime.now(ROME) - timedelta(hours=3)).astimezone(UTC)


def at_work(then, now):
    """`then` moved into office hours of a working day, if that is not after `now`."""
    local = then.astimezone(ROME)
    local = local.replace(hour=9 + local.hour % 8) + timedelta(days={5: 2, 6: 1}.get(local.weekday(), 0))
    moved = local.astimezone(UTC)
    return moved if then <= moved < now else then


def plan(incident, cast, count, joined):
    """The cases, anna's and bruno's first."""
    rnd = random.Random(4711)  # noqa: S311 invented people
    anna, bruno = cast["anna"], cast["bruno"]
    logins = ("anna@libero.example", "bruno@virgilio.example")
    cases = [
        Case(stories.ANNA, "partly_approved", anna, logins[0], 30, rnd),
        Case(stories.STORIES[10], "submitted", anna, logins[0], 6, rnd),
        Case(stories.STORIES[13], "draft", anna, logins[0], 1, rnd),
        Case(stories.BRUNO, "rejected", bruno, logins[1], 24, rnd),
    ]
    targets = [target for target, share in SHARES.items() for _ in range(max(1, round(share * count / 300)))]
    rnd.shuffle(targets)
    rows = Customer.objects.filter(incident=incident).exclude(login__in=logins).exclude(login__startswith="info@")
    everybody = rows.order_by("login").values_list("login", flat=True)
    spread = everybody[:: max(1, len(everybody) // len(targets))][: len(targets)]
    for number, (target, login) in enumerate(zip(targets, spread, strict=True)):
        age = rnd.randint(*AGES.get(target, OLD))
        cases.append(case(number, target, login, age, cast, joined, rnd))
    signs.give(each for each in cases[4:] if each.target == "submitted")
    return cases


def case(number, target, login, age, cast, joined, rnd):
    """One invented claimant's case; some call in, some are stranded, some are not on the roster."""
    story = stories.STORIES[number % len(stories.STORIES)]
    if number % 20 == 7 and target != "withdrawn":
        return Case(story, target, None, login, age, rnd, by=cast["olga"])
    local = login.partition("@")[0]
    email = login if number % STRANDED_EVERY == 3 else f"{local}@example.org"
    person = people.add(email, owner_of(login), Role.CLAIMANT, joined)
    if number % 18 == 5:
        explanation = "Ricevo la posta di questo indirizzo inoltrata dalla casella che non funzionava."
        return Case(story, target, person, f"{local}.altro@libero.example", age, rnd, explanation=explanation)
    return Case(story, target, person, login, age, rnd)


def live(cases, cast, now):
    """Opens them all, has the documents judged, and brings each to its state, oldest first."""
    cases = sorted(cases, key=lambda each: each.filed)
    for each in cases:
        each.open()
    while scanning.scan_batch(size=1000):
        pass
    for each in cases:
        each.go_on(cast, now)
