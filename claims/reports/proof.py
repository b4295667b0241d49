"""That the money of an incident adds up: ledgers, payouts, transfers, the bank's files read again and its answers."""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

from claims.reports.batches import folder_of_files
from claims.reports.laws_of_payouts import payments
from claims.reports.ledger import DECIDED, GRANTED, summed, together
from claims.rules.money import ZERO

SHOWN = 5
AT_ONCE = 5_000
# What live payouts of a claim make against what its decision gives: less is never right; more only if an earlier round
# paid it, or while the claim is decided anew.
CLAIMS = f"""
SELECT c.reference, c.status IN {GRANTED} AND c.status <> 'closed' AS exactly, coalesce(g.net, 0), coalesce(p.live, 0)
FROM claims_claim c
LEFT JOIN LATERAL (SELECT d.net FROM (SELECT) one {DECIDED} WHERE c.status IN {GRANTED}) g ON true
LEFT JOIN LATERAL (
    SELECT sum(amount) AS live FROM claims_payout WHERE claim_id = c.id AND state <> 'cancelled'
) p ON true
WHERE c.incident_id = %(incident)s AND coalesce(g.net, 0) <> coalesce(p.live, 0)
"""
PAYOUTS = """
SELECT state, count(*), sum(amount) FROM claims_payout
WHERE incident_id = %(incident)s AND state <> 'cancelled' GROUP BY state
"""
TRANSFERS = """
SELECT t.state, b.sha256 <> '' AS in_a_file, count(*), sum(t.amount) FROM claims_transfer t
JOIN claims_batch b ON b.id = t.batch_id
WHERE b.incident_id = %(incident)s AND t.state <> 'withdrawn' GROUP BY 1, 2
"""
APART = """
SELECT 'payout ' || p.id || ': it is “' || p.state || '”, its transfer “' || coalesce(t.state, 'none') || '”'
FROM claims_payout p LEFT JOIN claims_transfer t ON t.payout_id = p.id AND t.state IN ('planned', 'sent', 'settled')
WHERE p.incident_id = %(incident)s AND p.state IN ('batched', 'sent', 'settled')
AND t.state IS DISTINCT FROM CASE p.state WHEN 'batched' THEN 'planned' ELSE p.state END LIMIT 5
"""
UNANSWERED = """
SELECT 'transfer ' || t.end_to_end_id || ': paid, and no file of the bank says so' FROM claims_transfer t
JOIN claims_batch b ON b.id = t.batch_id
WHERE b.incident_id = %(incident)s AND t.state = 'settled' AND NOT EXISTS (
    SELECT FROM claims_statementline l WHERE l.transfer_id = t.id AND l.kind = 'settled' AND l.note = ''
) LIMIT 5
"""
BATCHES = """
SELECT id, number, state, count, total FROM claims_batch
WHERE incident_id = %(incident)s AND sha256 <> '' ORDER BY number
"""
OF_BATCH = """
SELECT end_to_end_id, amount, state FROM claims_transfer WHERE batch_id = %s AND end_to_end_id = ANY(%s)
"""
LIVE = "SELECT count(*), coalesce(sum(amount), 0) FROM claims_transfer WHERE batch_id = %s AND state <> 'withdrawn'"


@dataclass(frozen=True)
class Finding:
    """One thing that was compared: `left` and `right` in euro, and what differs."""

    says: str
    left: Decimal
    right: Decimal
    differs: tuple = field(default=())

    @property
    def holds(self):
        return self.left == self.right and not self.differs


def prove(cursor, incident):
    """Yields a Finding for each sum that must agree with another one, as `cursor` (claims.reports.referee) sees it."""
    fast, slow = together(incident), summed(incident)
    for name, left, right in zip(
        ("gross", "offsets", "net", "paid", "under way", "returned"), slow.amounts, fast.amounts, strict=True
    ):
        yield Finding(f"ledgers of {slow.account} accounts, {name} = all rows together", left, right)
    payouts = sums(cursor, PAYOUTS, incident)
    live = sum((amount for _count, amount in payouts.values()), ZERO)
    beyond, differs = of_claims(cursor, incident)
    yield Finding("net of the ledgers, and what earlier rounds paid beyond = payouts", slow.net + beyond, live, differs)
    transfers = sums(cursor, TRANSFERS, incident)
    left = sum((payouts.get((state,), NONE)[1] for state in ("batched", "sent", "settled")), ZERO)
    right = sum((amount for (state, _file), (_count, amount) in transfers.items() if state != "returned"), ZERO)
    apart = found(cursor, APART, incident)
    yield Finding("payouts in batches, at the bank or paid = their transfers", left, right, apart)
    files = ZERO
    for batch in rows(cursor, BATCHES, incident):
        finding = of_file(cursor, *batch)
        files += finding.left
        yield finding
    in_files = sum((amount for (_state, in_file), (_count, amount) in transfers.items() if in_file), ZERO)
    yield Finding("files for the bank, read again = transfers that left in them", files, in_files)
    settled = sum((transfers.get(("settled", each), NONE)[1] for each in (True, False)), ZERO)
    unanswered = found(cursor, UNANSWERED, incident)
    yield Finding("paid in the ledgers = transfers that the bank settled", slow.paid, settled, unanswered)


NONE = (0, ZERO)


def rows(cursor, query, incident):
    cursor.execute(query, {"incident": incident.pk})
    return cursor.fetchall()


def found(cursor, query, incident):
    return tuple(text for (text,) in rows(cursor, query, incident))


def sums(cursor, query, incident):
    """{what the rows are grouped by: (how many, euro)}."""
    return {tuple(key): (count, amount) for *key, count, amount in rows(cursor, query, incident)}


def of_claims(cursor, incident):
    """(euro that claims have paid or owed beyond what counts now, what is not right about them)."""
    beyond, wrong = ZERO, []
    for reference, exactly, net, live in rows(cursor, CLAIMS, incident):
        beyond += live - net
        if exactly or live < net:
            wrong.append(f"{reference}: {net} euro were granted, {live} are owed or paid")
    return beyond, tuple(wrong[:SHOWN])


def of_file(cursor, pk, number, state, count, total):
    """The file of a batch, payment by payment, against the rows: what it pays, without what was withdrawn since."""
    path, wrong, read, sum_, live, alive = folder_of_files() / f"{number}.xml", [], 0, ZERO, ZERO, 0
    cursor.execute(LIVE, [pk])
    expected = cursor.fetchone()
    if path.exists():
        with path.open("rb") as file:
            paid = payments(file)
            while some := list(islice(paid, AT_ONCE)):
                cursor.execute(OF_BATCH, [pk, [name for name, _amount in some]])
                known = {name: (amount, state) for name, amount, state in cursor.fetchall()}
                for name, amount in some:
                    read, sum_ = read + 1, sum_ + amount
                    ours, its_state = known.pop(name, (None, ""))  # a second one of that name is not known any more
                    if ours != amount and len(wrong) < SHOWN:
                        wrong.append(f"{name}: the file pays {amount}, the batch {ours or 'nothing, or once'}")
                    elif ours == amount and its_state != "withdrawn":
                        live, alive = live + amount, alive + 1
    else:
        wrong.append("its file is not there")
    if (read, sum_) != (count, total):
        wrong.append(f"the file pays {read} times, {sum_} in all; approved were {count}, {total}")
    if alive != expected[0]:
        wrong.append(f"{expected[0]} transfers, {alive} of them in the file")
    return Finding(f"file of batch {number} ({state}) = its transfers", live, expected[1], tuple(wrong[:SHOWN]))
