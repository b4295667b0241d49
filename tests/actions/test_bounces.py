"""Notices that come back: to the second channel once, else to a person; nobody else can say that one came back."""

import mailbox
import socketserver
import threading
from contextlib import contextmanager

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from claims.actions import bounces, notices
from claims.actions.mailbox import wrong_with
from claims.models import BadAddress, Bounce, Notice
from claims.rules.bounces import read
from config.checks_outside import mails_come_back_to_a_mailbox_we_can_read
from tests import mails, make
from tests.referee import assert_laws_hold


@pytest.fixture
def sent(incident):
    """sent(email, second) is the notice of a submitted claim of such a person, sent."""

    def go(email="dora@gone.example", second="dora@second.example"):
        person = make.person("dora", "claimant", email=email, second_email=second)
        notice = make.submitted(person, incident).notices.get()
        Notice.objects.filter(pk=notice.pk).update(state="sent", tries=1, sent_at=timezone.now())
        notice.refresh_from_db()
        return notice

    return go


def now(notice):
    notice.refresh_from_db()
    return notice.state, notice.address


def test_a_notice_that_came_back_goes_to_the_second_channel_once_and_then_waits_for_a_person(sent, marco):
    notice = sent()
    assert bounces.take(mails.returned(notice)) == "hard"
    assert now(notice) == ("queued", "dora@second.example")
    assert (notice.tries, notice.sent_at) == (0, None)
    assert bounces.take(mails.returned(notice, address="dora@gone.example")) == "again"
    assert now(notice) == ("queued", "dora@second.example")
    notices.deliver_batch()
    old = mails.returned(notice, address="dora@gone.example", number=1)
    assert (bounces.take(old), now(notice)) == ("hard", ("sent", "dora@second.example"))
    assert bounces.take(mails.returned(notice)) == "hard"
    assert now(notice) == ("bounced", "dora@second.example")
    assert set(BadAddress.objects.values_list("address", flat=True)) == {"dora@gone.example", "dora@second.example"}
    assert Notice.objects.count() == 1
    assert_laws_hold()
    notice.recipient.email = "dora@new.example"
    notice.recipient.save(update_fields=["email"])
    notices.retry(notice.pk, by=marco)
    assert now(notice) == ("queued", "dora@new.example")
    assert_laws_hold()


def test_the_next_notice_avoids_an_address_that_does_not_exist(sent):
    notice = sent()
    bounces.take(mails.returned(notice))
    following = notices.post("claim_decided", claim=notice.claim)
    assert (following.state, following.address) == ("queued", "dora@second.example")
    notices.deliver_batch()
    bounces.take(mails.returned(following))
    last = notices.post("claim_accepted", claim=notice.claim)
    assert (last.state, last.address) == ("bounced", "dora@gone.example")
    assert last in Notice.objects.in_inbox_of(notice.recipient)


def test_what_can_only_go_to_a_broken_mailbox_waits_for_it(sent):
    notice = sent(second="dora@libero.example")
    bounces.take(mails.returned(notice))
    assert now(notice) == ("held", "")
    assert_laws_hold()


@pytest.mark.parametrize(
    ("report", "kind", "state", "is_bad"),
    [
        ({"status": "5.1.1"}, "hard", "queued", True),
        ({"status": "5.1.10", "returned": "text/rfc822-headers"}, "hard", "queued", True),
        ({"status": "5.2.2"}, "soft", "queued", False),
        ({"status": "4.4.7"}, "soft", "queued", False),
        ({"status": "5.7.1"}, "soft", "queued", False),
        ({"status": "none"}, "soft", "queued", False),
        ({"action": "delayed", "status": "4.4.1"}, "delayed", "sent", False),
        ({"action": "delivered", "status": "2.0.0"}, "unread", "sent", False),
        ({"address": "not an address"}, "hard", "queued", True),
        ({"message_id": "<notice.1.ABC@x>"}, "unread", "sent", False),
        ({"message_id": "<notice.99999999999999999999.abcdefghjkmnpqrs@x>"}, "unread", "sent", False),
        ({"message_id": "<notice.1.aaaaaaaaaaaaaaaa@ristoro.example>"}, "unknown", "sent", False),
    ],
)
def test_what_a_report_says_decides_what_happens(sent, report, kind, state, is_bad):
    notice = sent()
    assert bounces.take(mails.returned(notice, **report)) == kind
    assert now(notice)[0] == state
    assert BadAddress.objects.exists() == is_bad
    assert Bounce.objects.exists() == (kind not in ("unread", "unknown"))
    assert_laws_hold()


def test_the_address_it_was_returned_to_names_the_notice_where_nothing_else_does(sent, settings):
    settings.BOUNCES_ADDRESS = "bounces@ristoro.example"
    notice = sent()
    Notice.objects.update(state="queued")
    notices.deliver_batch()
    (message,) = mail.outbox
    assert message.from_email == f"bounces+{notice.pk}.{notice.code.lower()}@ristoro.example"
    assert message.message()["From"] == settings.DEFAULT_FROM_EMAIL
    report = mails.returned(notice, message_id="<other@x>", to=message.from_email)
    assert bounces.take(report) == "hard"
    assert now(notice) == ("queued", "dora@second.example")


def test_a_number_with_a_code_that_is_not_its_own_changes_nothing(sent, anna, incident):
    notice, other = sent(), make.submitted(anna, incident).notices.get()
    forged = f"<notice.{notice.pk}.{other.code.lower()}@ristoro.example>"
    assert bounces.take(mails.returned(notice, message_id=forged)) == "unknown"
    assert bounces.take(mails.complaint(other).replace(other.code.lower().encode(), b"a" * 16)) == "unknown"
    assert not Bounce.objects.exists()
    assert now(notice)[0] == "sent"


def test_who_calls_a_notice_unwanted_is_spared_what_does_not_matter(sent):
    notice = sent()
    assert bounces.take(mails.complaint(notice, "not-spam")) == "unread"
    assert bounces.take(mails.complaint(notice)) == "complaint"
    assert now(notice) == ("sent", "dora@gone.example")
    spared = notices.post("information_reminder", claim=notice.claim)
    needed = notices.post("claim_decided", claim=notice.claim)
    assert [(each.state, each.address) for each in (spared, needed)] == [
        ("bounced", "dora@gone.example"),
        ("queued", "dora@gone.example"),
    ]
    bounces.take(mails.returned(notice))
    assert not BadAddress.objects.get().complaint


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\0", b"Subject: hello\n\nHello", b"Content-Type: multipart/report\n\nx"]
)
def test_other_mails_tell_nothing(raw):
    assert read(raw) is None
    half = mails.returned(Notice(pk=1, code="A" * 16))
    assert all(read(half[:end]) is None or end > 400 for end in range(0, len(half), 50))


# --- the mailbox


def test_a_folder_of_mails_is_read_once_and_what_is_not_ours_is_left(sent, settings, tmp_path, capsys):
    notice = sent()
    box = mailbox.Maildir(tmp_path / "box")
    for raw in (mails.returned(notice), b"Subject: hello\n\nHello"):
        box.add(raw)
    settings.BOUNCES_URL = f"file://{tmp_path}/box"
    call_command("read_bounces")
    assert "1 the address does not exist" in capsys.readouterr().out
    (left,) = mailbox.Maildir(tmp_path / "box", create=False)
    assert (left["Subject"], left.get_subdir(), left.get_flags()) == ("hello", "cur", "S")
    call_command("read_bounces")
    assert capsys.readouterr().out == "Nothing new.\n"
    assert now(notice)[0] == "queued"


class Imap(socketserver.StreamRequestHandler):
    """As much of IMAP4rev1 as a reader of one mailbox needs."""

    def handle(self):
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _space, rest = line.decode().strip().partition(" ")
            word, _space, rest = rest.partition(" ")
            command = rest.partition(" ")[0].upper() if word == "UID" else word.upper()
            self.server.said.append(f"{word} {rest}".strip())
            getattr(self, f"on_{command.lower()}", lambda _rest: None)(rest)
            is_wrong = command == "LOGIN" and rest != self.server.login
            self.wfile.write(f"{tag} {'NO wrong' if is_wrong else 'OK done'}\r\n".encode())
            if command == "LOGOUT":
                return

    def on_capability(self, _rest):
        self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")

    def on_select(self, _rest):
        self.wfile.write(b"* 2 EXISTS\r\n")

    def on_search(self, _rest):
        self.wfile.write(f"* SEARCH {' '.join(map(str, self.server.mails))}\r\n".encode())

    def on_fetch(self, rest):
        number = int(rest.split()[1])
        raw = self.server.mails[number]
        self.wfile.write(b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%b)\r\n" % (number, number, len(raw), raw))

    def on_store(self, rest):
        _store, number, _how, flag = rest.split()
        self.server.stored[int(number)] = flag


@contextmanager
def imap(*found):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Imap) as server:
        server.mails, server.said, server.stored = dict(enumerate(found, 7)), [], {}
        server.login = '"bo@x" "p w"'
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server, f"imap://{{}}@127.0.0.1:{server.server_address[1]}/Come%20back"
        finally:
            server.shutdown()


def test_a_mailbox_on_a_server_is_read_and_a_wrong_password_is_said(sent, settings, capsys):
    notice = sent()
    with imap(mails.returned(notice), b"Subject: hello\r\n\r\nHello") as (server, url):
        settings.BOUNCES_URL = url.format("bo%40x:p%20w")
        call_command("read_bounces")
        assert "1 nothing that we read" in capsys.readouterr().out
        assert server.stored == {7: r"(\Deleted)", 8: r"(\Seen)"}
        assert 'SELECT "Come back"' in server.said
        assert "EXPUNGE" in server.said
        settings.BOUNCES_URL = url.format("bo%40x:wrong")
        with pytest.raises(CommandError, match="away, or says no"):
            call_command("read_bounces")
    assert now(notice)[0] == "queued"


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("imaps://a:b@mail.example/INBOX", True),
        ("imap://a:b@127.0.0.1/INBOX", True),
        ("file:///var/bounces", True),
        ("imap://a:b@mail.example/INBOX", False),
        ("imaps://mail.example", False),
        ("file://host/var", False),
        ("pop3://a:b@mail.example", False),
        ("x", False),
    ],
)
def test_the_check_names_a_mailbox_that_cannot_be_used(settings, url, is_right):
    settings.BOUNCES_URL = url
    assert [each.id for each in mails_come_back_to_a_mailbox_we_can_read(None)] == (
        [] if is_right else ["ristoro.E054"]
    )
    assert (wrong_with(url) == "") == is_right
