"""Where mass runs paid: into what the account's bank details said, and not before these could be used."""

DETAILS = """
SELECT 'transfer ' || end_to_end_id || ': ' || why FROM (
    SELECT t.end_to_end_id, CASE
        WHEN p.customer_id IS NULL AND t.account_details_id IS NOT NULL THEN 'a claim is paid by an account’s details'
        WHEN p.customer_id IS NULL THEN NULL
        WHEN d.id IS NULL THEN 'nobody knows whose details it was written with'
        WHEN d.customer_id <> p.customer_id THEN 'its details are those of another account'
        WHEN d.usable_from > b.opened_at THEN 'its details were not usable yet'
        WHEN d.superseded_at <= b.opened_at THEN 'its details had been replaced'
        WHEN (d.iban_index, d.bank_details) <> (t.iban_index, t.bank_details) THEN 'it pays into another bank account'
    END AS why
    FROM claims_transfer t JOIN claims_payout p ON p.id = t.payout_id JOIN claims_batch b ON b.id = t.batch_id
    LEFT JOIN claims_accountdetails d ON d.id = t.account_details_id
    WHERE p.customer_id IS NOT NULL OR t.account_details_id IS NOT NULL
) judged WHERE why IS NOT NULL
UNION ALL
SELECT 'account ' || customer_id || ': ' || count(*) || ' bank details at once' FROM claims_accountdetails
WHERE superseded_at IS NULL GROUP BY customer_id HAVING count(*) > 1
"""


def details_were_usable(cursor, _fast):
    cursor.execute(DETAILS)
    return (row[0] for row in cursor)
