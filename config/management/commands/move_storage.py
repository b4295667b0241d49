"""Takes originals where STORAGE_URL says now; may be stopped and begun again at any moment."""

from django.core.management.base import BaseCommand, CommandError

from config.storage import storage_of
from evidence import blobs, moving
from evidence.bucket import Bucket
from evidence.errors import StorageAway


class Command(BaseCommand):
    help = (
        "From the folder to the bucket of STORAGE_URL, as the worker does by and by; with --from, from another bucket"
        " into the folder. Each original is read back and compared with its hash before the old one goes."
    )

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="source", metavar="s3://…", help="the bucket where originals are now")

    def handle(self, *, source, **options):
        try:
            if source:
                self.bring(source)
            if blobs.bucket():
                self.move()
            elif not source:
                raise CommandError("STORAGE_URL names no bucket, and --from is not given: there is nothing to move.")
        except StorageAway as away:
            raise CommandError(f"The bucket does not answer: {away}. Start again later; nothing is lost.") from away

    def bring(self, source):
        _folder, storages = storage_of(source, blobs.root())
        if "bucket" not in storages:
            raise CommandError("--from takes s3://…; a folder is where it is: let STORAGE_URL name it.")
        brought, bad = 0, []
        for sha256, came in moving.bring(Bucket(**storages["bucket"]["OPTIONS"])):
            brought += came
            bad += [] if came else [sha256]
        self.report(brought, bad, "brought into the folder")

    def move(self):
        moved, failed = 0, set()
        while some := [sha256 for sha256 in moving.due(moving.BATCH + len(failed)) if sha256 not in failed]:
            for sha256 in some:
                came = moving.move(sha256)
                moved += came
                failed |= set() if came or not blobs.path(sha256).is_file() else {sha256}
        self.report(moved, sorted(failed), "moved to the bucket")

    def report(self, number, bad, what):
        self.stdout.write(f"{number} originals {what}.")
        if bad:
            raise CommandError(f"{len(bad)} are not what was handed in, or in use, and stay: {', '.join(bad[:5])}")
