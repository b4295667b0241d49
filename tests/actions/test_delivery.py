"""Delivering notices to a real mail server: order, one connection, refusals, broken lines, slow workers."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.utils import timezone

from claims.actions import delivery, notices
from claims.models import Notice
from tests import make, smtp

PARTS = {
    "subject": "{% load i18n %}{{ claim.reference }}\n {{ notice.context.line }}\n",
    "txt": "Dear {{ person }}, {{ claim.reference }} {{ site_url }} {{ notice.code }} €",
    "html": "<p>Dear {{ person }}, {{ notice.context.line }}</p>",
}


@pytest.fixture(autouse=True)
def templates(settings, tmp_path):
    """Plain templates of one kind, so that this tests the delivery and not the wording."""
    folder = tmp_path / "templates" / "notices"
    folder.mkdir(parents=True)
    for part, text in PARTS.items():
        (folder / f"plain.{part}").write_text(text)
    first, *others = settings.TEMPLATES
    settings.TEMPLATES = [{**first, "DIRS": [tmp_path / "templates", *first["DIRS"]]}, *others]


@pytest.fixture
def server(settings):
    """The mail server that notices go to."""
    with smtp.running() as (sink, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield sink


@pytest.fixture
def outbox(anna, incident):
    """outbox(n) are n queued notices, oldest first."""
    claim = make.draft(anna, incident)

    def go(number, **context):
        return [
            Notice.objects.create(
                key=f"test:{at}",
                kind="plain",
                claim=claim,
                recipient=anna,
                address=f"person{at}@example.org",
                language="it",
                context={"line": "hello", **context},
                next_try_at=timezone.now() - timedelta(seconds=number - at),
            )
            for at in range(number)
        ]

    return go


def states():
    return list(Notice.objects.order_by("pk").values_list("state", "tries"))


def later(seconds):
    """The clock of the queue goes on by moving all rows back."""
    for notice in Notice.objects.all():
        Notice.objects.filter(pk=notice.pk).update(
            next_try_at=notice.next_try_at - timedelta(seconds=seconds),
            leased_until=notice.leased_until and notice.leased_until - timedelta(seconds=seconds),
        )


def test_a_batch_goes_over_one_connection_oldest_first(server, outbox):
    sent = outbox(5)
    assert notices.deliver_batch() == 5
    assert (server.connections, server.ids) == (1, [notice.message_id for notice in sent])
    assert states() == [("sent", 1)] * 5
    assert notices.deliver_batch() == 0
    assert server.connections == 1
    assert all(notice.sent_at and not notice.leased_until for notice in Notice.objects.all())


def test_a_batch_has_its_size_and_the_rest_follows(server, outbox):
    outbox(5)
    assert [notices.deliver_batch(size=2) for _ in range(4)] == [2, 2, 1, 0]
    assert server.addresses == [f"person{at}@example.org" for at in range(5)]


def test_a_message_has_text_and_html_in_utf_8_and_says_it_is_automatic(server, outbox):
    [notice] = outbox(1)
    notices.deliver_batch()
    [message] = server.messages
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "Ristoro <ristoro@ristoro.example>"
    assert message["Subject"] == f"{notice.claim.reference} hello"
    assert notice.code in message.get_body(["plain"]).get_content()
    assert "€" in message.get_body(["plain"]).get_content()
    assert message.get_body(["html"]).get_content().strip() == "<p>Dear Anna, hello</p>"


def test_i_07_nothing_a_person_wrote_becomes_a_header_or_markup(server, outbox):
    outbox(1, line="x\r\nBcc: evil@example.org\n<script>alert(1)</script>")
    notices.deliver_batch()
    [message] = server.messages
    assert message["Bcc"] is None
    assert "Bcc: evil@example.org" in message["Subject"]
    assert "<script>" not in message.get_body(["html"]).get_content()


def test_an_address_the_server_refuses_for_good_has_failed_and_the_others_go_out(server, outbox):
    outbox(3)
    server.answers["person1@example.org"] = "550 no such mailbox"
    notices.deliver_batch()
    assert states() == [("sent", 1), ("failed", 1), ("sent", 1)]
    assert server.addresses == ["person0@example.org", "person2@example.org"]
    failed = Notice.objects.get(state="failed")
    assert (failed.last_error, failed.leased_until) == ("SMTPRecipientsRefused", None)
    later(10**6)
    assert notices.deliver_batch() == 0


def test_a_temporary_refusal_is_tried_again_with_growing_pauses_under_the_same_id(server, outbox):
    [notice] = outbox(1)
    server.answers[notice.address] = "450 busy"
    pauses = []
    for _ in range(4):
        before = timezone.now()
        assert notices.deliver_batch() == 1
        notice.refresh_from_db()
        assert notice.state == "queued"
        pauses.append(round((notice.next_try_at - before).total_seconds()))
        assert notices.deliver_batch() == 0
        later(pauses[-1])
    assert pauses == [10, 30, 60, 300]
    server.answers.clear()
    assert notices.deliver_batch() == 1
    assert server.ids == [notice.message_id]
    notice.refresh_from_db()
    assert (notice.state, notice.tries, notice.last_error) == ("sent", 5, "")


def test_after_the_last_pause_a_notice_has_failed(server, outbox):
    [notice] = outbox(1)
    server.answers[notice.address] = "450 busy"
    tries = 0
    while notices.deliver_batch():
        tries += 1
        later(10**6)
    assert tries == len(delivery.BACK_OFF) + 1
    assert states() == [("failed", tries)]


def test_a_server_that_is_down_costs_a_try_and_loses_nothing(settings, outbox):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp.free_port()
    outbox(3)
    assert notices.deliver_batch() == 3
    assert states() == [("queued", 1)] * 3


def test_a_line_that_breaks_in_mid_batch_costs_one_message_a_second_try(server, outbox):
    sent = outbox(4)
    server.break_off = {2}
    notices.deliver_batch()
    assert states() == [("sent", 1), ("queued", 1), ("sent", 1), ("sent", 1)]
    assert server.connections == 2
    later(60)
    notices.deliver_batch()
    assert states()[1] == ("sent", 2)
    assert sorted(server.ids) == sorted(notice.message_id for notice in sent)


def test_a_notice_that_cannot_be_written_does_not_hold_up_the_others(server, outbox):
    first, second = outbox(2)
    Notice.objects.filter(pk=first.pk).update(kind="unknown")
    notices.deliver_batch()
    assert states() == [("queued", 1), ("sent", 1)]
    assert Notice.objects.get(pk=first.pk).last_error == "TemplateDoesNotExist"
    assert server.ids == [second.message_id]


def test_what_another_worker_has_in_hand_is_left_alone_until_its_lease_ends(server, outbox):
    [notice] = outbox(1)
    notices.lease(10)
    assert notices.deliver_batch() == 0
    later(notices.LEASE.total_seconds() + 1)
    assert notices.deliver_batch() == 1
    assert (states(), server.ids) == ([("sent", 2)], [notice.message_id])


def test_a_worker_that_slept_through_its_lease_does_not_queue_again_what_another_one_sent(server, outbox):
    outbox(1)
    [slept] = notices.lease(10)
    later(notices.LEASE.total_seconds() + 1)
    notices.deliver_batch()
    delivery.mark_not_sent(slept, OSError("the line is dead"))
    assert states() == [("sent", 2)]
    later(10**6)
    assert notices.deliver_batch() == 0


def test_a_slow_batch_gives_the_rest_back_untried(server, outbox, monkeypatch):
    outbox(4)
    clock = [0.0]
    monkeypatch.setattr(notices.time, "monotonic", lambda: clock[0])
    server.on_data = lambda number: clock.__setitem__(0, 80.0 * number)
    notices.deliver_batch()
    assert states() == [("sent", 1), ("sent", 1), ("queued", 0), ("queued", 0)]
    clock[0] = 0.0
    server.on_data = lambda number: None
    assert notices.deliver_batch() == 2


def test_a_sign_in_mail_is_forgotten_once_it_was_sent(server, anna):
    notices.post_sign_in(
        "x",
        code="ABCDEFGHIJKLMNOP",
        recipient=anna,
        address=anna.email,
        language="en",
        subject="Your code",
        text="ABC123",
        html="<b>ABC123</b>",
    )
    notices.deliver_batch()
    assert server.messages[0].get_body(["plain"]).get_content().strip() == "ABC123"
    assert Notice.objects.get().context == {}


def test_a_refused_sign_in_mail_is_kept_for_the_next_try(server, anna):
    notices.post_sign_in(
        "x",
        code="ABCDEFGHIJKLMNOP",
        recipient=anna,
        address=anna.email,
        language="en",
        subject="s",
        text="ABC123",
        html="",
    )
    server.answers[anna.email] = "450 busy"
    notices.deliver_batch()
    assert Notice.objects.get().context["text"] == "ABC123"


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_network_is_used(server, outbox, monkeypatch):
    outbox(2)
    seen, send = [], EmailMultiAlternatives.send

    def watched(message):
        seen.append(connection.in_atomic_block)
        return send(message)

    monkeypatch.setattr(EmailMultiAlternatives, "send", watched)
    notices.deliver_batch()
    assert (seen, states()) == ([False, False], [("sent", 1)] * 2)


def test_a_batch_of_thirty_asks_the_database_no_more_than_one_of_three_per_notice(
    server, outbox, django_assert_max_num_queries
):
    outbox(30)
    with django_assert_max_num_queries(8 + 2 * 30):
        notices.deliver_batch()
