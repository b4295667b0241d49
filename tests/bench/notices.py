"""Delivering the notices of a mass run, against a bare loop that only sends the same messages over one connection.

The loop has every message ready as bytes; ours takes notices out of the table, writes the mails and marks each sent.
"""

import smtplib
import subprocess
import sys
import time
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from claims.actions import mails, mass_runs, notices
from claims.models import Notice
from tests import make
from tests.bench import data
from tests.bench.results import at_least
from tests.smtp import free_port

NUMBER = 3_000
ROUNDS = 3
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


def bare(port, messages):
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for sender, address, message in messages:
            server.sendmail(sender, [address], message)
    return time.perf_counter() - started


def ours():
    started = time.perf_counter()
    while notices.deliver_for(20):
        pass
    return time.perf_counter() - started


def measure():
    people = [make.person(name, "manager") for name in ("mara", "marco")]
    for remedy in ("indemnity", "refund"):
        written(f"mail-{remedy}", remedy, people)
    ready = [
        ("ristoro@ristoro.example", notice.address, mails.render(notice).message().as_bytes(linesep="\r\n"))
        for notice in Notice.objects.order_by("id")
    ]
    took, base = [], []
    with sink() as port:
        settings.MAIL_RATES = ""
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        for _ in range(ROUNDS):
            Notice.objects.update(state="queued", tries=0, sent_at=None)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE claims_notice; CHECKPOINT" if False else "VACUUM ANALYZE claims_notice")
                cursor.execute("CHECKPOINT")
            base.append(bare(port, ready))
            took.append(ours())
            assert Notice.objects.filter(state="sent").count() == len(ready)
    print(base, took)
    at_least(
        f"delivering {len(ready):,} notices of a mass run",
        ours=len(ready) / min(took),
        base=len(ready) / min(base),
        unit="mails/s",
        target=0.8,
        base_name="mails/s by a bare SMTP loop",
    )
