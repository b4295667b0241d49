"""Mails that other servers would send us: one came back, one is late, one was called unwanted."""

DSN = """\
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

This is the mail system. {number}
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{address}>: no such user

--b
Content-Type: {returned}

From: ristoro@ristoro.example
Message-ID: {message_id}
Subject: whatever

--b--
"""
ARF = """\
From: fbl@provider.example
To: ristoro@ristoro.example
Subject: FW: something
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is a complaint.
--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: FBL/1
Version: 1

--b
Content-Type: message/rfc822

From: ristoro@ristoro.example
Message-ID: {message_id}
Subject: whatever

text
--b--
"""


def returned(notice, *, address=None, action="failed", status="5.1.1", number=0, **parts):
    """A report on the delivery of a notice, as bytes."""
    values = {"to": "ristoro@ristoro.example", "returned": "message/rfc822", "message_id": notice.message_id, **parts}
    address = notice.address if address is None else address
    return DSN.format(address=address, action=action, status=status, number=number, **values).encode()


def complaint(notice, kind="abuse"):
    return ARF.format(message_id=notice.message_id, kind=kind).encode()
