"""The people and things that the cells point at: made once for a module, every request on them is undone."""

import io
import uuid
from datetime import timedelta
from itertools import count
from unittest import mock

from allauth.account.models import EmailAddress
from django.core import signing
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken
from claims.actions import (
    answers,
    bank_files,
    batches,
    clearing,
    clock,
    corrections,
    decisions,
    endings,
    holds,
    incidents,
    intake,
    letters,
    mass_runs,
    messages,
    outbox,
    questions,
    review,
    terms,
)
from claims.models import Export, JournalEntry, Letter, Notice, Payout, ProblemReport, RequestedItem
from claims.reports.files import path_of
from claims.rules.terms import Terms
from claims.web.problems import SALT
from evidence import blobs, resuming
from evidence.models import Upload
from tests import make
from tests.access import awards
from tests.access.walk import ARGUMENT, Unlisted

# The columns of the matrix. "self" has every role that touches claims and is the claimant of the twin of each claim.
CAST = {
    "anonymous": None,
    "owner": ("canaryowner", "claimant"),
    "other": ("canaryother", "claimant"),
    "filer": ("canaryfiler", "operator"),
    "operator": ("canaryoperator", "operator"),
    "assigned": ("canaryassigned", "reviewer"),
    "reviewer": ("canaryreviewer", "reviewer"),
    "supervisor": ("canarysupervisor", "supervisor"),
    "manager": ("canarymanager", "manager"),
    "administrator": ("canaryadministrator", "administrator"),
    "self": ("canaryself", "claimant", "reviewer", "supervisor", "manager"),
}
IDENTITIES = tuple(CAST)
BROKEN_TOKENS = ("expired", "revoked", "disabled", "deleted", "wrong scheme", "only a session")
IBAN = "DE89370400440532013000"
TWIN_IBAN = "FR1420041010050500013M02606"  # of "self", who could not work on a claim with their own account
IBANS = (IBAN, TWIN_IBAN)
UNKNOWN = "4F7GH-9HQ2X"
LATE = timedelta(hours=-1)


class World:
    def __init__(self):
        self.people = {who: named and make.person(named[0], *named[1:]) for who, named in CAST.items()}
        self.stranger = make.person("canarystranger", "manager")
        self.keys, self.browsers = count(1), {}
        self.owners_accounts = {}  # {case of a mass run: an account on its roster that "owner" is told of}
        self.written = None  # what cells.writes() said after the last request, as long as nothing came after it
        self.incidents = {"open": make.incident("open-1"), "draft": draft_incident(self.stranger)}
        self.incidents["closed"] = make.incident("closed-1", state="closed")
        self.drafts = self.later_terms()
        self.claims = {}
        for claimant in ("owner", "self"):
            for case in ("draft", "submitted", "in_review", "on_hold", "asked", "awaiting", "decided"):
                self.claims[claimant, case] = self.claim(self.people[claimant], case)
        letters.print_batch()
        self.batches = self.opened_batches()
        self.rows = self.other_rows()
        self.files, gifts = awards.files(
            self.rows["run_id", "approved", None], manager=self.people["manager"], stranger=self.stranger
        )
        self.rows |= {("award", case, None): gift for case, gift in gifts.items()}
        self.sign_in_everybody()
        with mock.patch("django.core.signing.time.time", return_value=timezone.now().timestamp() - 60):
            self.opened = signing.dumps("", salt=SALT)

    def later_terms(self):
        """{case: draft}: of "open" one that the manager proposed, of "closed" one that nobody proposed yet."""
        manager, dearer = self.people["manager"], Terms(appeal_days=31)
        made = {case: terms.save(f"{case}-1", by=manager, terms=dearer, revision=0) for case in ("open", "closed")}
        terms.propose("open-1", by=manager, revision=1, reason="Longer")
        return made

    # --- claims ------------------------------------------------------------------------------------
    def claim(self, claimant, case):
        """A claim that the call centre filed for `claimant`, brought as far as `case`; telling values all along."""
        filer, reviewer, supervisor = (self.people[who] for who in ("filer", "assigned", "supervisor"))
        claim = intake.open_claim(
            "open-1",
            by=filer,
            login=f"{case}@elsewhere.example",
            narrative=make.NARRATIVE,
            login_explanation="My own",
            items=[make.item("120.00"), make.item("130.00")],
            iban=TWIN_IBAN if claimant == self.people["self"] else IBAN,
            holder="Canaryholder",
            on_behalf_of={"email": claimant.email, "name": claimant.name, "identity_check": "canarycheck"},
        )
        attachment = make.attachment(claim)
        resuming.begin(by=claimant, name="a.pdf", size=10, purpose=f"evidence {claim.reference}", details={})
        attachment.document.has_preview = True
        attachment.document.save()
        target = blobs.preview_path(attachment.document.sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"a picture")
        if case != "draft":
            intake.submit_claim(claim.reference, by=filer, declaration=True)
        if case not in ("draft", "submitted"):
            review.take(claim.reference, by=reviewer)
            review.release(claim.reference, by=reviewer, reason="canaryrelease")
            make.checked(review.assign(claim.reference, by=supervisor, to=reviewer))
            messages.write_note(claim.reference, by=reviewer, text="canarynote")
        if case == "on_hold":
            holds.hold(claim.reference, by=reviewer, until=in_ten_days(), reason="expert", note="canaryhold")
        if case == "asked":
            questions.ask(claim.reference, by=reviewer, items=["The contract"])
            answers.save_answer(claim.reference, asked_item(claim).pk, by=filer, text="It is lost")
        if case == "awaiting":
            self.propose(claim, reviewer)
            decisions.return_to_reviewer(claim.reference, by=supervisor, note="canaryreturn")
            self.propose(claim, reviewer)
        if case == "decided":
            verdict = {"outcome": "approved", "items": make.findings(claim), "note": "The invoice proves it."}
            decisions.decide(claim.reference, by=reviewer, **verdict)
        claim.refresh_from_db()
        return claim

    def propose(self, claim, reviewer):
        items = make.findings(claim, awarded="98.76", reasons=("avoidable",))
        decisions.decide(
            claim.reference,
            by=reviewer,
            outcome="partly_approved",
            items=items,
            note="canaryproposal",
            ask_signature=True,
        )

    def claim_of(self, who, case):
        """The claim that a cell is about: that of `self` for `self`, that of the owner for all others."""
        return self.claims.get(("self" if who == "self" else "owner", case))

    # --- everything else ---------------------------------------------------------------------------
    def other_rows(self):
        """{(name of the argument, case, who)}: who is None where it is the same for everybody."""
        owner, rows = self.people["owner"], {}
        for case, fields in {
            "failed": {"kind": "claim_submitted", "state": "failed", "recipient": owner},
            "sent": {"kind": "claim_submitted", "state": "sent", "recipient": owner},
            "sign_in": {"kind": "sign_in", "state": "failed", "recipient": owner},
        }.items():
            rows["notice_id", case, None] = notice(case, **fields)
        claim = self.claims["owner", "in_review"]
        rows["journal", "other", None] = JournalEntry.objects.of(claim).last()
        twin = JournalEntry.objects.of(self.claims["self", "awaiting"]).last()
        problem = ProblemReport.objects.create(text="No mail arrives", reporter=owner)
        rows["problem", "other", None] = problem
        rows["person_id", "colleague", None] = self.people["assigned"]
        self.cleared_desk()
        for case, run in self.mass_runs().items():
            rows["run_id", case, None] = run
        for case, correction in self.corrections().items():
            rows["correction_id", case, None] = correction
        ended = outbox.pause(by=self.stranger, reason="canarypause", kind="claim_paid")
        rows["pause_id", "ended", None] = outbox.resume(ended.pk, by=self.stranger)
        rows["pause_id", "stopped", None] = outbox.pause(by=self.stranger, reason="canarypause", kind="claim_paid")
        for who, person in self.people.items():
            person = person or owner
            rows["notice_id", "own_failed", who] = notice(
                f"own {who}", kind="claim_submitted", state="failed", recipient=person
            )
            rows["journal", "own", who] = twin  # what is proposed about a claim of "self"
            rows["person_id", "own", who] = person
            rows["person_id", "other", who] = self.people["other" if who == "owner" else "owner"]
            for state in ("queued", "ready"):
                rows["export", f"own_{state}", who] = export(person, state)
        for state in ("queued", "ready"):
            rows["export", f"other_{state}", None] = export(self.stranger, state)
        return rows

    def opened_batches(self):
        """{case: number} of two that nobody approved, one opened by the manager, who also asked to cancel the third."""
        owner, manager, numbers = self.people["owner"], self.people["manager"], {}
        for case in ("written", "open", "own"):
            endings.accept(self.claim(owner, "decided").reference, by=owner)
            (batch,), _waiting = batches.open_batches("open-1", by=manager if case == "own" else self.stranger)
            numbers[case] = batch.number
        endings.accept(self.claim(owner, "decided").reference, by=owner)  # owed, in no batch
        batches.approve_batch(numbers["written"], by=manager)
        bank_files.write_file(numbers["written"])
        bank_files.opened(numbers["written"], by=self.stranger)[1].close()
        batches.cancel_batch(numbers["written"], by=manager, reason="Lost")
        return numbers

    def mass_runs(self):
        """One in each state, on rosters with an account of "self"; "own" is the one that "manager" proposed."""
        made = {}
        for case in ("proposed", "own", "approved", "paused"):
            outage = make.incident(f"run-{case}")
            make.customer(outage, contact=self.people["self"].email)
            owners = make.customer(outage, "owner@elsewhere.example", contact=self.people["owner"].email)
            by = self.people["manager"] if case == "own" else self.stranger
            made[case] = mass_runs.propose(outage.code, "indemnity", by=by)
            self.owners_accounts[case] = owners
        for case in ("approved", "paused"):
            mass_runs.approve(made[case].pk, by=self.people["manager"])
        facts = {"incident": made["approved"].incident, "customer": self.owners_accounts["approved"]}
        Payout.objects.create(remedy="indemnity", amount="24.00", run=made["approved"], **facts)
        mass_runs.pause(made["paused"].pk, by=self.people["manager"])
        return made

    def corrections(self):
        """Of a roster; "own" is the one that "manager" proposed."""
        outage, lines = make.incident("corrected"), b"action,login,service\nadd,new@libero.example,paid\n"
        by = {"proposed": self.stranger, "own": self.people["manager"]}
        return {case: corrections.propose(outage.code, io.BytesIO(lines), by=person) for case, person in by.items()}

    def cleared_desk(self):
        """A case of the reviewer that a supervisor handed to a colleague, for the page that undoes it."""
        claim = self.claim(self.people["owner"], "in_review")
        moves = {claim.reference: self.people["reviewer"]}
        clearing.clear_desk(self.people["assigned"].pk, by=self.people["supervisor"], moves=moves, note="canaryaway")

    def row(self, name, case, who):
        """The id of a row, for `unknown` one that does not exist."""
        if case == "unknown":
            return uuid.UUID(int=7) if name == "export" else 987654321
        found = self.rows.get((name, case, who)) or self.rows[name, case, None]
        return found.pk

    def argument(self, address, converter, name, state, who):
        """The value of an argument in an address. A new name belongs here and into CASES of walk.py."""
        claim = self.claim_of(who, state)
        match converter, name:
            case "str", "reference":
                return claim.reference if claim else UNKNOWN
            case "uuid", "document" | "document_id":
                return claim.attachments.get().document_id if claim else uuid.UUID(int=7)
            case "uuid", "upload":
                return Upload.objects.get(purpose=f"evidence {claim.reference}").pk if claim else uuid.UUID(int=7)
            case "str", "code":  # of a letter
                letter = claim and Letter.objects.of(claim).first()
                return letter.code if letter else "ABCDEFGHJKLMNPQR"
            case "int", "item" if "/answer/" in address:
                item = claim and asked_item(claim)
                return item.pk if item else 987654321
            case "int", "item":
                return claim.items.first().pk if claim else 987654321
            case "slug", "kind":
                return state
            case "slug", "language":
                return "en"
            case "slug", "code" if "/reasons/" in address:
                return state
            case "slug", "code":
                return self.incidents[state].code if state in self.incidents else "unknown-1"
            case "slug", "service":
                return "paid"
            case "uuid", "export" | "export_id":
                return self.row("export", state, who)
            case "slug", "what":
                return "cancel"
            case "int", "batch" | "number":
                return self.batches.get(state, 987654321)
            case "int", "file":
                return self.files.get(state, 987654321)
            case "int", "award" if "/claims/" in address:
                return 987654321
            case "int", "account":
                return self.owners_accounts["approved"].pk if state == "owners" else 987654321
            case "int", "notice_id" | "person_id" | "run_id" | "pause_id" | "award" | "correction_id":
                return self.row(name, state, who)
            case "path", "object_id":
                kind = {"notice": "notice_id", "journalentry": "journal", "problemreport": "problem"}
                return self.row(kind[address.split("/")[3]], state, who)
        raise Unlisted(f"{address}: add <{converter}:{name}> to World.argument() of tests/access/world.py")

    def address(self, route, case, who):
        """The route's address with its arguments filled in."""
        return ARGUMENT.sub(
            lambda found: str(self.argument(route.address, found["converter"] or "str", found["name"], case, who)),
            route.address,
        )

    # --- who asks ----------------------------------------------------------------------------------
    def sign_in_everybody(self):
        self.cookies, self.tokens = {}, {}
        for who, person in self.people.items():
            if person is not None:
                client = Client()
                client.force_login(person)
                self.cookies[who] = {name: morsel.value for name, morsel in client.cookies.items()}
                EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
                self.tokens[who], _row = ApiToken.objects.issue(person, timedelta(days=1))
        owner = self.people["owner"]
        disabled, deleted = make.person("disabled", "claimant"), make.person("deleted", "claimant")
        plain = {"expired": ApiToken.objects.issue(owner, LATE)[0]}
        for name, person in (("revoked", owner), ("disabled", disabled), ("deleted", deleted)):
            plain[name], row = ApiToken.objects.issue(person, timedelta(days=1))
            if name == "revoked":
                row.delete()
        type(disabled).objects.filter(pk=disabled.pk).update(is_active=False)
        deleted.delete()
        self.broken = {name: f"Bearer {token}" for name, token in plain.items()}
        self.broken["wrong scheme"] = f"Token {self.tokens['owner']}"

    def browser(self, who):
        """The browser of `who`, as it was after signing in: making one anew costs more than most requests."""
        client = self.browsers.setdefault(who, Client(raise_request_exception=False))
        client.cookies.clear()
        for name, value in self.cookies.get(who, {}).items():
            client.cookies[name] = value
        client.cookies["language"] = "en"
        return client

    def program(self, who):
        if who == "only a session":
            client = APIClient(raise_request_exception=False)
            client.cookies = self.browser("owner").cookies
            return client
        client = self.browsers.setdefault(f"program of {who}", APIClient(raise_request_exception=False))
        if who in self.tokens:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.tokens[who]}")
        elif who in self.broken:
            client.credentials(HTTP_AUTHORIZATION=self.broken[who])
        return client


def asked_item(claim):
    """The one thing that is asked about the claim, or None."""
    return RequestedItem.objects.filter(request__claim=claim).first()


def in_ten_days():
    return clock.today() + timedelta(days=10)


def draft_incident(manager):
    """Declared, not yet opened."""
    return incidents.declare(
        "draft-1",
        by=manager,
        started_at=make.DURING - timedelta(days=1),
        ended_at=make.DURING + timedelta(days=1),
        services=[{"code": "paid", "kind": "paid", "domains": ["libero.example"]}],
        title_it="Bozza",
        title_en="A draft",
        summary_it="Bozza",
        summary_en="A draft",
    )


def notice(key, **fields):
    return Notice.objects.create(key=f"matrix {key}", language="en", address="x@example.org", **fields)


def export(person, state):
    made = Export.objects.create(requested_by=person, report="claims", format="csv", state=state)
    if state == "ready":
        path_of(made).parent.mkdir(parents=True, exist_ok=True)
        path_of(made).write_bytes(b"reference\n")
    return made
