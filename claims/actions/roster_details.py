"""Bank details that a roster brings: checked line by line, sealed, and stored for accounts of which nobody knew better.

What a person gave stays, whatever a file says, and so does what a payment is under way to, or came back from.
"""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

import json
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes

from django.db import connection
from django.utils import timezone

from accounts import keys
from claims.actions import notices
from claims.actions.mass_granting import CODE
from claims.actions.roster_problems import SHOWN
from claims.models import Service
from claims.models.account_details import WHERE
from claims.rules.terms import Terms
from claims.rules.text import LINE
from claims.sepa.iban import is_right

COLUMNS = ("iban", "holder")
AT_ONCE = 10_000
ANALYSE_FROM = 1000  # accounts
GIVEN = "SELECT line, iban, holder FROM roster_staging WHERE iban <> '' OR holder <> '' ORDER BY line"
INDEXES = """
DROP TABLE IF EXISTS pg_temp.roster_ibans, pg_temp.roster_details;
CREATE TEMP TABLE roster_ibans (line bigint NOT NULL, iban_index text NOT NULL) ON COMMIT DROP
"""
# Nobody else gives details for these accounts until the end of the load.
HOLD_ACCOUNTS = """
SELECT count(*) FROM (
    SELECT c.id FROM roster_ibans i JOIN roster_staging s USING (line)
    JOIN claims_customer c ON c.incident_id = %(incident)s AND c.login = s.login ORDER BY c.id FOR NO KEY UPDATE OF c
) held
"""
CHOOSE = """
CREATE TEMP TABLE roster_details ON COMMIT DROP AS
SELECT c.id AS customer_id, s.line, d.id AS present, coalesce(d.source = 'person', false) AS kept
FROM roster_ibans i JOIN roster_staging s USING (line)
LEFT JOIN claims_customer c ON c.incident_id = %(incident)s AND c.login = s.login
LEFT JOIN claims_accountdetails d ON d.customer_id = c.id AND d.superseded_at IS NULL
WHERE d.id IS NULL OR d.iban_index <> i.iban_index
"""
# Nobody puts these payouts into a batch meanwhile; what somebody did before that is looked at afterwards.
HOLD_PAYOUTS = """
SELECT count(*) FROM (
    SELECT p.id FROM roster_details r JOIN claims_payout p ON p.customer_id = r.customer_id
    WHERE r.present IS NOT NULL AND p.state = 'owed' ORDER BY p.id FOR NO KEY UPDATE OF p
) held
"""
KEEP = """
UPDATE roster_details r SET kept = true WHERE r.present IS NOT NULL AND EXISTS (
    SELECT FROM claims_payout p WHERE p.customer_id = r.customer_id AND p.state IN ('batched', 'sent', 'returned')
)
"""
COUNT = """
SELECT count(*) FILTER (WHERE NOT kept AND present IS NULL), count(*) FILTER (WHERE NOT kept AND present IS NOT NULL),
    count(*) FILTER (WHERE kept) FROM roster_details
"""
END = """
UPDATE claims_accountdetails d SET superseded_at = %(now)s FROM roster_details r WHERE d.id = r.present AND NOT r.kept
"""
TO_SEAL = """
SELECT r.customer_id, r.present IS NOT NULL, s.iban, s.holder, i.iban_index
FROM roster_details r JOIN roster_staging s USING (line) JOIN roster_ibans i USING (line)
WHERE NOT r.kept ORDER BY r.customer_id
"""
SEALED = """
COPY claims_accountdetails (customer_id, key, bank_details, iban_index, iban_hint, source, given_by_id, given_at,
    usable_from) FROM STDIN
"""
TELL = f"""
WITH changed AS (
    SELECT c.*, o.iban_hint AS before, d.id AS details_id, d.iban_hint AS after, d.usable_from,
        (SELECT max(p.id) FROM claims_payout p WHERE p.customer_id = c.id AND p.run_id IS NOT NULL) AS payout_id
    FROM roster_details r JOIN claims_accountdetails o ON o.id = r.present
    JOIN claims_accountdetails d ON d.customer_id = r.customer_id AND d.superseded_at IS NULL
    JOIN claims_customer c ON c.id = r.customer_id WHERE NOT r.kept
), ways AS (
    SELECT t.details_id * 4 + a.number AS id, a.number, a.address, t.details_id, t.payout_id, t.language, t.before,
        t.after, t.usable_from
    FROM changed t
    CROSS JOIN LATERAL (VALUES (0, t.contact), (1, t.second_contact), (2, t.login)) AS a (number, address)
    WHERE t.payout_id IS NOT NULL AND strpos(a.address, '@') > 0
        AND lower(split_part(a.address, '@', -1)) <> ALL(%(broken)s::text[])
        AND (a.number = 0 OR lower(a.address) <> lower(t.contact))
        AND (a.number < 2 OR lower(a.address) <> lower(t.second_contact))
)
INSERT INTO claims_notice (key, kind, payout_id, address, language, context, code, state, tries, created_at,
                           next_try_at, last_error)
SELECT 'details:' || c.details_id || ':' || c.number, 'account_details_changed', c.payout_id, c.address, c.language,
    jsonb_build_object('before', c.before, 'after', c.after, 'hours', %(hours)s::int), {CODE}, 'queued', 0, now(),
    now(), ''
FROM ways c ORDER BY c.details_id, c.number
"""


@dataclass(frozen=True)
class Details:
    """How many accounts get bank details for the first time, other ones, or keep what they have against the file."""

    added: int = 0
    changed: int = 0
    kept: int = 0


def check(cursor, roster):
    """Finds out whether the IBANs can be right, and their blind indexes; wrong rows are no longer staged."""
    cursor.execute(INDEXES)
    index, wrong = keys.indexing(where="iban"), []
    with connection.chunked_cursor() as rows:
        rows.execute(GIVEN)
        while some := rows.fetchmany(AT_ONCE):
            found = []
            for line, typed, holder in some:
                iban = compact(typed)
                if problem := problem_of(iban, holder):
                    tell(roster.problems, line, *problem)
                    wrong.append(line)
                else:
                    found.append((line, index(iban)))
            with cursor.copy("COPY roster_ibans (line, iban_index) FROM STDIN") as copy:
                for row in found:
                    copy.write_row(row)
    if wrong:
        cursor.execute("DELETE FROM roster_staging WHERE line = ANY(%s)", [wrong])
    cursor.execute("ANALYZE roster_ibans")


def compact(iban):
    return iban.replace(" ", "").upper()


def problem_of(iban, holder):
    """(code, column) of what is wrong with a row, or None."""
    if not iban:
        return "required", "iban"
    if not is_right(iban):
        return "invalid_iban", "iban"
    if not holder:
        return "required", "holder"
    return ("invalid_holder", "holder") if len(holder) > LINE else None


def tell(problems, line, code, column):
    """Says what is wrong with a line, but never what stands there."""
    if len(problems.first) < SHOWN:
        problems.add(line, code, column)
    else:
        problems.count += 1
    problems.sort(code, column, [(line, "")])


def choose(cursor, incident):
    """The Details that would be written; the table roster_details has them, account by account."""
    cursor.execute(CHOOSE, {"incident": incident.pk})
    cursor.execute(KEEP)
    cursor.execute(COUNT)
    return Details(*cursor.fetchone())


def write(cursor, incident, *, by):
    """Stores what the roster brings; those whose details change are told, and these wait. Returns the Details."""
    cursor.execute(HOLD_ACCOUNTS, {"incident": incident.pk})
    cursor.execute(CHOOSE, {"incident": incident.pk})
    cursor.execute(HOLD_PAYOUTS)
    cursor.execute(KEEP)
    cursor.execute(COUNT)
    details = Details(*cursor.fetchone())
    now = timezone.now()
    terms = incident.terms.rules if incident.terms else Terms()
    cursor.execute(END, {"now": now})
    seal_all(cursor, by=by, now=now, later=now + timedelta(hours=terms.details_wait_hours))
    if details.added + details.changed >= ANALYSE_FROM:
        cursor.execute("ANALYZE claims_accountdetails")
    if details.changed:
        notices.hold_off(incident.pk)
        broken = sorted(Service.objects.broken_domains(incident.pk))
        cursor.execute(TELL, {"broken": broken, "hours": terms.details_wait_hours, "secret": token_bytes(32)})
    return details


def seal_all(cursor, *, by, now, later):
    giver = by.pk if by else None
    with connection.chunked_cursor() as rows:
        rows.execute(TO_SEAL)
        while some := rows.fetchmany(AT_ONCE):
            sealed = [row_of(*row, giver, now, later) for row in some]
            with cursor.copy(SEALED) as copy:
                for row in sealed:
                    copy.write_row(row)


def row_of(customer, changed, iban, holder, index, giver, now, later):
    iban = compact(iban)
    key, sealed = keys.seal_alone(json.dumps({"iban": iban, "holder": holder}), where=WHERE)
    hint = f"{iban[:2]}** {iban[-4:]}"
    return customer, key, sealed, index, hint, "roster", giver, now, later if changed else now
