"""Notices of mass runs that waited for a mailbox: they leave by batches once a service is declared restored."""

from django.db import connection, transaction

from claims.models import MassRun, Service
from claims.models.patience import be_patient
from claims.reports.mass_runs import USABLE

BATCH = 20_000
RELEASE = f"""
    WITH chosen AS MATERIALIZED (
        SELECT n.id, p.customer_id FROM claims_notice n JOIN claims_payout p ON p.id = n.payout_id
        WHERE n.state = 'held' AND n.payout_id IS NOT NULL AND n.id > %(after)s AND p.run_id = %(run)s
        ORDER BY n.id LIMIT %(size)s
    ), queued AS (
        UPDATE claims_notice n SET state = 'queued', next_try_at = now(), address = channel.address
        FROM chosen JOIN claims_customer c ON c.id = chosen.customer_id
        CROSS JOIN LATERAL (SELECT {USABLE} AS address) AS channel
        WHERE n.id = chosen.id AND n.state = 'held' AND channel.address IS NOT NULL
        RETURNING n.id
    )
    SELECT (SELECT count(*) FROM chosen), (SELECT max(id) FROM chosen), (SELECT count(*) FROM queued)
"""  # noqa: S608


def ask_again(incident_id):
    """A service of this incident was restored: the notices of its runs that wait are looked at again, oldest first."""
    MassRun.objects.filter(incident=incident_id, held__gt=0).update(released_to=0)


def release_batch(*, size=BATCH):
    """Queues those of the next `size` waiting notices whose address works now; None if there is nothing to look at."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        be_patient()
        runs = MassRun.objects.filter(released_to__isnull=False).order_by("id")
        run = runs.select_for_update(skip_locked=True, no_key=True).first()
        if run is None:
            return None
        broken = sorted(Service.objects.broken_domains(run.incident_id))
        parameters = {"run": run.pk, "after": run.released_to, "size": size, "broken": broken}
        cursor.execute(RELEASE, parameters)
        seen, last, queued = cursor.fetchone()
        run.released_to = last if seen == size else None
        run.held -= queued
        run.save(update_fields=["released_to", "held"])
        return queued
