"""A report as a file, without asking for it on a page."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError

from claims.actions import journal
from claims.reports import files, tables
from claims.reports.snapshot import snapshot
from claims.rules.errors import Refused


class Command(BaseCommand):
    help = "Write a report to a file: the same bytes that the pages make. The file has its name only when it is whole."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("report", choices=sorted(tables.REPORTS))
        parser.add_argument("--format", choices=tables.FORMATS, default="csv")
        parser.add_argument("--output", required=True, type=Path, metavar="FILE")
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="incident=CODE, status=STATUS, from=DAY, to=DAY (Rome dates of submission), bom=yes; may be repeated",
        )

    def handle(self, *, report, output, **options):
        try:
            filters = tables.checked(report, options["format"], dict(map(parsed, options["filter"])))
        except Refused as refused:
            raise CommandError(f"{refused.field}: {refused.message}") from refused
        if not output.resolve().parent.is_dir():
            raise CommandError(f"{output.parent} is no folder.")
        facts = {"report": report, "format": options["format"], "filters": filters}
        journal.record(f"export:{uuid4()}", "export by command", by=None, facts=facts)
        with TemporaryDirectory(dir=output.resolve().parent, prefix=".export-") as scratch, snapshot() as moment:
            part = Path(scratch) / "part"
            with part.open("w+b") as file:
                rows = files.write(report, options["format"], filters, moment=moment, file=file, scratch=Path(scratch))
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, output)
        self.stdout.write(f"{rows} rows in {output}")


def parsed(pair):
    """("status", "paid") of "status=paid"."""
    name, equals, value = pair.partition("=")
    if not equals:
        raise CommandError(f"--filter {pair}: write NAME=VALUE.")
    return name, value.lower() in ("yes", "true", "1") if name == "bom" else value
