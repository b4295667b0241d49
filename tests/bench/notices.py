"""Delivering the notices of a mass run, against a bare loop that only sends the same messages over one connection.

The loop has every message ready as bytes; ours takes notices out of the table, writes the mails and marks each sent.
"""

import smtplib
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from claims.actions import mails, mass_runs, notices
from claims.actions.leasing import Way
from claims.actions.post_office import PostOffice
from claims.models import Notice
from tests import make
from tests.bench import data
from tests.bench.results import informs, result
from tests.smtp import free_port

NUMBER = 1_600  # of each remedy
SLICE = 400  # sent by one, then by the other: what else the machine does hits both
ROSTER = """
    INSERT INTO claims_customer (incident_id, service_id, login, fee, paid_from, paid_to, contact, second_contact,
                                 language)
    SELECT {incident}, {service}, 'm' || n || '@libero.example', 19.99, DATE '2022-06-01' + n % 200,
           DATE '2023-06-01' + n % 200, 'm' || n || '@mail' || n % 7 || '.example', '',
           CASE n % 3 WHEN 0 THEN 'en' ELSE 'it' END
    FROM generate_series(1, {rows}) AS n
"""


@contextmanager
def sink():
    """The port of a mail server in a process of its own that takes everything and keeps nothing."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.sink", str(port)], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        yield port
    finally:
        process.terminate()
        process.wait()


def written(code, remedy, people):
    incident = make.incident(code)
    service = incident.services.get(code="paid")
    with data.unguarded() as cursor:
        cursor.execute(ROSTER.format(incident=incident.pk, service=service.pk, rows=NUMBER))
    run = mass_runs.approve(mass_runs.propose(code, remedy, by=people[0]).pk, by=people[1])
    while mass_runs.grant_chunk(run.pk) is not None:
        pass


def bare(server, messages):
    started = time.perf_counter()
    for sender, address, message in messages:
        server.sendmail(sender, [address], message)
    return time.perf_counter() - started


def ours(ids, office, way):
    """Seconds for what is due of these, as a worker's turn sends it."""
    Notice.objects.filter(pk__in=ids).update(next_try_at=timezone.now())
    started = time.perf_counter()
    while notices.deliver_batch(office=office, way=way):
        pass
    took = time.perf_counter() - started
    assert not Notice.objects.filter(pk__in=ids).exclude(state="sent").exists()
    return took


def measure():
    people = [make.person(name, "manager") for name in ("mara", "marco")]
    for remedy in ("indemnity", "refund"):
        written(f"mail-{remedy}", remedy, people)
    Notice.objects.update(next_try_at=timezone.now() + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE claims_notice")
        cursor.execute("CHECKPOINT")
    rows = list(Notice.objects.order_by("code"))  # either remedy, either language
    base, took = [], []
    with sink() as port:
        settings.EMAIL_BACKEND, settings.MAIL_RATES = "django.core.mail.backends.smtp.EmailBackend", ""
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        office, way = PostOffice(), Way()
        with smtplib.SMTP("127.0.0.1", port) as server:
            for at in range(0, len(rows), SLICE):
                part = rows[at : at + SLICE]
                ready = [("ristoro@ristoro.example", each.address, as_bytes(each)) for each in part]
                base.append(bare(server, ready))
                took.append(ours([each.pk for each in part], office, way))
        office.close()
    ratios = sorted(theirs / mine for theirs, mine in zip(base, took, strict=True))
    result(
        f"delivering {len(rows):,} notices of mass runs",
        ours=f"{SLICE / statistics.median(took):,.0f} mails/s",
        base=f"{SLICE / statistics.median(base):,.0f} mails/s by a bare SMTP loop",
        ratio=f"{statistics.median(ratios):.2f}",
        target="≥ 0.8",
        ok=statistics.median(ratios) >= 0.8,
    )
    quickest = [f"{SLICE / min(each):,.0f} mails/s" for each in (took, base)]
    informs(f"  the quickest {SLICE} of each", ours=quickest[0], base=quickest[1])


def as_bytes(notice):
    return mails.render(notice).message().as_bytes(linesep="\r\n")
