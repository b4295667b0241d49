"""kill -9 at every step at the database; then what was left is taken up again and the referee looks.

The suite kills filing and delivering at every step and the rest at every seventh; `make soak` kills everywhere.
"""

import os
import signal
import time
from contextlib import closing
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.utils import timezone

from claims.actions import attachments, decisions, delivery, heard, intake, notices, review
from claims.models import Claim, JournalEntry, Notice
from claims.rules.errors import Refused
from evidence import blobs, scanning, sweeping
from evidence.intake import store
from evidence.models import Document
from evidence.uploading import StreamedUpload
from tests import make, smtp
from tests.evidence import files
from tests.faults.child import every_step, killed_at
from tests.referee import assert_laws_hold
from tests.soak import rounds

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]
NUMBERS = count()
SPARSE = rounds(7, 1)
MANY = 7  # every one of these actions has more steps than that; a run that killed at fewer has no result


@pytest.fixture
def kills(tally, request):
    """kills(steps) counts them: how often was killed, how often the rest went well. Too few prove nothing."""
    made = []

    def counted(steps):
        what = request.node.name.removeprefix("test_")
        for step, subject in steps:
            if step is not None:
                made.append(step)
                tally.tried(what)
            yield step, subject
            assert_laws_hold()
            if step is not None:
                tally.held(what)
        assert made
        assert made[-1] >= MANY

    return counted


def history(claim):
    """(status, acts, notices) of a claim as they are now."""
    claim = Claim.objects.get(pk=claim.pk)
    acts = JournalEntry.objects.filter(chain=f"claim:{claim.pk}").order_by("sequence").values_list("action", flat=True)
    return claim.status, list(acts), list(claim.notices.order_by("pk").values_list("kind", flat=True))


def test_submitting_is_whole_or_nothing_and_the_retry_ends_it(anna, incident, kills):
    def fresh():
        claim = make.draft(anna, incident)
        make.attachment(claim)
        return claim, lambda: intake.submit_claim(claim.reference, by=anna, declaration=True)

    untouched = ("draft", ["open"], [])
    done = ("submitted", ["open", "submit"], ["claim_submitted"])
    seen = set()
    for step, claim in kills(every_step(fresh)):
        left = history(claim)
        assert left in (untouched, done)
        seen.add(left[0])
        assert step is not None or left == done
        if left == untouched:
            intake.submit_claim(claim.reference, by=anna, declaration=True)
        else:
            with pytest.raises(Refused, match="illegal_move"):
                intake.submit_claim(claim.reference, by=anna, declaration=True)
        assert history(claim) == done
    assert seen == {"draft", "submitted"}


def test_deciding_is_whole_or_nothing(anna, incident, rita, kills):
    def fresh():
        claim = make.taken(anna, incident, rita)
        items = make.findings(claim)
        return claim, lambda: decisions.decide(
            claim.reference, by=rita, outcome="approved", items=items, note="Because."
        )

    before = ("in_review", ["open", "submit", "take"], ["claim_submitted"])
    after = ("approved", ["open", "submit", "take", "decide"], ["claim_submitted", "claim_decided"])
    for _step, claim in kills(every_step(fresh, by=SPARSE)):
        left = history(claim)
        assert left in (before, after)
        assert claim.decisions.count() == (left == after)
        assert claim.assignments.filter(ended_at=None).count() == (left == before)


def test_taking_is_whole_or_nothing(anna, incident, rita, remo, kills):
    def fresh():
        Claim.objects.waiting().update(due="2099-01-01")
        claim = make.submitted(anna, incident)
        return claim, lambda: review.take_next(by=rita)

    for _step, claim in kills(every_step(fresh, by=SPARSE)):
        claim.refresh_from_db()
        assert claim.assignments.filter(ended_at=None).count() == (claim.status == "in_review")
        if claim.status == "submitted":
            assert review.take(claim.reference, by=remo).assigned_to == remo


def test_expiring_goes_on_where_it_stopped(anna, incident, kills):
    def fresh():
        claims = [make.draft(anna, incident) for _ in range(2)]
        ids = [claim.pk for claim in claims]
        Claim.objects.filter(pk__in=ids).update(updated_at=timezone.now() - timedelta(days=100))
        return claims, intake.expire_drafts

    for _step, claims in kills(every_step(fresh, by=SPARSE)):
        intake.expire_drafts()
        assert [history(claim) for claim in claims] == [("expired", ["open", "expire"], [])] * 2


def test_a_file_is_never_a_row_without_bytes_and_bytes_without_a_row_are_swept(anna, incident, kills):
    def fresh():
        claim = make.draft(anna, incident)

        def upload():
            file = StreamedUpload.of("a.txt", [f"letter {next(NUMBERS)} of {claim.pk}".encode()])
            attachments.attach(claim.reference, file, by=anna)

        return claim, upload

    for step, claim in kills(every_step(fresh, by=SPARSE)):
        assert claim.attachments.count() <= 1
        assert step is not None or claim.attachments.count() == 1
        assert all(blobs.path(each.document.sha256).exists() for each in claim.attachments.all())
        sweeping.sweep(now=time.time() + 2 * sweeping.GRACE)
        stored = {path.name for path in (blobs.root() / "sha256").rglob("*") if path.is_file()}
        assert stored == set(Document.objects.values_list("sha256", flat=True))
        assert list(blobs.incoming().glob("*")) == []


def test_scanning_is_taken_up_again_and_nothing_is_clean_without_a_verdict(anna, kills):
    def fresh():
        file = StreamedUpload.of("a.txt", [f"letter {next(NUMBERS)}".encode()])
        document = scanning_document(file, anna)
        return document, scanning.scan_batch

    for _step, document in kills(every_step(fresh, by=rounds(3, 1))):
        document.refresh_from_db()
        assert (document.state == "clean") == (document.judged_at is not None)
        Document.objects.filter(state="pending").update(leased_until=timezone.now() - timedelta(seconds=1))
        scanning.scan_batch()
        document.refresh_from_db()
        assert (document.state, document.leased_until) == ("clean", None)


def scanning_document(file, owner):
    blobs.keep(file.file, blobs.path(file.sha256))
    document = Document.objects.create(
        owner=owner, name=file.name, sha256=file.sha256, size=file.size, media_type="text/plain"
    )
    file.close()
    return document


def test_an_archive_is_opened_wholly_or_not_at_all_and_nothing_is_kept_twice(anna, kills):
    """Bytes of a dead worker are swept, and the next one finds the same members again."""

    def fresh():
        number = next(NUMBERS)
        inner = files.mail([("note.txt", b"note %d" % number)])
        content = files.archive({"one.txt": b"one %d" % number, "two.eml": inner, "bad.exe": files.EXE})
        with closing(StreamedUpload.of("papers.zip", [content])) as upload:
            return store(upload, by=anna), scanning.scan_batch

    seen = set()
    for _step, document in kills(every_step(fresh, by=rounds(2, 1))):
        left = document.members.count()
        assert left in (0, 2)
        seen.add(left)
        Document.objects.filter(state="pending").update(leased_until=timezone.now() - timedelta(seconds=1))
        while scanning.scan_batch():
            pass
        document.refresh_from_db()
        assert (document.state, document.parts) == ("clean", 3)
        assert sorted(document.members.values_list("inside", flat=True)) == ["one.txt", "two.eml"]
        assert document.members.get(inside="two.eml").members.count() == 1
        sweeping.sweep(now=time.time() + 2 * sweeping.GRACE)
        stored = {path.name for path in (blobs.root() / "sha256").rglob("*") if path.is_file()}
        assert stored == set(Document.objects.values_list("sha256", flat=True))
        assert list(blobs.incoming().glob("*")) == []
    assert seen == {0, 2}


def test_a_claim_gets_what_was_found_inside_its_documents_once(anna, incident, kills):
    def fresh():
        claim, number = make.draft(anna, incident), next(NUMBERS)
        content = files.archive({"one.txt": b"1 of %d" % number, "two.txt": b"2 of %d" % number})
        with closing(StreamedUpload.of("papers.zip", [content])) as upload:
            attachments.attach(claim.reference, upload, by=anna)
        while scanning.scan_batch():
            pass
        return claim, heard.hear_batch

    for _step, claim in kills(every_step(fresh, by=rounds(2, 1))):
        assert claim.attachments.count() in (1, 3)
        while heard.hear_batch():
            pass
        names = sorted(claim.attachments.values_list("document__name", flat=True))
        assert names == ["one.txt", "papers.zip", "two.txt"]
        assert history(claim)[1] == ["open", "attach", "inside"]


def test_a_withdrawn_file_is_told_of_once(anna, incident, rita, kills):
    def fresh():
        claim = make.taken(anna, incident, rita)
        while heard.hear_batch():
            pass
        document = claim.attachments.get().document
        Document.objects.filter(pk=document.pk).update(
            state="refused", reason="malware", withdrawn_at=timezone.now(), judged_at=timezone.now()
        )
        return claim, heard.hear_batch

    for _step, claim in kills(every_step(fresh, by=rounds(2, 1))):
        while heard.hear_batch():
            pass
        told = ["claim_submitted", "document_withdrawn", "virus_found"]
        assert history(claim) == ("in_review", ["open", "submit", "take", "virus found"], told)


# --- the outbox


@pytest.fixture
def server(settings):
    with smtp.running() as (sink, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
        yield sink


def two_notices(anna):
    context = {"subject": "s", "text": "t", "html": ""}
    return [
        Notice.objects.create(
            key=f"test:{next(NUMBERS)}",
            kind="sign_in",
            recipient=anna,
            address=anna.email,
            language="en",
            context=context,
        )
        for _ in range(2)
    ]


def deliver_and_mark_each():
    delivery.TOGETHER = 1  # in the child; how many are marked by one statement is what a kill may repeat
    notices.deliver_batch()


def finish():
    """The leases of the dead run out, and another worker delivers what is left."""
    Notice.objects.filter(state="sending").update(leased_until=timezone.now() - timedelta(seconds=1))
    while notices.deliver_batch():
        pass


def test_a_mail_is_never_lost_and_repeated_only_between_the_servers_yes_and_our_mark(anna, server, kills):
    doubled = []
    for step, made in kills(every_step(lambda: (two_notices(anna), deliver_and_mark_each))):
        finish()
        sent = [server.ids.count(notice.message_id) for notice in made]
        assert set(sent) <= {1, 2}, f"killed at step {step}"
        doubled += [step] * (sum(sent) - 2)
        assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}
        server.messages.clear()
    # One step lies in that window: before the UPDATE that marks it. Once for each of the two notices.
    assert len(doubled) == len(set(doubled)) == 2
    assert None not in doubled


@pytest.mark.parametrize("number", [1, 2])
def test_a_worker_killed_while_the_server_answers_repeats_just_that_mail(anna, server, number, tally):
    tally.tried("worker killed while the server answers")
    made, worker = two_notices(anna), []

    def kill(data):
        if data == number:
            os.kill(worker[0], signal.SIGKILL)

    server.on_data = kill
    assert killed_at(0, patient_delivery, born=worker.append)
    server.on_data = lambda data: None
    finish()
    assert [server.ids.count(notice.message_id) for notice in made] == ([2, 1] if number == 1 else [1, 2])
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}
    assert_laws_hold()
    tally.held("worker killed while the server answers")


def patient_delivery():
    time.sleep(0.1)  # until the parent knows whom to kill
    deliver_and_mark_each()


def test_a_killed_worker_repeats_no_more_than_are_marked_together(anna, server, tally):
    tally.tried("worker killed before it marks what it sent")
    made, worker = [notice for _ in range(10) for notice in two_notices(anna)], []
    server.on_data = lambda number: number == 18 and os.kill(worker[0], signal.SIGKILL)

    def deliver():
        time.sleep(0.1)
        delivery.AT_ONCE = 60
        notices.deliver_batch()

    assert killed_at(0, deliver, born=worker.append)
    server.on_data = lambda number: None
    finish()
    sent = [server.ids.count(notice.message_id) for notice in made]
    assert sent == [1] * delivery.TOGETHER + [2] * 8 + [1] * 2
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}
    assert_laws_hold()
    tally.held("worker killed before it marks what it sent")


# --- without Redis


def test_filing_works_while_redis_is_down(anna, incident, settings, monkeypatch):
    def refuse(*_args, **_more):
        raise ConnectionError("Redis is down")

    monkeypatch.setattr("redis.connection.Connection.connect", refuse)
    monkeypatch.setattr("redis.connection.UnixDomainSocketConnection.connect", refuse, raising=False)
    started = time.monotonic()
    claim = make.submitted(anna, incident)
    assert history(claim) == ("submitted", ["open", "submit"], ["claim_submitted"])
    assert claim.notices.get().state == "queued"
    assert time.monotonic() - started < 2
    assert_laws_hold()


def test_the_parent_still_has_its_database_after_a_child_was_killed(anna):
    assert killed_at(1, lambda: Notice.objects.count())
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
