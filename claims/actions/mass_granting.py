"""One chunk of a mass run as one statement: payouts and notices are written and the cursor moves, or nothing does."""

from dataclasses import dataclass
from decimal import Decimal
from secrets import token_bytes

from claims.models import Service
from claims.reports.entitlements import entitlements
from claims.reports.mass_runs import CLAIMED, USABLE

# A secret of the chunk and the account make 96 bits nobody can guess, as sixteen letters of base 64; the half of them
# that is not in our alphabet stands for the other half: 80 bits. A random number for each row takes ten times as long.
FOREIGN, OURS = "abcdefghijklmnopqrstuvwxyzIO01+/", "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE = f"translate(encode(substr(sha256(%(secret)s || int8send(c.id)), 1, 12), 'base64'), '{FOREIGN}', '{OURS}')"

GRANT = """
    WITH chosen AS MATERIALIZED (
        SELECT * FROM claims_customer WHERE incident_id = %(incident)s AND id > %(cursor)s ORDER BY id LIMIT %(size)s
    ), bounds AS MATERIALIZED (
        SELECT count(*) AS walked, max(id) AS last FROM chosen
    ), {entitlements}, claimed AS MATERIALIZED (
        {claimed} AND k.customer_id > %(cursor)s AND k.customer_id <= (SELECT last FROM bounds)
    ), due AS MATERIALIZED (
        SELECT c.* FROM entitled c
        WHERE c.amount > 0 AND NOT EXISTS (SELECT FROM claimed WHERE claimed.customer_id = c.id)
    ), contexts AS MATERIALIZED (
        SELECT quantity, rate, reason,
               jsonb_build_object('days', quantity, 'rate', rate::text, 'reason', reason) AS context
        FROM due GROUP BY quantity, rate, reason
    ), granted AS (
        INSERT INTO claims_payout (incident_id, remedy, amount, state, customer_id, run_id, created_at)
        SELECT %(incident)s, %(remedy)s, amount, 'owed', id, %(run)s, now() FROM due ORDER BY id
        ON CONFLICT (customer_id, remedy) WHERE customer_id IS NOT NULL AND state <> 'cancelled' DO NOTHING
        RETURNING id, customer_id, amount
    ), told AS (
        INSERT INTO claims_notice (key, kind, payout_id, address, language, context, code, state, tries, created_at,
                                   next_try_at, last_error)
        SELECT 'run:' || %(run)s || ':' || c.id, %(kind)s, granted.id, coalesce(address, ''), c.language,
               contexts.context, {code},
               CASE WHEN address IS NULL THEN 'held' ELSE 'queued' END, 0, now(), now(), ''
        FROM granted JOIN due c ON c.id = granted.customer_id JOIN contexts USING (quantity, rate, reason)
        CROSS JOIN LATERAL (SELECT {usable} AS address) AS channel
        RETURNING state
    ), sums AS (
        SELECT (SELECT count(*) FROM granted) AS granted, (SELECT coalesce(sum(amount), 0) FROM granted) AS amount,
               (SELECT count(*) FROM due) AS due, (SELECT count(*) FROM told WHERE state = 'held') AS held
    )
    UPDATE claims_massrun run
    SET cursor = coalesce(bounds.last, run.cursor), walked = run.walked + bounds.walked, chunks = run.chunks + 1,
        granted = run.granted + sums.granted, granted_total = run.granted_total + sums.amount,
        held = run.held + sums.held
    FROM bounds, sums WHERE run.id = %(run)s
    RETURNING bounds.walked, sums.granted, sums.amount, sums.due - sums.granted, sums.held, run.cursor
"""


@dataclass(frozen=True)
class Chunk:
    """`again` were granted the same before and get nothing twice; `last` is the account it ends with."""

    walked: int
    granted: int
    amount: Decimal
    again: int
    held: int
    last: int


def grant(cursor, run, *, size):
    """Grants to the next `size` accounts of the roster of a run whose row is locked; returns the Chunk."""
    made, parameters = entitlements(run.incident, run.remedy, run.terms.rules)
    parameters |= {
        "incident": run.incident_id,
        "remedy": run.remedy,
        "run": run.pk,
        "cursor": run.cursor,
        "size": size,
        "kind": f"{run.remedy}_granted",
        "broken": sorted(Service.objects.broken_domains(run.incident_id)),
        "secret": token_bytes(32),
    }
    statement = GRANT.format(entitlements=made, claimed=CLAIMED.rstrip(), code=CODE, usable=USABLE)
    cursor.execute(statement, parameters)
    return Chunk(*cursor.fetchone())
