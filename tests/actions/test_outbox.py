"""Who leaves first, how many a domain gets, what a server that wants less does to its domain, and stopping it all."""

from collections import Counter
from datetime import timedelta
from itertools import chain

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.actions import delivery, leasing, notices, outbox
from claims.models import JournalEntry, MailDomain, MailMinute, MailPause, Notice
from claims.reports import outbox as reports
from claims.rules.errors import Refused
from tests import make, smtp
from tests.mass.test_mass_runs import approved, walk
from tests.referee import assert_laws_hold


@pytest.fixture(params=[False, True], ids=["one by one", "pipelining"])
def server(settings, request):
    with smtp.running(smtp.Sink(pipelining=request.param)) as (sink, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
        yield sink


@pytest.fixture
def run(db, mara, marco):
    """A mass run told to three accounts of each of three mail domains."""
    outage = make.incident("run-1")
    for number in range(9):
        make.customer(outage, f"m{number}@libero.example", contact=f"m{number}@mail{number % 3}.example")
    return walk(approved(outage, mara, marco))


def sign_in(anna, address="anna@mail0.example"):
    return notices.post_sign_in(address, recipient=anna, address=address, language="en", subject="s", text="t", html="")


def domains(sink):
    return Counter(address.rpartition("@")[2] for address in sink.addresses)


def states():
    return dict(Counter(Notice.objects.values_list("state", flat=True)))


def test_nobodys_code_waits_behind_a_mass_run_and_no_case_does(server, run, anna, incident):
    case = make.submitted(anna, incident).notices.get()
    code = sign_in(anna)
    assert notices.deliver_batch(size=2) == 2
    assert server.ids == [code.message_id, case.message_id]
    assert notices.deliver_for(60) == 9
    assert server.connections == 2
    assert_laws_hold()


def test_each_domain_gets_its_share_of_a_second_and_the_rest_later_untried(server, run, anna, settings):
    settings.MAIL_RATES = "mail0.example=1/m,mail1.example=2/s"
    sign_in(anna)
    assert notices.deliver_for(0.0) == 0
    while notices.deliver_batch():
        pass
    found = domains(server)
    assert (found["mail0.example"], found["mail2.example"]) == (1 + 1, 3)  # a mail of the sign-in is not counted
    assert found["mail1.example"] >= 2
    assert set(Notice.objects.filter(state="queued").values_list("tries", flat=True)) == {0}
    MailDomain.objects.update(counted_at=timezone.now() - timedelta(minutes=5))
    while notices.deliver_batch():
        pass
    assert domains(server)["mail0.example"] == 3  # what was saved up is never more than a second's worth, or one
    assert_laws_hold()


def test_a_lane_is_gone_through_domain_by_domain_from_where_the_last_batch_ended(server, run, monkeypatch):
    monkeypatch.setattr(leasing, "WINDOW", 2)
    way = leasing.Way()
    taken = [[notice.address.rpartition("@")[2] for notice in leasing.lease(4, way)] for _ in range(3)]
    assert [len(batch) for batch in taken] == [4, 4, 1]
    assert Counter(chain.from_iterable(taken)) == {f"mail{number}.example": 3 for number in range(3)}
    assert leasing.lease(4, way) == []


def test_a_server_that_wants_less_has_its_domain_left_alone_and_no_try_is_counted(server, run):
    for number in range(9):
        server.answers[f"m{number}@mail0.example"] = "450 4.7.1 too many messages"
    while notices.deliver_batch():
        pass
    assert domains(server) == {"mail1.example": 3, "mail2.example": 3}
    left = Notice.objects.filter(state="queued")
    assert (left.count(), set(left.values_list("tries", flat=True))) == (3, {0})
    row = MailDomain.objects.get(domain="mail0.example")
    assert row.refusals == 1
    assert 50 < (row.blocked_until - timezone.now()).total_seconds() <= 60
    assert "too many" in row.answer
    assert notices.deliver_batch() == 0
    assert [each.domain for each in reports.left_alone()] == ["mail0.example"]
    later()
    notices.deliver_batch()
    row.refresh_from_db()
    assert row.refusals == 2
    assert (row.blocked_until - timezone.now()).total_seconds() > 100
    server.answers.clear()
    later()
    assert notices.deliver_batch() == 3
    row.refresh_from_db()
    assert (row.refusals, row.blocked_until) == (0, None)
    assert_laws_hold()


def test_a_server_that_never_wants_any_is_counted_in_the_end(server, run):
    MailDomain.objects.create(domain="mail0.example", refusals=99)
    server.answers = {f"m{number}@mail0.example": "450 4.7.1 too many messages" for number in range(9)}
    while notices.deliver_batch():
        pass
    assert set(Notice.objects.filter(state="queued").values_list("tries", flat=True)) == {1}


def later():
    """An hour passes for what waits and for domains that are left alone."""
    Notice.objects.update(next_try_at=timezone.now() - timedelta(hours=1))
    MailDomain.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("what", ["all", "kind", "run"])
def test_what_a_manager_stops_waits_and_the_rest_leaves(server, run, anna, incident, marco, what):
    make.submitted(anna, incident)
    sign_in(anna)
    kind = "indemnity_granted" if what == "kind" else ""
    made = outbox.pause(by=marco, reason="A wrong word", kind=kind, run=run.pk if what == "run" else None)
    while notices.deliver_batch():
        pass
    assert states() == {"sent": 1 if what == "all" else 2, "queued": 10 if what == "all" else 9}
    outbox.resume(made.pk, by=marco)
    while notices.deliver_batch():
        pass
    assert states() == {"sent": 11}
    acts = JournalEntry.objects.filter(chain="outbox").order_by("sequence").values_list("action", "facts__reason")
    assert list(acts) == [("pause", "A wrong word"), ("resume", "A wrong word")]
    assert_laws_hold()


def test_a_kind_of_single_cases_is_stopped_alone(server, anna, incident, marco):
    claim = make.submitted(anna, incident)
    notices.post("claim_decided", claim=claim)
    outbox.pause(by=marco, reason="A wrong word", kind="claim_submitted")
    assert notices.deliver_batch() == 1
    assert Notice.objects.get(state="queued").kind == "claim_submitted"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"reason": " "}, "required"),
        ({"kind": "sign_in"}, "unknown_kind"),
        ({"kind": "unheard_of"}, "unknown_kind"),
        ({"run": 987654321}, "unknown_run"),
        ({"kind": "claim_decided", "run": 1}, "unknown_kind"),
        ({}, "paused_already"),
    ],
)
def test_what_cannot_be_stopped(db, marco, values, code):
    outbox.pause(by=marco, reason="First")
    with pytest.raises(Refused, match=code):
        outbox.pause(by=marco, **{"reason": "Again", **values})
    assert MailPause.objects.count() == 1


def test_only_managers_stop_it_and_nothing_goes_on_twice(db, sara, marco, mara):
    with pytest.raises(Refused, match="wrong_role"):
        outbox.pause(by=sara, reason="Stop")
    made = outbox.pause(by=marco, reason="Stop")
    with pytest.raises(Refused, match="wrong_role"):
        outbox.resume(made.pk, by=sara)
    outbox.resume(made.pk, by=mara)
    with pytest.raises(Refused, match="not_paused"):
        outbox.resume(made.pk, by=marco)
    with pytest.raises(Refused, match="not_found"):
        outbox.resume(made.pk + 1, by=marco)
    assert outbox.pause(by=marco, reason="Again").pk != made.pk


def test_the_page_shows_what_waits_how_fast_it_leaves_and_what_is_stopped(server, run, page, marco, mara):
    browser = page(marco)
    this_minute = timezone.now().replace(second=0, microsecond=0)
    MailMinute.objects.create(minute=this_minute - timedelta(minutes=1), sent=3)
    MailMinute.objects.create(minute=this_minute - timedelta(days=3), sent=3)
    shown = browser.get("/admin/outbox/").content.decode()
    for words in ("<b>9</b> wait to leave", "<b>3</b> left in a minute", "to go, about", "written", "Stop the outbox"):
        assert words in shown
    answer = browser.post("/admin/outbox/", {"what": f"run:{run.pk}", "reason": "A <wrong> word"}, follow=True)
    shown = answer.content.decode()
    assert "Stopped: the notices of" in shown
    assert "A &lt;wrong&gt; word" in shown
    refused = browser.post("/admin/outbox/", {"what": "nothing", "reason": "x"})
    assert (refused.status_code, "Choose what to stop" in refused.content.decode()) == (422, True)
    assert browser.post(f"/admin/outbox/{MailPause.objects.get().pk}/resume/").status_code == 302
    assert notices.deliver_batch() == 9
    assert MailMinute.objects.get(minute__gte=this_minute).sent == 9
    assert outbox.forget_minutes() == 1


def test_a_mass_run_asks_the_database_as_often_for_six_notices_as_for_three(server, run, monkeypatch):
    monkeypatch.setattr(delivery, "AT_ONCE", 60)  # so that they are marked together however slow this machine is
    counts = []
    for size in (3, 6):
        with CaptureQueriesContext(connection) as queries:
            notices.deliver_batch(size=size)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert states() == {"sent": 9}
