"""The demo, smaller: every state, real documents, a believable past; and nothing new the second time."""

from collections import Counter

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from claims.models import (
    Assignment,
    Attachment,
    Batch,
    Claim,
    Customer,
    Incident,
    JournalEntry,
    MassRun,
    Notice,
    Payout,
    Statement,
    Transfer,
)
from claims.reports import eligibility
from config.demo import cases
from evidence.models import Document
from tests.referee import assert_laws_hold

STATES = {
    "draft", "submitted", "in_review", "information_requested", "on_hold", "awaiting_countersignature", "approved",
    "partly_approved", "rejected", "appealed", "payment_due", "withdrawn", "expired", "closed", "paid",
    "payment_returned",
}  # fmt: skip


@pytest.fixture
def demo(db, monkeypatch):
    monkeypatch.setitem(cases.SHARES, "payment_due", 120)  # eight of twenty, for batches of two
    call_command("demo", accounts=300, claims=20, verbosity=0)


def everything():
    tables = (User, EmailAddress, Incident, Customer, Claim, Document, Attachment, Notice, JournalEntry, Assignment)
    tables += (Payout, Transfer, Batch, Statement, MassRun)
    return {table.__name__: list(table.objects.order_by("pk").values()) for table in tables}


def test_the_demo_has_every_state_with_a_believable_past_and_a_second_run_changes_nothing(demo):
    the_cast_can_sign_in()
    the_roster_is_there()
    claims_of_the_cast()
    documents_are_judged()
    only_the_cast_gets_mail()
    money_is_on_its_way()
    time_runs_forward()
    assert_laws_hold()

    before = everything()
    call_command("demo", verbosity=0)
    assert everything() == before


def the_cast_can_sign_in():
    roles = {}
    for first in ("anna", "bruno", "olga", "rita", "remo", "sara", "mara", "marco", "ada"):
        person = authenticate(email=f"{first}@example.org", password="ristoro-demo")
        assert EmailAddress.objects.filter(user=person, verified=True, primary=True).exists()
        roles[first] = (*person.roles, person.is_staff)
    assert roles == {
        "anna": ("claimant", False),
        "bruno": ("claimant", False),
        "olga": ("operator", True),
        "rita": ("reviewer", True),
        "remo": ("reviewer", True),
        "sara": ("supervisor", True),
        "mara": ("manager", True),
        "marco": ("manager", True),
        "ada": ("administrator", True),
    }


def the_roster_is_there():
    incident = Incident.objects.get(code="libero-2023")
    assert (incident.state, incident.closes_at) == ("open", None)
    assert incident.customers.count() == 300
    anna = incident.customers.get(login="anna@libero.example")
    paid = (anna.service.kind, str(anna.fee), str(anna.paid_from), str(anna.paid_to))
    assert paid == ("paid", "19.99", "2022-06-01", "2023-06-01")
    assert eligibility.check(incident, "bruno@virgilio.example").affected
    assert JournalEntry.objects.filter(chain=f"incident:{incident.pk}").count() == 3


def claims_of_the_cast():
    claims = Claim.objects.select_related("claimant")
    own = {first: Counter() for first in ("anna", "bruno", "mara")}
    for claim in claims.filter(claimant__email__in=[f"{first}@example.org" for first in own]):
        own[claim.claimant.email.partition("@")[0]][claim.status] += 1
    assert own["anna"] == {"draft": 1, "submitted": 1, "partly_approved": 1}
    assert own["bruno"] == {"rejected": 1}
    assert own["mara"] == {}
    assert set(claims.values_list("status", flat=True)) == STATES
    assert claims.filter(status="in_review", round=2).exists()  # opened again
    assert claims.filter(round=2, decisions__round=2, decisions__state="effective", appeal__isnull=False).exists()
    assert claims.filter(filed_by__email="olga@example.org", channel="phone").exists()
    assert not claims.filter(claimant__is_staff=True).exists()


def documents_are_judged():
    assert set(Document.objects.values_list("state", "reason")) == {("clean", "")}
    kinds = set(Document.objects.values_list("media_type", flat=True))
    assert {"application/pdf", "image/png", "message/rfc822"} <= kinds
    submitted = Claim.objects.exclude(submitted_at=None)
    assert not submitted.filter(attachments=None).exists()


def only_the_cast_gets_mail():
    queued = Notice.objects.filter(state="queued").values_list("recipient__email", flat=True)
    assert Counter(queued) == {"anna@example.org": 3, "bruno@example.org": 2}
    held = Notice.objects.filter(state="held", payout=None).select_related("recipient")
    assert held
    assert all(notice.recipient.email.endswith(".example") for notice in held)


def money_is_on_its_way():
    states = list(Batch.objects.order_by("number").values_list("state", flat=True))
    assert states[:2] == ["closed", "handed_over"]
    assert set(states[2:]) == {"open"}
    assert set(Transfer.objects.values_list("state", flat=True)) == {"settled", "returned", "sent", "planned"}
    assert list(Statement.objects.values_list("unmatched", flat=True)) == [0]
    runs = dict(MassRun.objects.values_list("remedy", "state"))
    assert runs == {"refund": "done", "indemnity": "proposed"}
    assert not Notice.objects.filter(payout__isnull=False, state="queued").exists()


def time_runs_forward():
    now = timezone.now()
    for batch in Batch.objects.exclude(handed_over_at=None):
        payouts = Payout.objects.filter(transfers__batch=batch).values_list("created_at", flat=True)
        assert max(payouts) < batch.opened_at < batch.approved_at <= batch.handed_over_at < now
    assert not JournalEntry.objects.filter(at__gt=now).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT at, lag(at) OVER (PARTITION BY chain ORDER BY sequence) AS before"
            " FROM claims_journalentry) entry WHERE at < before"
        )
        assert cursor.fetchone() == (0,)
    for claim in Claim.objects.exclude(submitted_at=None):
        moments = [claim.created_at, claim.submitted_at, claim.decided_at or claim.submitted_at, now]
        assert moments == sorted(moments)
        submitted = JournalEntry.objects.get(chain=f"claim:{claim.pk}", action="submit")
        assert submitted.at == claim.submitted_at
    assert not Attachment.objects.filter(document__received_at__gt=now).exists()


def test_a_demo_that_fails_leaves_nothing_behind(db, monkeypatch):
    monkeypatch.setattr("config.demo.past.settle", lambda **_options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call_command("demo", accounts=50, claims=1, verbosity=0)
    assert not User.objects.exists()
    assert not Incident.objects.exists()


def test_production_has_no_demo(db, settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="DEBUG=1 only"):
        call_command("demo", verbosity=0)
