"""A mass run over 200,000 accounts, payouts and notices, against one raw INSERT … SELECT into each of both tables."""

import statistics
import time

from django.db import connection

from claims.actions import mass_runs
from claims.models import Notice, Payout
from tests import make
from tests.bench import data
from tests.bench.results import at_least, informs, result

ROWS = 200_000
SIZE = 5_000  # of a chunk here: forty of them show whether the last ones take longer
TENTH = ROWS // SIZE // 10
ROSTER = """
    INSERT INTO claims_customer (incident_id, service_id, login, fee, contact, second_contact, language)
    SELECT {incident}, CASE WHEN n % 5 = 0 THEN {paid} ELSE {free} END, 'm' || n || '@libero.example', 0,
           'm' || n || '@example.org', '', 'it' FROM generate_series(1, {rows}) AS n
"""
# What somebody would write who had only SQL: one amount for all, a code, and no question about addresses or claims.
PAYOUTS = """
    INSERT INTO claims_payout (incident_id, remedy, amount, state, customer_id, run_id, created_at)
    SELECT incident_id, 'indemnity', 6, 'owed', id, {run}, now() FROM claims_customer WHERE incident_id = {incident}
"""
NOTICES = """
    INSERT INTO claims_notice (key, kind, payout_id, address, language, context, code, state, tries, created_at,
                               next_try_at, last_error)
    SELECT 'run:' || p.run_id || ':' || c.id, 'indemnity_granted', p.id, c.contact, c.language, '{{"days": 4}}',
           upper(substr(md5(random()::text), 1, 16)), 'queued', 0, now(), now(), ''
    FROM claims_payout p JOIN claims_customer c ON c.id = p.customer_id WHERE p.run_id = {run}
"""


def outage(code):
    """An incident with ROWS accounts, a fifth of them paid mailboxes."""
    made = make.incident(code)
    services = {service.code: service.pk for service in made.services.all()}
    with data.unguarded() as cursor:
        cursor.execute(ROSTER.format(incident=made.pk, rows=ROWS, **{k: services[k] for k in ("paid", "free")}))
        cursor.execute("VACUUM ANALYZE claims_customer")
        cursor.execute("CHECKPOINT")
    return made


def approved(incident, people):
    run = mass_runs.propose(incident.code, "indemnity", by=people[0])
    return mass_runs.approve(run.pk, by=people[1])


def raw(incident, people):
    """Seconds of the two statements, committed."""
    run = approved(incident, people)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; CHECKPOINT")
        started = time.perf_counter()
        cursor.execute("BEGIN")
        cursor.execute(PAYOUTS.format(run=run.pk, incident=incident.pk))
        cursor.execute(NOTICES.format(run=run.pk))
        cursor.execute("COMMIT")
        return time.perf_counter() - started


def ours(incident, people, size):
    """(seconds, seconds of each chunk) of a run from its approval to its end."""
    run, chunks = approved(incident, people), []
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    started = before = time.perf_counter()
    while mass_runs.grant_chunk(run.pk, size=size) is not None:
        chunks.append(time.perf_counter() - before)
        before = time.perf_counter()
    run.refresh_from_db()
    assert (run.state, run.granted) == ("done", ROWS)
    return before - started, chunks


def measure():
    people = [make.person(name, "manager") for name in ("mara", "marco")]
    first, second, third = (outage(f"run-{number}") for number in range(3))
    started = time.perf_counter()
    run = mass_runs.propose(first.code, "indemnity", by=people[0])
    informs("  proposing: counted, summed, examples", ours=f"{ROWS / (time.perf_counter() - started):,.0f} accounts/s")
    mass_runs.cancel(run.pk, by=people[0])
    base = raw(first, people)
    took, _chunks = ours(second, people, mass_runs.CHUNK)
    assert Payout.objects.count() == Notice.objects.count() == 2 * ROWS
    at_least(
        f"mass run, {ROWS:,} payouts with notices",
        ours=ROWS / took,
        base=ROWS / base,
        unit="people/s",
        target=0.5,
        base_name="people/s by a raw INSERT … SELECT into each table",
    )
    _took, chunks = ours(third, people, SIZE)
    early, late = statistics.median(chunks[:TENTH]), statistics.median(chunks[-TENTH - 1 : -1])
    result(
        "  its last tenth of chunks against its first",
        ours=f"{late * 1000:.0f} ms",
        base=f"{early * 1000:.0f} ms",
        ratio=f"{late / early:.2f}",
        target="≤ 1.2",
        ok=late / early <= 1.2,
    )
