"""Draws the table of moves into the papers."""

import sys

from django.conf import settings
from django.core.management.base import BaseCommand

from claims.reports import moves

FILES = {"docs/moves.md": moves.table, "docs/pictures/moves.svg": moves.diagram}


class Command(BaseCommand):
    help = (
        "Write docs/moves.md and its picture from the table of moves; with --check only say whether they are current."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")

    def handle(self, *, check, **options):
        old = [name for name, made in FILES.items() if not is_current(settings.BASE_DIR / name, made())]
        for name in old:
            if not check:
                (settings.BASE_DIR / name).write_text(FILES[name](), encoding="utf-8")
            self.stdout.write(f"{name}: {'not current' if check else 'written'}")
        if check and old:
            sys.exit(1)


def is_current(path, text):
    return path.exists() and path.read_text(encoding="utf-8") == text
