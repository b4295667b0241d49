"""kill -9 while documents are read and signatures checked: nothing is lost, nothing is there twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from evidence.models import Content, Mail, Page, SigningKey
from evidence.reading import LEASE, read_batch
from evidence.signatures import check_batch
from evidence.texts import Reader
from tests import make
from tests.evidence import mailbox
from tests.faults.child import every_step
from tests.soak import rounds

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]
SPARSE = rounds(3, 1)
MANY = 5


def lookup(_name):
    return [mailbox.key()[1]]


def in_a_process_of_its_own(crank, **options):
    """The forked child starts and ends its own reader."""
    with Reader() as reader:
        crank(reader=reader, **options)


def after_the_lease():
    return timezone.now() + LEASE + timedelta(seconds=1)


def test_a_reader_killed_at_any_step_neither_loses_nor_doubles(anna):
    bodies = iter(range(10_000))

    def fresh():
        data = mailbox.mail(body=f"Messaggio numero {next(bodies)}")
        document = make.document(anna, content=data, media_type="message/rfc822")
        return document, lambda: in_a_process_of_its_own(read_batch)

    kills, states = 0, set()
    for step, document in every_step(fresh, by=SPARSE):
        kills += step is not None
        content = Content.objects.get(pk=document.sha256)
        states.add(content.state)
        # Whole or nothing: never a page without the mail, nor one of both without the word that it was read.
        whole = content.state == "read"
        assert (Page.objects.filter(content=content).count(), Mail.objects.filter(content=content).count()) == (
            whole,
            whole,
        )
        with Reader() as reader:
            read_batch(after_the_lease(), reader=reader)
        assert Content.objects.get(pk=document.sha256).state == "read"
        assert Page.objects.filter(content=content).count() == 1
        assert Mail.objects.filter(content=content).count() == 1
    assert kills >= MANY
    assert states == {"waiting", "read"}


def test_a_check_killed_at_any_step_is_done_again_with_the_same_outcome(anna):
    bodies = iter(range(10_000))

    def fresh():
        data = mailbox.signed(mailbox.mail(body=f"Messaggio numero {next(bodies)}"))
        document = make.document(anna, content=data, media_type="message/rfc822")
        with Reader() as reader:
            assert read_batch(reader=reader) == 1
        SigningKey.objects.all().delete()
        return document, lambda: in_a_process_of_its_own(check_batch, lookup=lookup)

    kills = 0
    for step, document in every_step(fresh, by=SPARSE):
        kills += step is not None
        with Reader() as reader:
            check_batch(after_the_lease(), reader=reader, lookup=lookup)
        mail = Mail.objects.get(pk=document.sha256)
        assert (mail.check_state, [each["verdict"] for each in mail.signatures]) == ("done", ["valid"])
        assert mail.inconsistencies == [{"code": "signed_another_day"}], "told once, however often it was looked at"
        assert SigningKey.objects.count() == 1
    assert kills >= MANY
