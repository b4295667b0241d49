"""What is done with a confirmation, as statements over all its lines at once: a file may have a million."""

READ = """
DROP TABLE IF EXISTS pg_temp.said;
CREATE TEMPORARY TABLE said (line bigint, name varchar(35), result varchar(7), reason varchar(200)) ON COMMIT DROP
"""
COPY = "COPY said (line, name, result, reason) FROM STDIN"
TWO_WAYS = """
SELECT name, min(line), max(line) FROM said GROUP BY name HAVING count(DISTINCT result) > 1 ORDER BY 2 LIMIT 20
"""
# Each name once; what it does, and why it does nothing.
JUDGE = """
DROP TABLE IF EXISTS pg_temp.judged;
CREATE TEMPORARY TABLE judged ON COMMIT DROP AS
SELECT row_number() OVER () AS place, s.name, s.line, s.result, s.reason, f.id AS fulfilment_id, f.entitlement_id, CASE
    WHEN f.id IS NULL OR f.state = 'withdrawn' THEN 'unknown'
    WHEN f.state = s.result THEN 'known'
    WHEN f.state <> 'listed' THEN 'otherwise'
    ELSE ''
END AS note
FROM (SELECT DISTINCT ON (name) * FROM said ORDER BY name, line) s
LEFT JOIN claims_fulfilment f ON f.name = s.name AND f.file_id = {file}
"""
COUNT = """
SELECT count(*), count(*) FILTER (WHERE note = '' AND result = 'given'),
    count(*) FILTER (WHERE note = '' AND result = 'refused'), count(*) FILTER (WHERE note = 'known'),
    count(*) FILTER (WHERE note IN ('unknown', 'otherwise')), count(fulfilment_id)
FROM judged
"""
ODD = "SELECT name, note FROM judged WHERE note IN ('unknown', 'otherwise') ORDER BY line LIMIT %s"
ANSWER = (
    """UPDATE claims_fulfilment f SET state = j.result, reason = CASE j.result WHEN 'given' THEN '' ELSE j.reason END,
       answered_at = now()
       FROM judged j
       WHERE j.fulfilment_id = f.id AND j.note = '' AND j.place > %(after)s AND j.place <= %(after)s + %(size)s""",
    """UPDATE claims_entitlement e SET state = j.result
       FROM judged j
       WHERE j.entitlement_id = e.id AND j.note = '' AND j.place > %(after)s AND j.place <= %(after)s + %(size)s""",
)
# Those of claims, claim by claim: an account of a roster has no case to write it into.
DONE = """
SELECT j.fulfilment_id FROM judged j JOIN claims_entitlement e ON e.id = j.entitlement_id
WHERE j.note = '' AND e.claim_id IS NOT NULL ORDER BY e.claim_id, j.fulfilment_id
"""
