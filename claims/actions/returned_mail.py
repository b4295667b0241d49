"""Reading the mailbox that mails come back to: after a crash a mail is read again, and nothing is written twice."""

import logging
from collections import Counter

from django.conf import settings

from claims.actions import bounces, mailbox

log = logging.getLogger(__name__)

NOT_OURS = (bounces.UNREAD, bounces.UNKNOWN)


def read_all(*, strict=False):
    """{what it was: how many} of the mails in the mailbox of BOUNCES_URL; empty if there is none, or it is away.

    With `strict` a mailbox that is away raises MailboxError.
    What tells nothing of a notice of ours is left there for a person.
    """
    if not settings.BOUNCES_URL:
        return Counter()
    read = Counter()
    try:
        with mailbox.unread(settings.BOUNCES_URL) as mails:
            for raw, settle in mails:
                told = bounces.take(raw)
                settle(told not in NOT_OURS)
                read[told] += 1
    except mailbox.MailboxError as error:
        if strict:
            raise
        log.warning("the mailbox of returned mails: %s", error)
    return read
