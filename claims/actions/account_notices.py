"""Notices to accounts of a roster beside those of the run itself: changed bank details, money that came back."""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

from secrets import token_bytes

from django.db import connection

from claims.actions import notices
from claims.actions.mass_granting import CODE
from claims.models import Notice, Payout, Service
from claims.reports.mass_runs import USABLE
from claims.rules.channels import domain_of


def tell_of_change(customer, details, *, before):
    """Every address of the account that works is told that its bank details are others now, and from when."""
    payout = Payout.objects.filter(customer=customer, run__isnull=False).order_by("-id").first()
    broken = Service.objects.broken_domains(customer.incident_id)
    addresses = {each.lower(): each for each in (customer.contact, customer.second_contact, customer.login)}
    usable = [each for each in addresses.values() if "@" in each and domain_of(each) not in broken]
    hours = round((details.usable_from - details.given_at).total_seconds() / 3600)
    context = {"before": before, "after": details.iban_hint, "hours": hours}
    for number, address in enumerate(usable):
        Notice.objects.create(
            key=f"details:{details.pk}:{number}",
            kind="account_details_changed",
            payout=payout,
            address=address,
            language=customer.language,
            context=context,
        )


# Each transfer that a statement sent back, as one notice to the first address of the account that works.
RETURNED = f"""
WITH back AS (
    SELECT t.id, t.payout_id, t.iban_hint, t.amount, t.reason, c.language, channel.address
    FROM claims_statementline l JOIN claims_transfer t ON t.id = l.transfer_id
    JOIN claims_payout p ON p.id = t.payout_id JOIN claims_customer c ON c.id = p.customer_id
    CROSS JOIN LATERAL (SELECT {USABLE} AS address) AS channel
    WHERE l.statement_id = %(statement)s AND l.note = '' AND l.kind <> 'settled' AND p.run_id IS NOT NULL
        AND p.incident_id = %(incident)s
), told AS (
    INSERT INTO claims_notice (key, kind, payout_id, address, language, context, code, state, tries, created_at,
                               next_try_at, last_error)
    SELECT 'returned:' || c.id, 'run_payment_returned', payout_id, coalesce(address, ''), language,
        jsonb_build_object('amount', amount::text, 'hint', iban_hint, 'reason', reason), {CODE},
        CASE WHEN address IS NULL THEN 'held' ELSE 'queued' END, 0, now(), now(), ''
    FROM back c ON CONFLICT (key) DO NOTHING RETURNING payout_id, state
)
SELECT p.run_id, count(*) FROM told JOIN claims_payout p ON p.id = told.payout_id WHERE told.state = 'held'
GROUP BY p.run_id ORDER BY p.run_id
"""
OF_RUNS = """
SELECT DISTINCT p.incident_id FROM claims_statementline l JOIN claims_transfer t ON t.id = l.transfer_id
JOIN claims_payout p ON p.id = t.payout_id
WHERE l.statement_id = %(statement)s AND l.note = '' AND l.kind <> 'settled' AND p.run_id IS NOT NULL ORDER BY 1
"""


def tell_of_returns(statement):
    """Tells those whose money from a mass run came back by this statement, all of an incident with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(OF_RUNS, {"statement": statement.pk})
        incidents = [pk for (pk,) in cursor.fetchall()]
        for incident in incidents:
            notices.hold_off(incident)
            broken = sorted(Service.objects.broken_domains(incident))
            values = {"statement": statement.pk, "incident": incident, "broken": broken, "secret": token_bytes(32)}
            cursor.execute(RETURNED, values)
            for run, held in cursor.fetchall():
                cursor.execute("UPDATE claims_massrun SET held = held + %s WHERE id = %s", [held, run])
