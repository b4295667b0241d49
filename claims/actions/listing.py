"""Who goes into a fulfilment file, and with which voucher code, as statements over all of them at once."""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

# Oldest first, never of who opens the file. Who is being listed by somebody else at this moment is passed over.
WAITING = """
    SELECT e.id, e.created_at, e.quantity, coalesce(c.login, k.login) AS login FROM claims_entitlement e
    LEFT JOIN claims_claim c ON c.id = e.claim_id LEFT JOIN claims_customer k ON k.id = e.customer_id
    WHERE e.incident_id = %(incident)s AND e.kind = %(kind)s AND e.state = 'waiting'
    AND NOT (coalesce(c.claimant_id, 0) = %(by)s OR coalesce(c.filed_by_id, 0) = %(by)s
             OR lower(coalesce(c.login, k.login)) = ANY(%(addresses)s))
"""
CHOSEN = f"""
CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS
SELECT id, login, NULL::bigint AS voucher_id, row_number() OVER (ORDER BY created_at, id) AS place FROM (
    {WAITING} ORDER BY e.created_at, e.id LIMIT %(most)s FOR UPDATE OF e SKIP LOCKED
) waiting
"""
# For each value as many codes as are wanted, the first to run out first, and as many people as there are codes.
CHOSEN_WITH_CODES = f"""
CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS
WITH wanted AS MATERIALIZED (
    SELECT quantity AS value, least(count(*), %(most)s) AS number FROM ({WAITING}) waiting GROUP BY quantity
), codes AS MATERIALIZED (
    SELECT value, id, row_number() OVER (PARTITION BY value ORDER BY expires_on, id) AS place FROM (
        SELECT wanted.value, code.id, code.expires_on FROM wanted CROSS JOIN LATERAL (
            SELECT id, expires_on FROM claims_voucher v
            WHERE v.incident_id = %(incident)s AND v.value = wanted.value AND v.fulfilment_id IS NULL
            AND v.expires_on >= %(expires)s
            ORDER BY expires_on, id LIMIT wanted.number FOR UPDATE SKIP LOCKED
        ) code
    ) free
), people AS MATERIALIZED (
    SELECT quantity AS value, id, login, created_at,
           row_number() OVER (PARTITION BY quantity ORDER BY created_at, id) AS place
    FROM (
        SELECT person.* FROM (SELECT value, count(*) AS number FROM codes GROUP BY value) there CROSS JOIN LATERAL (
            {WAITING} AND e.quantity = there.value
            ORDER BY e.created_at, e.id LIMIT there.number FOR UPDATE OF e SKIP LOCKED
        ) person
    ) waiting
)
SELECT people.id, people.login, codes.id AS voucher_id,
       row_number() OVER (ORDER BY people.created_at, people.id) AS place
FROM people JOIN codes USING (value, place) ORDER BY people.created_at, people.id LIMIT %(most)s
"""
# Of tables that were empty a moment ago nobody has counted the rows: a nested loop over them would take for ever.
HASHING, ANYHOW = "SET LOCAL enable_nestloop = off", "SET LOCAL enable_nestloop = on"
LIST = """
INSERT INTO claims_fulfilment (entitlement_id, file_id, name, login, state, reason)
SELECT id, %(file)s, 'G' || id || '-' || 1 + coalesce(tries, 0), login, 'listed', ''
FROM chosen LEFT JOIN (
    SELECT entitlement_id, count(*) AS tries FROM claims_fulfilment
    WHERE entitlement_id IN (SELECT id FROM chosen) GROUP BY entitlement_id
) earlier ON earlier.entitlement_id = chosen.id
ORDER BY place
"""
# Rows of one statement: the trigger of each is a transaction inside, and too many in one statement take for ever.
AT_ONCE = 2_000
MARK = """
UPDATE claims_entitlement e SET state = 'listed' FROM chosen c
WHERE c.id = e.id AND c.place > %(after)s AND c.place <= %(after)s + %(size)s
"""
ASSIGN = """
UPDATE claims_voucher v SET fulfilment_id = f.id
FROM chosen c JOIN claims_fulfilment f ON f.entitlement_id = c.id AND f.file_id = %(file)s WHERE v.id = c.voucher_id
"""
