"""How much one person may send: unfinished uploads at a time, bytes in a day. Claims have limits of their own."""

from datetime import timedelta

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from evidence.errors import FileRefused
from evidence.models import Document, Upload
from evidence.reasons import bytes_a_day, most_unfinished

PERSONS = 0x50455253  # our corner of PostgreSQL's advisory locks
A_DAY = timedelta(days=1)


def check_day(person, size, *, beside=0):
    """Raises FileRefused `daily_quota` if `size` more bytes are too many; who else sends as `person` waits."""
    hold(person)
    handed_in = Document.objects.kept().filter(owner=person, parent=None, received_at__gt=timezone.now() - A_DAY)
    if handed_in.aggregate(sum=Sum("size", default=0))["sum"] + beside + size > bytes_a_day():
        raise FileRefused("daily_quota")


def check_begun(person, size):
    """The same before a file of `size` is begun, beside those that are on their way; also `too_many_uploads`."""
    hold(person)
    on_their_way = list(Upload.objects.filter(owner=person).on_their_way(timezone.now()).values_list("size", flat=True))
    if len(on_their_way) >= most_unfinished():
        raise FileRefused("too_many_uploads")
    check_day(person, size, beside=sum(on_their_way))


def hold(person):
    """To the end of the transaction nobody else counts what `person` sent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PERSONS, person.pk % 2**31])
