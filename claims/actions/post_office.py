"""The line to the mail server: opened once for many messages, and what a reply that is no "yes" means."""

import logging
import re
import smtplib
from email.utils import parseaddr
from functools import lru_cache

from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend

from claims.actions.mass_mails import FilledIn
from claims.rules.mail_rates import SERVER_AWAY, wants_less

log = logging.getLogger(__name__)

MOST = 1000  # messages over one connection; servers end longer ones
DONE, FORWARDED, GO_AHEAD = 250, 251, 354
DOTS = re.compile(rb"^\.", re.MULTILINE)
REPLIES = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPSenderRefused)


class PostOffice:
    """begin() gives a message to the server, finish() waits for its word; in between there is time for the next one."""

    def __init__(self):
        self.backend, self.sent, self.is_answer_due = get_connection(), 0, False

    def begin(self, message):
        """Hands a message over; raises what the backend raises. The line stays open for the next one."""
        if self.sent >= MOST:
            self.close()
        self.backend.open()
        self.sent += 1
        if isinstance(message, FilledIn) and isinstance(self.backend, EmailBackend):
            sender, address, raw = envelope(message.from_email), message.to[0], message.raw
            if self.backend.connection.has_extn("pipelining"):
                hand_over(self.backend.connection, sender, address, raw)
                self.is_answer_due = True
            else:
                self.backend.connection.sendmail(sender, [address], raw)
        else:
            message = message.written_out() if isinstance(message, FilledIn) else message
            message.connection = self.backend
            message.send()

    def finish(self):
        """The server has taken the message, or this raises what it said."""
        if self.is_answer_due:
            self.is_answer_due = False
            take_answer(self.backend.connection)

    def close(self):
        self.sent, self.is_answer_due = 0, False
        try:
            self.backend.close()
        except OSError as error:  # the server has gone: there is nothing left to close
            log.info("closing the mail connection: %s", type(error).__name__)

    def recover(self, error):
        """After a refusal of one message the line is as good as before; after anything else it is not."""
        if not isinstance(error, REPLIES) or reply_of(error)[0] == SERVER_AWAY:
            self.close()


@lru_cache(100)
def envelope(sender):
    return parseaddr(sender)[1]


def hand_over(server, sender, address, raw):
    """Sends a message to one address, with sender, address and DATA at once (RFC 2920); its answer is still to come.

    What is raised is what smtplib raises.
    """
    server.send(f"MAIL FROM:<{sender}>\r\nRCPT TO:<{address}>\r\nDATA\r\n")
    mail, recipient, data = replies_of(server)
    if data[0] == GO_AHEAD:
        server.send(DOTS.sub(b"..", raw) + (b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"))
        if mail[0] == DONE and recipient[0] in (DONE, FORWARDED):
            return
        data = server.getreply()  # a server that goes ahead with nobody to send to
    start_over(server, mail, recipient, data)
    if mail[0] != DONE:
        raise smtplib.SMTPSenderRefused(*mail, sender)
    if recipient[0] not in (DONE, FORWARDED):
        raise smtplib.SMTPRecipientsRefused({address: recipient})
    raise smtplib.SMTPDataError(*data)


def take_answer(server):
    answer = server.getreply()
    if answer[0] != DONE:
        start_over(server, answer)
        raise smtplib.SMTPDataError(*answer)


def replies_of(server):
    """The answers to sender, address and DATA; who hangs up with the first of them says the same to the others."""
    replies = []
    while len(replies) < 3:
        replies.append(server.getreply())
        if replies[-1][0] == SERVER_AWAY:
            replies += [replies[-1]] * (3 - len(replies))
    return replies


def start_over(server, *replies):
    """After a refusal the line is made ready for another message, unless the server has hung up."""
    if any(code == SERVER_AWAY for code, _text in replies):
        server.close()
    else:
        server.rset()


def reply_of(error):
    """(code, text) of what the server said; (0, "") if it said nothing."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        replies = [*error.recipients.values()]
        code, text = min(replies) if replies else (0, b"")
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return 0, ""
    return code, text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)


def is_permanent(error):
    """Whether the server said 5xx to this message or its only recipient."""
    return isinstance(error, REPLIES) and reply_of(error)[0] >= 500


def is_too_much(error):
    """Whether the server wants less, or nothing for now, whoever it is for."""
    return isinstance(error, REPLIES) and wants_less(*reply_of(error))
