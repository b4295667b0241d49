"""Twenty thousand accounts with bank details from their roster: loaded, granted, batched, written to a file."""

import io
import time

from claims.actions import bank_files, batches, mass_runs, roster
from claims.models import AccountDetails, Incident
from claims.reports import owed
from claims.rules.payouts import SHARED_BY
from tests import make
from tests.bench.data import unguarded
from tests.bench.results import informs

ROWS = 20_000
# What somebody would write who had only SQL: no question about whose account it is, and who else names it.
RAW = """
    INSERT INTO claims_transfer (payout_id, batch_id, end_to_end_id, amount, bank_details, account_details_id,
        iban_index, iban_hint, remittance, state, reason)
    SELECT p.id, {batch}, 'X' || p.id, p.amount, d.bank_details, d.id, d.iban_index, d.iban_hint, 'Indemnity',
        'planned', ''
    FROM claims_payout p JOIN claims_accountdetails d ON d.customer_id = p.customer_id AND d.superseded_at IS NULL
"""


def iban_of(number):
    """An Italian IBAN with right check digits; the letter of the bank is not looked at."""
    account = f"X0542811101{number:012}"
    digits = "".join(str(int(letter, 36)) for letter in f"{account}IT00")
    return f"IT{98 - int(digits) % 97:02}{account}"


def file_of(*, with_details):
    head = "login,service,contact" + (",iban,holder" if with_details else "")
    lines = (
        f"p{n}@libero.example,paid,p{n}@example.net" + (f",{iban_of(n)},Mario Rossi" if with_details else "")
        for n in range(ROWS)
    )
    return io.BytesIO("\n".join((head, *lines)).encode())


def timed(action, *args, **kwargs):
    """(what it returned, things in a second)."""
    started = time.perf_counter()
    result = action(*args, **kwargs)
    return result, ROWS / (time.perf_counter() - started)


def measure():
    mara, marco = (make.person(name, "manager") for name in ("mara", "marco"))
    plain, paid = make.incident("plain"), make.incident("paid")
    _report, without = timed(roster.load, plain.code, file_of(with_details=False))
    report, loaded = timed(roster.load, paid.code, file_of(with_details=True))
    assert report.details.added == AccountDetails.objects.count() == ROWS
    informs(
        f"{ROWS:,} roster rows with IBANs, checked and sealed",
        ours=f"{loaded:,.0f} rows/s",
        base=f"{without:,.0f} rows/s without them",
        ratio=f"{loaded / without:.2f}",
    )
    run = mass_runs.approve(mass_runs.propose("paid", "indemnity", by=mara).pk, by=marco)
    while mass_runs.grant_chunk(run.pk) is not None:
        pass
    (opened, waiting), filled = timed(batches.open_batches, Incident.objects.get(code="paid").code, by=mara)
    assert (opened[0].count, waiting) == (ROWS, {})
    batch = opened[0]
    shared, asked = timed(owed.shared_in, batch)
    assert shared == []
    assert SHARED_BY > 1
    batches.approve_batch(batch.number, by=marco)
    _batch, written = timed(bank_files.write_file, batch.number)
    informs("  the file for the bank", ours=f"{written:,.0f} payments/s")
    informs("  who else names these accounts", ours=f"{asked:,.0f} payments/s")
    with unguarded() as cursor:
        cursor.execute("DELETE FROM claims_transfer")
        started = time.perf_counter()
        cursor.execute(RAW.format(batch=batch.pk))
        raw = ROWS / (time.perf_counter() - started)
    informs(
        f"  a batch of {ROWS:,} payments of a mass run",
        ours=f"{filled:,.0f} payments/s",
        base=f"{raw:,.0f} payments/s by a raw INSERT … SELECT, triggers and foreign keys off",
        ratio=f"{filled / raw:.2f}",
    )
