"""The mailbox that mails come back to: an IMAP server over TLS, or a folder of mails (Maildir) on this machine."""

import imaplib
import mailbox
import re
import ssl
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

TIMEOUT = 20  # seconds
LARGEST = 1_000_000  # bytes of a mail that are read: what we look for stands at its beginning
MOST = 500  # mails in one turn
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class MailboxError(Exception):
    """The mailbox is away, or says no."""


def wrong_with(url):
    """What is wrong with the address of a mailbox, in words; "" if nothing is."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return "" if parts.path.startswith("/") and not parts.netloc else "write file:///path/of/a/maildir"
    if parts.scheme not in ("imaps", "imap"):
        return "it must begin with imaps:// or file://"
    if not (parts.hostname and parts.username and parts.password):
        return "write imaps://user:password@host/INBOX"
    return "" if parts.scheme == "imaps" or parts.hostname in LOOPBACK else "passwords and mails need imaps://"


def unread(url):
    """A context with the unread mails, as pairs of (raw, settle): settle(True) removes one that is done with.

    settle(False) leaves it for a person, marked as read. Raises MailboxError.
    """
    return folder(urlsplit(url).path) if url.startswith("file:") else server(urlsplit(url))


@contextmanager
def folder(path):
    """What is new in a Maildir."""
    try:
        box = mailbox.Maildir(path, factory=None, create=False)
        yield in_folder(box)
    except (OSError, mailbox.Error) as error:
        raise MailboxError(f"{type(error).__name__}: {error}") from error


def in_folder(box):
    new = [key for key, message in box.iteritems() if message.get_subdir() == "new"]
    for key in sorted(new)[:MOST]:
        with box.get_file(key) as file:
            raw = file.read(LARGEST)

        def settle(done, key=key):
            if done:
                box.remove(key)
                return
            message = box.get_message(key)
            message.set_subdir("cur")
            message.add_flag("S")
            box[key] = message

        yield raw, settle


@contextmanager
def server(parts):
    """What nobody has read in a mailbox of an IMAP server."""
    place = {"host": parts.hostname, "port": parts.port or (993 if parts.scheme == "imaps" else 143)}
    try:
        if parts.scheme == "imaps":
            box = imaplib.IMAP4_SSL(**place, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
        else:
            box = imaplib.IMAP4(**place, timeout=TIMEOUT)
        try:
            box.login(quoted(unquote(parts.username)), unquote(parts.password))
            said(box.select(quoted(unquote(parts.path.strip("/")) or "INBOX")))
            yield in_box(box)
            box.expunge()
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                box.logout()
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxError(f"{type(error).__name__}: {error}") from error


def in_box(box):
    numbers = said(box.uid("SEARCH", None, "UNSEEN", "UNDELETED"))[0].split()
    for number in numbers[:MOST]:
        answer = said(box.uid("FETCH", number.decode(), f"(BODY.PEEK[]<0.{LARGEST}>)"))
        raw = next((each[1] for each in answer if isinstance(each, tuple)), b"")

        def settle(done, number=number):
            said(box.uid("STORE", number.decode(), "+FLAGS.SILENT", r"(\Deleted)" if done else r"(\Seen)"))

        yield raw, settle


def said(reply):
    status, data = reply
    if status != "OK":
        raise imaplib.IMAP4.error(f"the server said {status}")
    return data


def quoted(name):
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
