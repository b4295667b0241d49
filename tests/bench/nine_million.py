"""A whole outage: a roster of nine million accounts from its file to the bank's answer, and every cent proven.

It takes long and some 30 GB below var/, so it runs only when it is named: `make bench ARGS=nine_million`. With fewer
accounts: `ACCOUNTS=100000 PAID=10000 make bench ARGS=nine_million`.
"""

import itertools
import os
import statistics
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from schwifty import IBAN

from claims.actions import (
    bank_files,
    batches,
    mass_counting,
    mass_runs,
    roster,
    settling,
)
from claims.actions.sealing import sealed_details
from claims.models import Batch, Customer, Incident, MassRun
from claims.reports import ledger, owed, proof, referee
from claims.reports import mass_runs as counts
from claims.reports.ledger_lines import payouts_of
from claims.rules.payouts import message_id
from claims.sepa import camt053
from tests import make
from tests.bench.results import informs, result
from tests.bench.sepa import memory
from tests.sepa import bank

ACCOUNTS = int(os.environ.get("ACCOUNTS", "9000000"))
PAID = int(os.environ.get("PAID", "1000000"))  # of them have said where to pay
CODE = "libero-2023"
MOST_MB, LINES_A_SECOND, SLOWER = 150, 20_000, 1.2
DETAILS = (
    "COPY claims_accountdetails (customer_id, key, bank_details, iban_index, iban_hint, source, given_at,"
    " usable_from) FROM STDIN"
)


def measure():
    settings.DEBUG = False  # it would keep what was asked of the database
    settings.PAYER = f"Posta S.p.A.;{bank.IBAN};UNCRITMM"
    people = [make.person(name, "manager") for name in ("mara", "marco")]
    make.incident(CODE)
    for step in (load, count, walk, give_details, pay, answer, prove):
        step(*people)


def worked():
    """Seconds that this process and its backend of the database had a processor: others may keep it from them."""
    connection.ensure_connection()
    stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + sum(map(int, stat[11:13])) / os.sysconf("SC_CLK_TCK")


class Took:
    """Seconds by the clock and of a processor, and by how many MB this process was larger than before at most."""

    seconds = processor = grown = 0.0


@contextmanager
def timed():
    took, before, over, began = Took(), memory(), threading.Event(), worked()

    def watch():
        while not over.wait(0.1):
            took.grown = max(took.grown, memory() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    try:
        yield took
    finally:
        took.seconds, took.processor = time.perf_counter() - started, worked() - began
        over.set()
        watcher.join()


def says(what, number, unit, took):
    base = f"{took.seconds:,.0f} s, {took.processor:,.0f} s of a processor, {took.grown:,.0f} MB more memory"
    informs(what, ours=f"{number / took.seconds:,.0f} {unit}/s", base=base)


def load(_first, _second):
    """A fifth pays a fee; the free ones get 6 euro, the paid ones 24. Every hundredth has no address that works."""
    path = settings.RISTORO_HOME / "roster.csv"
    with path.open("w") as file:
        file.write("login,service,fee,paid_from,paid_to,contact,language\n")
        for n in range(ACCOUNTS):
            kind = "paid,19.99,2022-06-01,2023-06-01" if n % 5 == 0 else "free,0.00,,"
            contact = "" if n % 100 == 0 else f"m.rossi{n}@example.org"
            file.write(f"mario.rossi{n}@libero.example,{kind},{contact},it\n")
    with path.open("rb") as file, timed() as took:
        report = roster.load(CODE, file)
    assert report.added == ACCOUNTS
    says(f"roster of {ACCOUNTS:,} accounts, {report.size / 2**20:,.0f} MB", ACCOUNTS, "accounts", took)
    path.unlink()


def count(first, _second):
    run, chunks = mass_counting.begin(CODE, "indemnity", by=first), []
    with timed() as took:
        before = time.perf_counter()
        while mass_counting.count_chunk(run.pk) is not None:
            chunks.append(time.perf_counter() - before)
            before = time.perf_counter()
    run.refresh_from_db()
    assert (run.state, run.people) == ("proposed", ACCOUNTS)
    says("what an indemnity would give, counted", ACCOUNTS, "accounts", took)
    informs("  a chunk of 200,000", ours=f"{statistics.median(chunks):.1f} s", base=f"the slowest {max(chunks):.1f} s")


def walk(_first, second):
    run = MassRun.objects.get(remedy="indemnity")
    with timed() as took:
        mass_runs.approve(run.pk, by=second)
    says("approved: nobody is paid by who approves", ACCOUNTS, "accounts", took)
    chunks = []
    with timed() as took:
        before = worked()
        while mass_runs.grant_chunk(run.pk) is not None:
            chunks.append(worked() - before)
            before = worked()
    run.refresh_from_db()
    assert (run.state, run.granted, run.granted_total) == ("done", ACCOUNTS, run.total)
    says(f"mass run: {ACCOUNTS:,} payouts with notices", ACCOUNTS, "people", took)
    tenth = max(1, len(chunks) // 10)
    early, late = statistics.median(chunks[:tenth]), statistics.median(chunks[-tenth - 1 : -1] or chunks)
    result(
        "  a chunk of its last tenth against its first, on a processor",
        ours=f"{late * 1000:.0f} ms",
        base=f"{early * 1000:.0f} ms",
        ratio=f"{late / early:.2f}",
        target=f"≤ {SLOWER}",
        ok=late / early <= SLOWER,
    )
    with timed() as took:
        found, _after = counts.some_exceptions(run, why="no_channel", most=100)
    informs("  a page of its exceptions", ours=f"{took.seconds * 1000:.0f} ms", base=f"{len(found)} accounts")


def give_details(_first, _second):
    """An account of its own for each of PAID, given two days ago and more."""
    ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[:PAID])
    then = timezone.now() - timedelta(days=3)
    with connection.cursor() as cursor, timed() as took, cursor.copy(DETAILS) as copy:
        for number, pk in enumerate(ids):
            iban = str(IBAN.generate("IT", "0542811101", f"{number:012}"))
            copy.write_row((pk, *sealed_details(iban, f"Mario Rossi {number}").values(), "roster", then, then))
    says(f"{PAID:,} bank details, sealed", PAID, "accounts", took)


def pay(first, second):
    with timed() as took:
        opened, waiting = batches.open_batches(CODE, by=first)
    (batch,) = opened
    assert (batch.count, sum(waiting.values())) == (PAID, ACCOUNTS - PAID)
    says(f"a batch of {PAID:,} opened", ACCOUNTS, "payouts looked at", took)
    with timed() as took:
        batches.approve_batch(batch.number, by=second)
    says("  approved", PAID, "payments", took)
    with timed() as took:
        batch = bank_files.write_file(batch.number)
    says(f"  pain.001 written, {batch.size / 2**20:,.0f} MB", PAID, "payments", took)
    flat("  its memory", took)
    bank_files.opened(batch.number, by=first)[1].close()
    with timed() as took:
        bank_files.handed_over(batch.number, by=first)
    says("  handed over", PAID, "payments", took)


def answer(first, _second):
    batch, path = Batch.objects.get(), settings.RISTORO_HOME / "camt053.xml"
    name, after = message_id(batch.number), 0

    def orders():
        nonlocal after
        rows = batch.transfers.order_by("pk").values_list("pk", "end_to_end_id", "amount")
        while some := list(rows.filter(pk__gt=after)[:20_000]):
            after = some[-1][0]
            for _pk, end_to_end_id, amount in some:
                yield bank.Order(name, name, end_to_end_id, amount, "Mario Rossi", bank.IBAN, "")

    with path.open("w") as file:
        file.writelines(bank.statement_pieces(orders(), today=batch.execution_date))
    counted = itertools.count()
    with path.open("rb") as file, timed() as took:
        for _entry in camt053.read(file, iban=bank.IBAN):
            next(counted)
    assert next(counted) == PAID
    speed = PAID / took.processor
    what = f"camt.053 of {PAID:,} lines, {path.stat().st_size / 2**20:,.0f} MB, read"
    target = f"≥ {LINES_A_SECOND:,}"
    result(what, ours=f"{speed:,.0f} lines/s", base="", ratio="", target=target, ok=speed >= LINES_A_SECOND)
    flat("  its memory", took)
    with path.open("rb") as file, timed() as took:
        statement, _known = settling.settle(file, by=first)
    assert (statement.lines, statement.settled) == (PAID, PAID)
    says("  read and settled", PAID, "payments", took)
    flat("  its memory", took)
    path.unlink()


def prove(first, _second):
    incident = Incident.objects.get(code=CODE)
    for what, look in (
        ("ledger: all sums", lambda: (ledger.by_remedy(incident), ledger.together(incident))),
        ("  a page of a hundred accounts", lambda: ledger.page(incident, after="mario.rossi5")),
        ("  one account", lambda: payouts_of(incident, "mario.rossi1@libero.example")),
        ("what is owed and why it waits", lambda: owed.sums(incident, by=first)),
        ("  a page of it", lambda: owed.owed(incident, by=first, size=100)),
    ):
        with timed() as took:
            look()
        informs(what, ours=f"{took.seconds:,.2f} s")
    with timed() as took, referee.reading() as cursor:
        findings = list(proof.prove(cursor, incident))
    wrong = [finding for finding in findings if not finding.holds]
    what = f"every sum proven: ledgers = payouts = bank files ({len(findings)} of them)"
    result(what, ours=f"{took.seconds:,.0f} s", base="", ratio="", target="all hold", ok=not wrong)
    with timed() as took:
        broken = [verdict for verdict in referee.judge() if verdict.state == referee.BROKEN]
    result("the referee's laws", ours=f"{took.seconds:,.0f} s", base="", ratio="", target="all hold", ok=not broken)
    for each in [*wrong, *broken]:
        print(each)


def flat(what, took):
    grown = took.grown
    result(what, ours=f"{grown:,.0f} MB more", base="", ratio="", target=f"< {MOST_MB} MB", ok=grown < MOST_MB)
