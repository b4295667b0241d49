"""What must hold of what is given in kind, as queries for what does not; and the bytes of files, made again."""

from claims.models import FulfilmentFile
from claims.reports.fulfilment import written

# A claim that ended is entitled to what its last decision gives: an earlier round may have given more, never less.
OWED = """
WITH last AS (
    SELECT c.id, c.reference, d.id AS decision_id FROM claims_claim c JOIN LATERAL (
        SELECT id FROM claims_decision WHERE claim_id = c.id AND state = 'effective' ORDER BY round DESC LIMIT 1
    ) d ON true
    WHERE c.status IN ('payment_due', 'paid', 'payment_returned', 'closed')
), live AS (
    SELECT claim_id, kind, sum(quantity) AS quantity,
        coalesce(sum(quantity) FILTER (WHERE e.decision_id <> l.decision_id), 0) AS earlier
    FROM claims_entitlement e JOIN last l ON l.id = e.claim_id WHERE state <> 'cancelled' GROUP BY claim_id, kind
), granted AS (
    SELECT l.id, l.reference, b.kind, b.quantity FROM last l JOIN claims_benefit b ON b.decision_id = l.decision_id
)
SELECT coalesce(g.reference, 'claim ' || v.claim_id) || ', ' || coalesce(g.kind, v.kind) || ': '
    || coalesce(g.quantity, 0) || ' granted, entitled to ' || coalesce(v.quantity, 0)
FROM granted g FULL JOIN live v ON v.claim_id = g.id AND v.kind = g.kind
WHERE coalesce(v.quantity, 0) <> greatest(coalesce(g.quantity, 0), coalesce(v.earlier, 0))
UNION ALL
SELECT 'decision ' || decision_id || ', ' || kind || ': ' || count(*) || ' live entitlements' FROM claims_entitlement
WHERE decision_id IS NOT NULL AND state <> 'cancelled' GROUP BY decision_id, kind HAVING count(*) > 1
UNION ALL
SELECT 'account ' || customer_id || ', ' || kind || ': ' || count(*) || ' live entitlements' FROM claims_entitlement
WHERE customer_id IS NOT NULL AND state <> 'cancelled' GROUP BY customer_id, kind HAVING count(*) > 1
"""
LINES = """
WITH attempts AS (
    SELECT entitlement_id, count(*) FILTER (WHERE state = 'listed') AS listed,
        count(*) FILTER (WHERE state = 'given') AS given, count(*) FILTER (WHERE state = 'refused') AS refused
    FROM claims_fulfilment GROUP BY entitlement_id
)
SELECT 'entitlement ' || e.id || ': it is “' || e.state || '”, its lines: ' || coalesce(a.listed, 0) || ' in a file, '
    || coalesce(a.given, 0) || ' given, ' || coalesce(a.refused, 0) || ' refused'
FROM claims_entitlement e LEFT JOIN attempts a ON a.entitlement_id = e.id
WHERE coalesce(a.listed, 0) <> (e.state = 'listed')::int OR coalesce(a.given, 0) <> (e.state = 'given')::int
    OR (e.state = 'refused' AND coalesce(a.refused, 0) = 0)
UNION ALL
SELECT 'file ' || f.number || ': ' || f.count || ' lines counted, ' || count(l.id) || ' are there'
FROM claims_fulfilmentfile f LEFT JOIN claims_fulfilment l ON l.file_id = f.id AND l.state <> 'withdrawn'
WHERE f.state <> 'cancelled' GROUP BY f.id HAVING f.count <> count(l.id)
UNION ALL
SELECT 'file ' || f.number || ': “' || f.state || '”, and ' || l.name || ' is “' || l.state || '”'
FROM claims_fulfilment l JOIN claims_fulfilmentfile f ON f.id = l.file_id
WHERE (l.state = 'listed' AND f.state NOT IN ('open', 'approved', 'handed_over'))
    OR (l.state IN ('given', 'refused') AND f.state NOT IN ('handed_over', 'closed'))
    OR (l.state = 'withdrawn') <> (f.state = 'cancelled')
UNION ALL
SELECT 'file ' || number || ': who opened it approved it' FROM claims_fulfilmentfile WHERE approved_by_id = opened_by_id
UNION ALL
SELECT 'file ' || number || ': nobody approved it' FROM claims_fulfilmentfile
WHERE approved_by_id IS NULL AND state NOT IN ('open', 'cancelled')
"""
CODES = """
SELECT 'voucher ' || v.id || ': of the line ' || l.name || ', ' || why FROM claims_voucher v
JOIN claims_fulfilment l ON l.id = v.fulfilment_id JOIN claims_entitlement e ON e.id = l.entitlement_id
CROSS JOIN LATERAL (SELECT CASE
    WHEN l.state = 'withdrawn' THEN 'which was withdrawn'
    WHEN (e.kind, e.quantity, e.incident_id) <> ('voucher', v.value, v.incident_id) THEN 'which gives something else'
END AS why) judged WHERE why IS NOT NULL
UNION ALL
SELECT 'the line ' || l.name || ': ' || count(v.id) || ' codes' FROM claims_fulfilment l
JOIN claims_entitlement e ON e.id = l.entitlement_id LEFT JOIN claims_voucher v ON v.fulfilment_id = l.id
WHERE l.state <> 'withdrawn' AND e.kind = 'voucher' GROUP BY l.id HAVING count(v.id) <> 1
UNION ALL
SELECT 'the code ' || index || ' is there ' || count(*) || ' times' FROM claims_voucher
GROUP BY index HAVING count(*) > 1
"""
TOLD = """
SELECT 'line ' || l.name || ': given, notices of it: ' || count(n.id)
FROM claims_fulfilment l JOIN claims_entitlement e ON e.id = l.entitlement_id
LEFT JOIN claims_notice n ON n.key = 'claim:' || e.claim_id || ':award_given:gift ' || e.id
WHERE l.state = 'given' AND e.claim_id IS NOT NULL GROUP BY l.id HAVING count(n.id) <> 1
"""
SAMPLE, ALL = 3, 1_000_000


def rows(cursor, query):
    cursor.execute(query)
    return [row[0] for row in cursor.fetchall()]


def gifts_are_given_once(cursor, fast):
    for query in (OWED, LINES, CODES, TOLD):
        yield from rows(cursor, query)
    files = FulfilmentFile.objects.exclude(sha256="").exclude(state="cancelled").order_by("-pk")
    for file in files[: SAMPLE if fast else ALL]:
        if written(file) != (file.sha256, file.size):
            yield f"file {file.number}: its lines make other bytes than those that were approved"
