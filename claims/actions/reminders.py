"""Those whom a mass run owes something and who have not said where to pay are asked once more, by chunks."""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

from datetime import timedelta
from secrets import token_bytes

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import mass_runs
from claims.actions.mass_granting import CODE
from claims.models import MassRun, Service
from claims.models.patience import be_patient
from claims.reports.mass_runs import USABLE
from claims.rules.errors import Refused

CHUNK = 20_000
PAUSE = timedelta(days=14)  # until the same people are asked again

# One whose mailbox does not work yet was not told at all: the notice of the run waits for them.
REMIND = f"""
WITH chosen AS MATERIALIZED (
    SELECT id, customer_id FROM claims_payout WHERE run_id = %(run)s AND id > %(after)s ORDER BY id LIMIT %(size)s
), told AS (
    INSERT INTO claims_notice (key, kind, payout_id, address, language, context, code, state, tries, created_at,
                               next_try_at, last_error)
    SELECT 'remind:' || p.id || ':' || %(round)s, 'account_details_needed', p.id, channel.address, c.language, '{{}}',
        {CODE}, 'queued', 0, now(), now(), ''
    FROM chosen JOIN claims_payout p ON p.id = chosen.id AND p.state = 'owed'
    JOIN claims_customer c ON c.id = p.customer_id CROSS JOIN LATERAL (SELECT {USABLE} AS address) AS channel
    WHERE channel.address IS NOT NULL AND NOT EXISTS (
        SELECT FROM claims_accountdetails d WHERE d.customer_id = p.customer_id AND d.superseded_at IS NULL
    ) ORDER BY p.id ON CONFLICT (key) DO NOTHING RETURNING id
)
SELECT (SELECT count(*) FROM chosen), (SELECT max(id) FROM chosen), (SELECT count(*) FROM told)
"""


@transaction.atomic
def remind(run_id, *, by):
    """A manager has those without bank details asked once more; one notice a payout.

    Raises Refused: 403 `wrong_role`, 404 `not_found`, 409 `reminded_lately` or `illegal_move`.
    """
    run = mass_runs.locked(run_id, by=by)
    if not run.granted:
        raise Refused("illegal_move", _("This run has granted nothing yet."), status=409)
    again = max(filter(None, (run.approved_at, run.reminded_at))) + PAUSE
    if timezone.now() < again:
        raise Refused(
            "reminded_lately",
            _("They were asked less than %(days)d days ago.") % {"days": PAUSE.days},
            status=409,
        )
    run.reminded_at, run.remind_to, run.reminders = timezone.now(), 0, run.reminders + 1
    run.save(update_fields=["reminded_at", "remind_to", "reminders"])
    mass_runs.write(run, "remind", by=by, facts={"round": run.reminders})
    return run


def remind_chunk(*, size=CHUNK):
    """Asks those among the next `size` payouts of a run; None if nobody is to be asked."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        be_patient()
        runs = MassRun.objects.filter(remind_to__isnull=False).order_by("id")
        run = runs.select_for_update(skip_locked=True, no_key=True).first()
        if run is None:
            return None
        broken = sorted(Service.objects.broken_domains(run.incident_id))
        values = {"run": run.pk, "after": run.remind_to, "size": size, "round": run.reminders}
        cursor.execute(REMIND, {**values, "broken": broken, "secret": token_bytes(32)})
        seen, last, told = cursor.fetchone()
        run.remind_to = last if seen == size else None
        run.save(update_fields=["remind_to"])
        return told
