"""The SQL of corrections: lines as staged, what they would store, what that does to money, and doing it."""
# ruff: noqa: S608 - what varies in these statements are names written down here; values are parameters

from claims.actions import roster_rows
from claims.models import Customer
from claims.rules.corrections import ACTIONS, CLEARED

COLUMNS = (
    "service", "fee", "paid_from", "paid_to", "contact", "second_contact", "language", "intervals", "deferred",
    "bounced",
)  # fmt: skip
STORED = [roster_rows.STORED_AS[name] for name in COLUMNS]
OF_AMOUNTS = ("service_id", "fee", "paid_from", "paid_to", "intervals")
ALSO = f"""
    DROP TABLE IF EXISTS pg_temp.corrected, pg_temp.corrected_amounts, pg_temp.corrected_lines;
    ALTER TABLE roster_staging ADD action text NOT NULL DEFAULT '', ADD keeps_outage boolean NOT NULL DEFAULT false;
    CREATE TEMP TABLE corrected_amounts (id bigint, remedy text, side text, amount numeric(11, 2)) ON COMMIT DROP;
    CREATE TEMP TABLE corrected ON COMMIT DROP AS
        SELECT 0::bigint AS line, ''::text AS action, id AS account, id, incident_id, login, {", ".join(STORED)}
        FROM claims_customer WITH NO DATA
"""
# Whatever rests on an account keeps it on the roster.
IN_USE = " OR ".join(
    f"EXISTS (SELECT FROM {each.related_model._meta.db_table} r WHERE r.{each.field.column} = c.id)"
    for each in Customer._meta.related_objects
)
WRONG = f"""
    SELECT s.line, CASE WHEN s.action <> ALL(ARRAY{list(ACTIONS)}) THEN 'unknown_action'
        WHEN count(*) OVER (PARTITION BY s.login) > 1 AND s.login <> '' THEN 'twice'
        WHEN s.action = 'add' AND c.id IS NOT NULL THEN 'known_account'
        WHEN s.action <> 'add' AND s.login <> '' AND c.id IS NULL THEN 'unknown_account'
        WHEN s.action = 'remove' AND ({IN_USE}) THEN 'in_use' END AS code, s.login, s.action
    FROM roster_staging s LEFT JOIN claims_customer c ON c.incident_id = %(incident)s AND c.login = s.login
"""
LOWER_ACTIONS = "UPDATE roster_staging SET action = lower(action) WHERE action <> lower(action)"
AS_TEXT = {
    "fee": "c.fee::text",
    "paid_from": "coalesce(c.paid_from::text, '')",
    "paid_to": "coalesce(c.paid_to::text, '')",
    "contact": "c.contact",
    "second_contact": "c.second_contact",
    "language": "c.language",
    "deferred": "coalesce(c.deferred::text, '')",
    "bounced": "coalesce(c.bounced::text, '')",
}
# A change becomes a whole line, so that what must hold of a line is asked of all of it.
FILL = f"""
    UPDATE roster_staging s SET service = CASE s.service WHEN '' THEN service.code ELSE s.service END,
        {
    ", ".join(
        f"{name} = CASE s.{name} WHEN '' THEN {text} WHEN '{CLEARED}' THEN '' ELSE s.{name} END"
        for name, text in AS_TEXT.items()
    )
},
        intervals = CASE s.intervals WHEN '{CLEARED}' THEN '' ELSE s.intervals END, keeps_outage = s.intervals = ''
    FROM claims_customer c JOIN claims_service service ON service.id = c.service_id
    WHERE c.incident_id = %(incident)s AND c.login = s.login AND s.action = 'change'
"""
# Of a removed account nothing is read but its name.
BLANK = f"""
    UPDATE roster_staging s SET service = service.code, {", ".join(f"{name} = ''" for name in COLUMNS[1:])}
    FROM claims_customer c JOIN claims_service service ON service.id = c.service_id
    WHERE c.incident_id = %(incident)s AND c.login = s.login AND s.action = 'remove'
"""
VALUES = roster_rows.VALUES | {
    "intervals": f"CASE WHEN s.keeps_outage THEN c.intervals ELSE {roster_rows.VALUES['intervals']} END"
}
WANTED = f"""
    INSERT INTO corrected
    SELECT s.line, s.action, c.id, coalesce(c.id, -s.line), %(incident)s, s.login,
        {", ".join(f"{VALUES[name]} AS {roster_rows.STORED_AS[name]}" for name in COLUMNS)}
    FROM {roster_rows.JOINED} LEFT JOIN claims_customer c ON c.incident_id = %(incident)s AND c.login = s.login
"""
SIDES = {
    "before": "SELECT c.* FROM claims_customer c JOIN corrected r ON r.account = c.id",
    "after": "SELECT r.* FROM corrected r WHERE r.action <> 'remove'",
}
# Live payouts of accounts, by mass runs and by claims.
GRANTED = """
    SELECT account, remedy, sum(amount) AS amount FROM (
        SELECT p.customer_id AS account, p.remedy, p.amount FROM claims_payout p
        WHERE p.customer_id IN (SELECT account FROM {source}) AND p.state <> 'cancelled'
        UNION ALL
        SELECT k.customer_id, p.remedy, p.amount FROM claims_claim k JOIN claims_payout p ON p.claim_id = k.id
        WHERE k.customer_id IN (SELECT account FROM {source}) AND p.state <> 'cancelled') AS live
    GROUP BY account, remedy
"""
CLAIMED = """
    SELECT k.customer_id AS account, array_agg(k.reference::text ORDER BY k.reference) AS claims FROM claims_claim k
    WHERE k.customer_id IN (SELECT account FROM {source}) AND k.status NOT IN ('draft', 'withdrawn', 'expired')
    GROUP BY k.customer_id
"""


def record(alias):
    return "jsonb_build_object(" + ", ".join(f"'{name}', {alias}.{name}" for name in STORED) + ")"


def differing(one, other):
    return f"""(SELECT coalesce(jsonb_object_agg(key, value), '{{}}') FROM jsonb_each({one})
        WHERE value IS DISTINCT FROM {other} -> key)"""


EFFECT = f"""
    CREATE TEMP TABLE corrected_lines ON COMMIT DROP AS
    WITH states AS (
        SELECT r.line, r.action, r.login, r.account, r.id,
            CASE WHEN c.id IS NULL THEN '{{}}'::jsonb ELSE {record("c")} END AS old,
            CASE WHEN r.action = 'remove' THEN '{{}}'::jsonb ELSE {record("r")} END AS new
        FROM corrected r LEFT JOIN claims_customer c ON c.id = r.account
    ), money AS (
        SELECT id, array_agg(remedy::text) FILTER (WHERE before <> after) AS moved,
            jsonb_object_agg(remedy, jsonb_build_object('before', before::text, 'after', after::text)) AS amounts
        FROM (SELECT id, remedy, coalesce(sum(amount) FILTER (WHERE side = 'before'), 0.00) AS before,
                  coalesce(sum(amount) FILTER (WHERE side = 'after'), 0.00) AS after
              FROM corrected_amounts GROUP BY id, remedy) AS sides
        WHERE before > 0 OR after > 0 GROUP BY id
    ), granted AS (
        SELECT account, jsonb_object_agg(remedy, amount::text) AS granted, array_agg(remedy::text) AS remedies
        FROM ({GRANTED.format(source="corrected")}) AS by_remedy GROUP BY account
    ), claimed AS ({CLAIMED.format(source="corrected")})
    SELECT s.line, s.action, s.login, s.account,
        CASE s.action WHEN 'change' THEN {differing("s.old", "s.new")}
             WHEN 'remove' THEN s.old - ARRAY['contact', 'second_contact', 'language'] ELSE '{{}}' END AS before,
        CASE s.action WHEN 'change' THEN {differing("s.new", "s.old")} ELSE s.new END AS after,
        coalesce(m.amounts, '{{}}') AS amounts, coalesce(m.moved, '{{}}') AS moved,
        coalesce(g.granted, '{{}}') AS granted, coalesce(k.claims, '{{}}') AS claims,
        coalesce(m.moved && g.remedies, false) AS altering
    FROM states s LEFT JOIN money m ON m.id = s.id LEFT JOIN granted g ON g.account = s.account
    LEFT JOIN claimed k ON k.account = s.account
"""
UNCHANGED = "DELETE FROM corrected_lines WHERE action = 'change' AND after = '{}'"
COUNTS = """
    SELECT count(*) FILTER (WHERE action = 'add'), count(*) FILTER (WHERE action = 'change'),
        count(*) FILTER (WHERE action = 'remove'), count(*) FILTER (WHERE granted <> '{}' OR claims <> '{}'),
        count(*) FILTER (WHERE altering), coalesce(bool_or(moved <> '{}'), false)
    FROM corrected_lines
"""
SUMS = """
    SELECT remedy, altering, count(*), sum((amounts -> remedy ->> 'before')::numeric(11, 2)),
        sum((amounts -> remedy ->> 'after')::numeric(11, 2)), sum(coalesce((granted ->> remedy)::numeric(11, 2), 0))
    FROM corrected_lines CROSS JOIN LATERAL unnest(moved) AS remedy
    GROUP BY remedy, altering
"""
KEEP = """
    INSERT INTO claims_correctedaccount (correction_id, line, action, login, account, before, after, amounts, granted,
        claims, altering)
    SELECT %(correction)s, line, action, login, account, before, after, amounts, granted, claims, altering
    FROM corrected_lines ORDER BY line
"""
FINGERPRINT = """
    SELECT encode(sha256(convert_to(coalesce(string_agg(concat_ws('|', line, action, login, account, before, after,
        amounts, granted, claims, altering), E'\\n' ORDER BY line), ''), 'UTF8')), 'hex') FROM {source}
"""

MINE = "claims_correctedaccount r WHERE r.correction_id = %(correction)s"
# What was granted or claimed since it was shown.
MOVED_ON = f"""
    WITH mine AS (SELECT * FROM {MINE} AND r.account IS NOT NULL),
    granted AS (SELECT account, jsonb_object_agg(remedy, amount::text) AS granted
                FROM ({GRANTED.format(source="mine")}) AS by_remedy GROUP BY account),
    claimed AS ({CLAIMED.format(source="mine")})
    SELECT EXISTS (
        SELECT FROM mine LEFT JOIN granted g USING (account) LEFT JOIN claimed k USING (account)
        LEFT JOIN claims_customer c ON c.id = mine.account
        WHERE c.id IS NULL OR coalesce(g.granted, '{{}}') <> mine.granted
        OR coalesce(k.claims, '{{}}') <> mine.claims::text[] OR (mine.action = 'remove' AND ({IN_USE})))
"""
NAMES = ", ".join(STORED)
CHANGE = f"""
    UPDATE claims_customer c SET ({NAMES}) = (SELECT {", ".join(f"p.{name}" for name in STORED)}
        FROM jsonb_populate_record(c, r.after) AS p)
    FROM {MINE} AND r.action = 'change' AND r.account = c.id AND (%(with_granted)s OR NOT r.altering)
"""
ADD = f"""
    INSERT INTO claims_customer (incident_id, login, {NAMES})
    SELECT %(incident)s, r.login, {", ".join(f"p.{name}" for name in STORED)}
    FROM claims_correctedaccount r CROSS JOIN LATERAL jsonb_populate_record(NULL::claims_customer, r.after) AS p
    WHERE r.correction_id = %(correction)s AND r.action = 'add' ORDER BY r.login
"""
REMOVE = f"DELETE FROM claims_customer c USING {MINE} AND r.action = 'remove' AND r.account = c.id"
# Whether lines are about an account of somebody, by one of their addresses or by a claim of theirs.
CONCERNED = """
    SELECT EXISTS (
        SELECT FROM claims_correctedaccount r LEFT JOIN claims_customer c ON c.id = r.account
        WHERE r.correction_id = %(correction)s AND (
            ARRAY[r.login, lower(c.contact), lower(c.second_contact), lower(r.after ->> 'contact'),
                  lower(r.after ->> 'second_contact')] && %(theirs)s
            OR EXISTS (SELECT FROM claims_claim k WHERE k.customer_id = c.id AND k.claimant_id = %(person)s)))
"""
