"""manage.py read_bounces: what the crank does every minute, once and with a word about it."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.actions import bounces, mailbox, returned_mail

WORDS = {
    "hard": "the address does not exist",
    "soft": "could not be delivered",
    "delayed": "late, still on their way",
    "complaint": "called unwanted",
    bounces.AGAIN: "read before",
    bounces.UNKNOWN: "of no notice of ours, left in the mailbox",
    bounces.UNREAD: "nothing that we read, left in the mailbox",
}


class Command(BaseCommand):
    help = "Reads the mailbox of BOUNCES_URL: notices that came back go to the second channel or wait for a person."

    def handle(self, *_args, **_options):
        if not settings.BOUNCES_URL:
            raise CommandError("BOUNCES_URL is not set: there is no mailbox to read.")
        try:
            read = returned_mail.read_all(strict=True)
        except mailbox.MailboxError as error:
            raise CommandError(f"The mailbox is away, or says no: {error}") from error
        if not read:
            self.stdout.write("Nothing new.")
        for what, words in WORDS.items():
            if read[what]:
                self.stdout.write(f"{read[what]} {words}")
