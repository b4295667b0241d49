"""The SQL of a roster: a staging table, what must hold for its rows, and the two statements that write them.

Everything is said once for all rows. Columns the file does not have are left as they are in accounts
already known, and have their defaults in new ones.
"""
# ruff: noqa: S608 - what varies in these statements are names written down here; values are parameters

from django.conf import settings
from psycopg import sql

STAGING = sql.SQL(
    "DROP TABLE IF EXISTS pg_temp.roster_staging, pg_temp.roster_doubles;"
    "CREATE TEMP TABLE roster_staging (line bigint NOT NULL, login text NOT NULL, service text NOT NULL,"
    " fee text NOT NULL DEFAULT '', paid_from text NOT NULL DEFAULT '', paid_to text NOT NULL DEFAULT '',"
    " contact text NOT NULL DEFAULT '', second_contact text NOT NULL DEFAULT '', language text NOT NULL DEFAULT '',"
    " intervals text NOT NULL DEFAULT '', deferred text NOT NULL DEFAULT '', bounced text NOT NULL DEFAULT '',"
    " iban text NOT NULL DEFAULT '', holder text NOT NULL DEFAULT '')"
    " ON COMMIT DROP"
)

DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MOMENT = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
# The length of the part before the @ is asked beside it: a bounded repetition makes this ten times slower.
MAIL = "^[^[:space:]@]+@[^[:space:]@.]+([.][^[:space:]@.]+)+$"

# "a/b|c/d" as PostgreSQL writes it: {"[a,b)","[c,d)"}
INTERVALS = """('{"[' || replace(replace(s.intervals, '/', ','), '|', ')","[') || ')"}')"""
HEADER_AGAIN = "(s.login = 'login' AND lower(s.service) = 'service')"
# For each column: the code of what is wrong with it, or NULL.
CHECKS = {
    "login": f"""CASE
        WHEN s.login = '' THEN 'required'
        WHEN {HEADER_AGAIN} THEN 'header_again'
        WHEN s.login !~ '^[^[:space:]@]+@[^[:space:]@]+$' OR strpos(s.login, '@') > 65
          OR length(s.login) - strpos(s.login, '@') > 189 THEN 'invalid_login' END""",
    "service": f"""CASE WHEN s.service = '' THEN 'required'
        WHEN service.id IS NULL AND NOT {HEADER_AGAIN}
        THEN 'unknown_service' END""",
    "fee": "CASE WHEN s.fee <> '' AND s.fee !~ '^[0-9]{1,9}([.,][0-9]{1,2})?$' THEN 'invalid_amount' END",
    "paid_from": f"""CASE WHEN s.paid_from <> '' AND (s.paid_from !~ '{DAY}'
        OR NOT pg_input_is_valid(s.paid_from, 'date')) THEN 'invalid_date' END""",
    "paid_to": f"""CASE WHEN s.paid_to <> '' AND (s.paid_to !~ '{DAY}' OR NOT pg_input_is_valid(s.paid_to, 'date'))
        THEN 'invalid_date'
        WHEN (s.paid_from = '') <> (s.paid_to = '') THEN 'invalid_period'
        WHEN s.paid_from ~ '{DAY}' AND s.paid_from >= s.paid_to THEN 'invalid_period' END""",
    "contact": f"""CASE WHEN s.contact <> '' AND (s.contact !~ '{MAIL}' OR length(s.contact) > 254
        OR strpos(s.contact, '@') > 65)
        THEN 'invalid_contact' END""",
    "second_contact": f"""CASE WHEN s.second_contact <> '' AND (length(s.second_contact) > 254
        OR (s.second_contact !~ '{MAIL}' OR strpos(s.second_contact, '@') > 65)
        AND s.second_contact !~ '^[+]?[0-9][0-9 ()./-]{{4,39}}$')
        THEN 'invalid_second_contact' END""",
    "language": "CASE WHEN s.language <> '' AND lower(s.language) <> ALL(%(languages)s) THEN 'unknown_language' END",
    "intervals": f"""CASE WHEN s.intervals = '' THEN NULL
        WHEN s.intervals !~ '^{MOMENT}/{MOMENT}([|]{MOMENT}/{MOMENT})*$'
          OR NOT pg_input_is_valid({INTERVALS}, 'tstzrange[]') THEN 'invalid_intervals'
        WHEN 'empty' = ANY({INTERVALS}::tstzrange[]) THEN 'invalid_intervals' END""",
    "deferred": "CASE WHEN s.deferred <> '' AND s.deferred !~ '^[0-9]{1,9}$' THEN 'invalid_count' END",
    "bounced": "CASE WHEN s.bounced <> '' AND s.bounced !~ '^[0-9]{1,9}$' THEN 'invalid_count' END",
}
# For each column: its value as it is stored.
VALUES = {
    "login": "s.login",
    "service": "service.id",
    "fee": "CASE WHEN s.fee = '' THEN 0 ELSE replace(s.fee, ',', '.')::numeric(11, 2) END",
    "paid_from": "nullif(s.paid_from, '')::date",
    "paid_to": "nullif(s.paid_to, '')::date",
    "contact": "s.contact",
    "second_contact": "s.second_contact",
    "language": "CASE WHEN s.language = '' THEN %(language)s ELSE lower(s.language) END",
    "intervals": f"CASE WHEN s.intervals <> '' THEN {INTERVALS}::tstzrange[] END",
    "deferred": "nullif(s.deferred, '')::integer",
    "bounced": "nullif(s.bounced, '')::integer",
}
STORED_AS = {name: "service_id" if name == "service" else name for name in VALUES}
JOINED = """roster_staging s LEFT JOIN claims_service service
    ON service.incident_id = %(incident)s AND service.code = lower(s.service)"""


def parameters(incident):
    languages = [code for code, _name in settings.LANGUAGES]
    return {"incident": incident.pk, "languages": languages, "language": settings.LANGUAGE_CODE}


def copy_into_staging(columns):
    names = sql.SQL(", ").join(map(sql.Identifier, ("line", *columns)))
    return sql.SQL("COPY roster_staging ({}) FROM STDIN").format(names)


def wrong_rows(limit):
    """(line, codes by column, how many rows are wrong in all), the first `limit` by line."""
    names = list(CHECKS)
    checks = ", ".join(f"{CHECKS[name]} AS {name}" for name in names)
    return f"""SELECT line, {", ".join(f"c.{name}" for name in names)}, count(*) OVER ()
        FROM (SELECT s.line, {checks} FROM {JOINED}) c
        WHERE coalesce({", ".join(f"c.{name}" for name in names)}) IS NOT NULL ORDER BY line LIMIT {limit}"""


def delete_wrong_rows():
    return f"""DELETE FROM roster_staging WHERE line IN (SELECT s.line FROM {JOINED}
        WHERE coalesce({", ".join(CHECKS.values())}) IS NOT NULL)"""


FIND_DOUBLES = "CREATE TEMP TABLE roster_doubles ON COMMIT DROP AS " + (
    "SELECT login, min(line) AS line FROM roster_staging GROUP BY login HAVING count(*) > 1"
)
DELETE_DOUBLES = """DELETE FROM roster_staging s USING roster_doubles d WHERE s.login = d.login AND s.line > d.line"""


def contradictions(limit):
    """(line, how many in all): rows whose account appears before with other data."""
    values = ", ".join((*VALUES.values(), "upper(replace(s.iban, ' ', ''))", "s.holder"))
    return f"""WITH doubled AS (
            SELECT s.line, d.line AS first, ROW({values}) AS content
            FROM {JOINED} JOIN roster_doubles d ON d.login = s.login)
        SELECT other.line, count(*) OVER () FROM doubled other JOIN doubled kept ON kept.line = other.first
        WHERE other.content IS DISTINCT FROM kept.content ORDER BY other.line LIMIT {limit}"""


def stored(columns):
    """Those of the file's columns that are the account's own; where it is paid is kept apart (roster_details.py)."""
    return [name for name in columns if name in VALUES]


def wanted(columns, *more):
    """The rows of the file as they are to be stored."""
    values = (f"{VALUES[name]} AS {STORED_AS[name]}" for name in stored(columns))
    return f"SELECT {', '.join([*values, *more])} FROM {JOINED}"


def update_changed(columns):
    names = [STORED_AS[name] for name in stored(columns) if name != "login"]
    return f"""UPDATE claims_customer c SET {", ".join(f"{name} = w.{name}" for name in names)}
        FROM ({wanted(columns)}) w WHERE {known_and_changed(names)}"""


def count_changed(columns):
    names = [STORED_AS[name] for name in stored(columns) if name != "login"]
    return f"""SELECT count(*) FROM claims_customer c, ({wanted(columns)}) w WHERE {known_and_changed(names)}"""


def known_and_changed(names):
    def row(alias):
        return ", ".join(f"{alias}.{name}" for name in names)

    return f"""c.incident_id = %(incident)s AND c.login = w.login AND ({row("c")}) IS DISTINCT FROM ({row("w")})"""


# What amounts rest on.
OF_AMOUNTS = ("service_id", "fee", "paid_from", "paid_to", "intervals")


def drop_granted(columns, limit):
    """(line, how many in all): accounts that something was granted to, and that might get another amount now."""
    names = [STORED_AS[name] for name in stored(columns) if STORED_AS[name] in OF_AMOUNTS]
    return f"""WITH dropped AS (
            DELETE FROM roster_staging WHERE line IN (
                SELECT w.line FROM claims_customer c, ({wanted(columns, "s.line")}) w
                WHERE {known_and_changed(names)} AND (EXISTS (
                    SELECT FROM claims_payout p WHERE p.customer_id = c.id AND p.state <> 'cancelled'
                ) OR EXISTS (
                    SELECT FROM claims_claim k JOIN claims_payout p ON p.claim_id = k.id
                    WHERE k.customer_id = c.id AND p.state <> 'cancelled')))
            RETURNING line)
        SELECT line, count(*) OVER () FROM dropped ORDER BY line LIMIT {limit}"""


def insert_new():
    """In the order of the accounts, which the unique index likes."""
    names = ", ".join(STORED_AS.values())
    return f"""INSERT INTO claims_customer (incident_id, {names})
        SELECT %(incident)s, {names} FROM ({wanted(VALUES)}) w WHERE {UNKNOWN} ORDER BY w.login"""


def count_new():
    return f"SELECT count(*) FROM roster_staging w WHERE {UNKNOWN}"


UNKNOWN = """NOT EXISTS
    (SELECT 1 FROM claims_customer c WHERE c.incident_id = %(incident)s AND c.login = w.login)"""
