"""Answers to a file of awards in kind from the command line: `manage.py confirm_awards 3 answers.csv --dry-run`."""

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.roles import Role
from claims.actions import confirming
from claims.rules.errors import Refused
from claims.rules.fulfilment import NOTES


class Command(BaseCommand):
    help = (
        "Read the confirmation of a file of awards in kind: CSV with the columns fulfilment_id, result (given or"
        " refused) and reason. Whole or not at all; the same file again changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("number", type=int, help="number of the file that it answers")
        parser.add_argument("file", help="the CSV file")
        parser.add_argument("--as", dest="email", metavar="EMAIL", required=True, help="the manager who reads it")
        parser.add_argument("--dry-run", action="store_true", help="only tell what it would do")

    def handle(self, *, number, file, email, dry_run, **options):
        by = User.objects.filter(email=email.lower(), is_active=True, groups__name=Role.MANAGER).first()
        if by is None:
            raise CommandError(f"{email} is no manager.")
        try:
            with open(file, "rb") as content:
                effect, known = confirming.confirm(number, content, by=by, dry=dry_run)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from None
        except Refused as refused:
            raise CommandError(
                "\n".join(str(message) for _field, _code, message in refused.errors or [(0, 0, refused.message)])
            ) from None
        self.stdout.write("would be:" if dry_run else "read before, nothing changed:" if known else "read:")
        self.stdout.write(f"  {effect.given} given, {effect.refused} refused, {effect.known} confirmed before")
        for name, why in effect.odd:
            self.stdout.write(f"  {name}: {NOTES[why]}")
