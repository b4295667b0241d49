"""Makes the database fit this version, and refuses a set-up that is not safe."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate, then check the set-up; run it before each start of a new version."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--demo", action="store_true", help="also load the demo incident and people")

    def handle(self, *, demo, verbosity, **options):
        call_command("migrate", interactive=False, verbosity=verbosity)
        if demo:
            call_command("demo", verbosity=verbosity)
        call_command("check", deploy=not settings.DEVELOPMENT, fail_level="ERROR", verbosity=verbosity)
