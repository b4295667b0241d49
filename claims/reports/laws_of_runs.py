"""Mass runs: what was counted is what there is, to the cent, and nobody is told of what they do not get."""

RUNS = """
WITH owed AS (
    SELECT run_id, count(*) AS people, sum(amount) AS total, max(customer_id) AS last
    FROM claims_payout WHERE run_id IS NOT NULL GROUP BY run_id
), told AS (
    SELECT p.run_id, count(*) AS notices FROM claims_notice n JOIN claims_payout p ON p.id = n.payout_id
    WHERE n.key = 'run:' || p.run_id || ':' || p.customer_id GROUP BY p.run_id
), journaled AS (
    SELECT split_part(chain, ':', 2)::bigint AS run_id, sum((facts ->> 'granted')::bigint) AS people,
           sum((facts ->> 'amount')::numeric) AS total
    FROM claims_journalentry WHERE starts_with(chain, 'massrun:') AND action = 'grant' GROUP BY chain
)
SELECT 'mass run ' || id || ': ' || why FROM (
    SELECT r.id, CASE
        WHEN (r.granted, r.granted_total) <> (coalesce(o.people, 0), coalesce(o.total, 0))
            THEN 'it counted ' || r.granted_total || ' for ' || r.granted || ' people, the payouts are '
                 || coalesce(o.total, 0) || ' for ' || coalesce(o.people, 0)
        WHEN (coalesce(j.people, 0), coalesce(j.total, 0)) <> (r.granted, r.granted_total)
            THEN 'the journal tells of ' || coalesce(j.total, 0) || ' for ' || coalesce(j.people, 0)
        WHEN coalesce(t.notices, 0) <> r.granted
            THEN coalesce(t.notices, 0) || ' notices for ' || r.granted || ' people'
        WHEN o.last > r.cursor THEN 'it granted beyond its cursor'
        WHEN r.state = 'done' AND r.walked <> r.roster THEN 'it is done after ' || r.walked || ' of ' || r.roster
        WHEN r.approved_by_id = r.proposed_by_id THEN 'who proposed it approved it'
    END AS why
    FROM claims_massrun r LEFT JOIN owed o ON o.run_id = r.id LEFT JOIN told t ON t.run_id = r.id
    LEFT JOIN journaled j ON j.run_id = r.id
) judged WHERE why IS NOT NULL
UNION ALL
SELECT 'account ' || customer_id || ': ' || count(*) || ' payouts of ' || remedy FROM claims_payout
WHERE customer_id IS NOT NULL AND state <> 'cancelled' GROUP BY customer_id, remedy HAVING count(*) > 1
"""


def runs_add_up(cursor, _fast):
    cursor.execute(RUNS)
    return (row[0] for row in cursor)
