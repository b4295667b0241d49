"""What a mail says of itself: headers, the way it came, what it reports, and what does not fit together."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.models import Content
from evidence.reading import Found, read_batch
from evidence.texts import Told, mails, outlook
from tests import make
from tests.evidence import files, mailbox

MSG = "application/vnd.ms-outlook"


@pytest.fixture
def mail_of(anna, db):
    """mail_of(bytes) is the content of a mail that was read."""

    def go(data, media_type="message/rfc822"):
        document = make.document(anna, content=data, media_type=media_type)
        assert read_batch() == 1
        return Content.objects.get(sha256=document.sha256)

    return go


def codes(content):
    return [each["code"] for each in content.mail.inconsistencies]


# --- anything may be handed in as a mail --------------------------------------------------------
HEADERS = st.sampled_from(
    [b"From", b"To", b"Date", b"Received", b"Subject", b"Content-Type", b"Content-Transfer-Encoding", b"DKIM-Signature"]
)
LINES = st.lists(st.tuples(HEADERS, st.binary(max_size=60)), max_size=8)


def anything(data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.eml"
    path.write_bytes(data)
    lines = tuple(json.loads(json.dumps(line)) for line in mails.read(path, None))
    found = Found(Told(lines, True, False))
    everything = json.dumps([found.texts, found.facts, found.mail], ensure_ascii=False)
    assert "\\u0000" not in everything
    everything.encode()  # raises for a lone surrogate


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_any_bytes_are_read_as_a_mail_without_harm(tmp_path_factory, data):
    anything(data, tmp_path_factory)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, st.binary(max_size=200))
def test_any_headers_are_read_without_harm(tmp_path_factory, lines, body):
    anything(b"\r\n".join(name + b": " + value for name, value in lines) + b"\r\n\r\n" + body, tmp_path_factory)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 6000), st.binary(min_size=1, max_size=8))
def test_a_spoiled_outlook_file_is_read_or_called_damaged(tmp_path_factory, at, spoiled):
    path = tmp_path_factory.getbasetemp() / "any.msg"
    whole = bytearray(mailbox.msg({0x37: "Oggetto", 0x1000: "Testo"}))
    whole[at : at + len(spoiled)] = spoiled
    path.write_bytes(whole)
    assert list(outlook.read(path, None))


# --- U-32 to U-37 of the plan -------------------------------------------------------------------
def test_u_32_a_wrong_boundary_and_no_body_still_give_the_headers(mail_of):
    content = mail_of(mailbox.mail(kind="multipart/mixed; boundary=nowhere", body="words"))
    assert content.state == "read"
    assert content.mail.subject == "Proposta per la città"


def test_u_32_two_from_are_told(mail_of):
    content = mail_of(mailbox.mail(more=["From: Somebody Else <else@other.example>"]))
    assert "two_from" in codes(content)
    assert {each["address"] for each in content.mail.sender} == {"anna@libero.example", "else@other.example"}


@pytest.mark.parametrize("date", ["Tue, 24 Jan 3609 10:00:00 +0000", "yesterday", "Tue, 99 Jan 2023 10:00:00 +0000"])
def test_u_32_a_date_that_no_clock_shows_is_unreadable(mail_of, date):
    content = mail_of(mailbox.mail(date=date))
    assert "date_unreadable" in content.notes
    assert content.mail.date is None
    assert content.mail.date_text == date


def test_u_32_ten_thousand_headers_are_read_in_time(mail_of):
    more = [f"X-Filler-{number}: {number}" for number in range(10_000)]
    assert mail_of(mailbox.mail(more=more)).mail.message_id == "<42@libero.example>"


def test_u_32_a_thousand_nested_levels_are_not_followed(mail_of):
    body = ""
    for level in range(1_000):
        body += f"--b{level}\r\nContent-Type: multipart/mixed; boundary=b{level + 1}\r\n\r\n"
    data = mailbox.mail(body="").replace(
        b"Content-Type: text/plain; charset=utf-8", b"Content-Type: multipart/mixed; boundary=b0"
    )
    content = mail_of(data + body.encode())
    assert content.state == "read"
    assert set(content.notes) & {"too_deep", "only_headers"}
    assert content.mail.subject == "Proposta per la città"


def test_u_32_more_parts_than_anybody_looks_at_are_left_out(mail_of):
    parts = "".join(f"--b\r\nContent-Type: text/plain\r\n\r\npart {number}\r\n" for number in range(300))
    data = mailbox.mail(body="").replace(
        b"Content-Type: text/plain; charset=utf-8", b"Content-Type: multipart/mixed; boundary=b"
    )
    content = mail_of(data + parts.encode() + b"--b--\r\n")
    assert "too_many_parts" in content.notes
    assert "part 1\n" in content.texts.get(number=1).text


def test_u_33_nul_in_subject_and_body_is_replaced(mail_of):
    data = mailbox.mail(body="a\0b").replace(b"Message-ID: <42", b"Message-ID: <4\x002")
    content = mail_of(data)
    assert "a\ufffdb" in content.texts.get().text
    assert content.mail.message_id == "<4\ufffd2@libero.example>"


def test_u_34_raw_bytes_in_headers_are_the_characters_they_were_meant_to_be(mail_of):
    data = mailbox.mail().replace(b"=?utf-8?q?Proposta_per_la_citt=C3=A0?=", b"Citt\xe0")
    data = data.replace(b"Anna Rossi", "Ànna".encode())
    content = mail_of(data)
    assert content.mail.subject == "Città"
    assert content.mail.sender == [{"name": "Ànna", "address": "anna@libero.example"}]


@pytest.mark.parametrize(
    "charset", ["x-unknown", "utf-7\0", "unicode-1-1-utf-7", "latin1; x", "idna", "hex", "undefined"]
)
def test_u_34_an_alphabet_nobody_knows_is_read_all_the_same(mail_of, charset):
    content = mail_of(mailbox.mail().replace(b"charset=utf-8", b"charset=" + charset.encode()))
    assert "La proposta non" in content.texts.get().text


def test_u_35_a_page_in_a_mail_is_text_without_what_runs_or_hides(mail_of):
    page = (
        "<html><head><style>p{}</style><script>alert(1)</script></head><body><p>La fattura</p>"
        "<img src='http://tracker.example/x.png'><form action=x>di gennaio</form><svg><text>no</text></svg></body>"
    )
    text = mail_of(mailbox.mail(kind="text/html", body=page)).texts.get().text
    said = text.partition("\n\n")[2]
    assert "La fattura" in said
    assert "di gennaio" in said
    assert not any(word in said for word in ("alert", "tracker", "p{}", "<"))


@pytest.mark.parametrize("kind", ["IPM.Contact", "IPM.Appointment", "IPM.Task"])
def test_u_37_what_outlook_keeps_besides_mails_is_no_mail(mail_of, kind):
    content = mail_of(mailbox.msg({0x37: "Riunione"}, kind=kind), MSG)
    assert content.notes == ["not_a_mail"]
    assert not hasattr(content, "mail")
    assert "Riunione" in content.texts.get().text


def test_u_37_a_draft_was_never_sent(mail_of):
    assert "never_sent" in mail_of(mailbox.msg({0x1000: "bozza"}, flags=0x8), MSG).notes
    assert "never_sent" in mail_of(mailbox.mail(more=["X-Unsent: 1"])).notes


def test_u_37_an_encrypted_mail_is_called_that(mail_of):
    assert "encrypted" in mail_of(mailbox.msg({0x37: "x"}, kind="IPM.Note.SMIME"), MSG).notes
    sealed = mailbox.mail(kind="application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m")
    assert "encrypted" in mail_of(sealed).notes


def test_a_truncated_outlook_file_is_damaged(mail_of):
    content = mail_of(mailbox.msg({0x37: "Oggetto"})[:900], MSG)
    assert (content.state, content.reason) == ("unreadable", "damaged")


# --- what is found ------------------------------------------------------------------------------
def test_a_mail_tells_who_wrote_to_whom_and_when(mail_of):
    mail = mail_of(mailbox.mail()).mail
    assert mail.sender == [{"name": "Anna Rossi", "address": "anna@libero.example"}]
    assert mail.to == [{"name": "Rita", "address": "rita@customer.example"}]
    assert mail.cc == [{"name": "", "address": "office@customer.example"}]
    assert (mail.date.isoformat(), mail.zone) == ("2023-01-24T09:05:00+00:00", 60)
    assert [(hop["from"], hop["by"], hop["with"], hop["at"]) for hop in mail.received] == [
        ("mx.libero.example", "in.customer.example", "ESMTPS", "2023-01-24T09:06:10+00:00"),
        ("[192.0.2.99]", "smtp.libero.example", "ESMTPSA", "2023-01-24T09:05:30+00:00"),
    ]
    assert mail.inconsistencies == []
    assert (mail.check_state, mail.bounce) == ("none", None)


def test_a_mail_without_a_zone_is_read_as_utc_and_that_is_told(mail_of):
    mail = mail_of(mailbox.mail(date="Tue, 24 Jan 2023 09:05:00 -0000")).mail
    assert (mail.date.isoformat(), mail.zone) == ("2023-01-24T09:05:00+00:00", None)


def test_an_outlook_mail_tells_the_same(mail_of):
    ticks = 133_190_000_000_000_000
    people = [(1, "Rita", "rita@customer.example"), (2, "Remo", "remo@customer.example")]
    data = mailbox.msg(
        {0x37: "Offerta", 0x1000: "Ecco l'offerta.", 0x0C1A: "Anna", 0x5D01: "anna@libero.example"},
        submitted=ticks,
        recipients=people,
    )
    content = mail_of(data, MSG)
    assert content.mail.sender == [{"name": "Anna", "address": "anna@libero.example"}]
    assert content.mail.to == [{"name": "Rita", "address": "rita@customer.example"}]
    assert content.mail.cc == [{"name": "Remo", "address": "remo@customer.example"}]
    assert content.mail.date.isoformat() == "2023-01-24T02:13:20+00:00"
    assert content.mail.subject == "Offerta"


def test_the_headers_that_outlook_kept_are_read(mail_of):
    headers = mailbox.signed().decode().partition("\r\n\r\n")[0]
    mail = mail_of(mailbox.msg({0x7D: headers, 0x37: "Proposta"}), MSG).mail
    assert len(mail.received) == 2
    assert mail.zone == 60
    assert [(each["verdict"], each["because"]) for each in mail.signatures] == [("cannot_verify", "not_original")]
    assert mail.check_state == "done"


def test_a_delivery_report_tells_who_was_not_reached_and_why(mail_of):
    content = mail_of(mailbox.bounce())
    bounce = content.mail.bounce
    assert bounce["standard"] is True
    assert bounce["recipients"] == [
        {
            "recipient": "rita@customer.example",
            "action": "failed",
            "status": "5.1.1",
            "diagnostic": "550 5.1.1 no such user",
            "server": "in.customer.example",
            "at": "",
        }
    ]
    assert bounce["original"]["message_id"] == "<offer@libero.example>"
    assert bounce["original"]["at"] == "2023-01-24T10:59:00+00:00"
    assert "bounced_mail" in [each["what"] for each in content.facts["dates"]]


def test_a_report_in_a_servers_own_words_is_understood(mail_of):
    words = "Il messaggio per rita@customer.example non è stato consegnato:\r\n550 5.2.2 mailbox full\r\n"
    data = mailbox.mail(sender="Mail Delivery Subsystem <mailer-daemon@libero.example>", body=words)
    data = data.replace(b"=?utf-8?q?Proposta_per_la_citt=C3=A0?=", b"Mancata consegna del messaggio")
    bounce = mail_of(data).mail.bounce
    assert bounce["standard"] is False
    assert [(each["recipient"], each["status"]) for each in bounce["recipients"]] == [
        ("rita@customer.example", "5.2.2")
    ]


def test_a_mail_that_only_speaks_of_failures_is_no_report(mail_of):
    assert mail_of(mailbox.mail(body="550 5.1.1 delivery failure")).mail.bounce is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"received": ()}, "no_way"),
        ({"date": ""}, "no_date"),
        ({"sender": ""}, "no_from"),
        ({"date": "Wed, 25 Jan 2023 10:00:00 +0000"}, "written_after_sent"),
        ({"date": "Fri, 20 Jan 2023 10:00:00 +0000"}, "sent_long_after"),
        ({"date": "Tue, 24 Jan 2090 10:00:00 +0000"}, "in_the_future"),
        ({"received": ("from a by b; Tue, 24 Jan 2023 05:00:00 +0000", mailbox.WAY[1])}, "goes_back"),
        ({"received": ("from a by b; some day", mailbox.WAY[1])}, "hop_unreadable"),
    ],
)
def test_what_does_not_fit_together_is_told(mail_of, fields, code):
    assert code in codes(mail_of(mailbox.mail(**fields)))


def test_clocks_that_differ_by_minutes_are_no_doubt(mail_of):
    received = ("from a by b; Tue, 24 Jan 2023 09:00:00 +0000", "from c by a; Tue, 24 Jan 2023 09:05:00 +0000")
    assert codes(mail_of(mailbox.mail(received=received))) == []


def test_attachments_are_named(mail_of):
    parts = (
        "--b\r\nContent-Type: text/plain\r\n\r\nEcco.\r\n--b\r\nContent-Type: application/pdf\r\n"
        'Content-Disposition: attachment; filename="=?utf-8?q?citt=C3=A0.pdf?="\r\n\r\nx\r\n--b--\r\n'
    )
    data = mailbox.mail(body="").replace(
        b"Content-Type: text/plain; charset=utf-8", b"Content-Type: multipart/mixed; boundary=b"
    )
    content = mail_of(data + parts.encode())
    assert content.facts["attached"] == [{"name": "città.pdf", "media_type": "application/pdf"}]


def test_the_mail_of_the_door_is_read(mail_of):
    assert mail_of(files.MAIL).mail.subject == "Bounce"
