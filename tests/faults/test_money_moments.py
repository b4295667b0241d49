"""The worker or PostgreSQL is killed at a random moment while money is granted, batched, handed over and settled.

On a PostgreSQL of its own, as durable as in production: what a worker was told is done must be there after the crash.
"""

import os
import random
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection
from django.db.models import Sum

from claims.actions import bank_files, batches, mass_runs
from claims.models import Notice, Payout, StatementLine
from config.embedded import POSTGRES_BIN, Home, Postgres
from config.processes import Died
from tests import make
from tests.payouts.conftest import Till
from tests.payouts.test_settling import camt
from tests.referee import assert_laws_hold
from tests.soak import LONG, rounds

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]
PEOPLE, CHUNK, EACH = 22, 4, Decimal("24.00")
STEPS = 6 + 6  # chunks; open, approve, write, take out, hand over, settle
WENT_AWAY = 7


@pytest.fixture
def own_postgres(db, tmp_path):
    """PostgreSQL that loses nothing, with the tables of the tests' own; for the length of a test it is Django's."""
    home = Home(tmp_path / "home").open()
    postgres, before = Postgres(home, durable=True), connection.settings_dict
    try:
        start_again(postgres, home)
        copy_tables(postgres)
        connection.close()
        options = {**before["OPTIONS"], "host": str(postgres.folder)}
        connection.settings_dict = {**before, "NAME": "ristoro", "HOST": "", "OPTIONS": options}
        yield postgres, home
    finally:
        connection.close()
        connection.settings_dict = before
        postgres.child.stop()
        home.close()


def copy_tables(postgres):
    connection.ensure_connection()
    ours = connection.connection.info
    dump = [POSTGRES_BIN / "pg_dump", "--host", ours.host, "--username=ristoro", ours.dbname]
    fill = [POSTGRES_BIN / "psql", "--host", postgres.folder, "--username=ristoro", "-qX", "-v", "ON_ERROR_STOP=1"]
    made = subprocess.run(dump, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    done = subprocess.run([*fill, "ristoro"], input=made.stdout, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def start_again(postgres, home):
    """Starts the server once all that is left of the one before is gone, as a supervisor does."""
    for _try in range(20):
        while home.holders():
            time.sleep(0.01)
        postgres.prepare()
        postgres.child.start(subprocess.DEVNULL)
        with suppress(Died):
            postgres.child.wait_until(postgres.answers)
            return
    raise AssertionError("PostgreSQL does not come back")


class Round:
    """A mass run and a claim that is due; `step()` does what is to be done next, `done()` counts what was."""

    def __init__(self, till, number):
        self.till, self.claim = till, till.due()
        run = mass_runs.propose(make.crowd(PEOPLE, f"moment-{number}").code, "indemnity", by=till.mara)
        self.run = mass_runs.approve(run.pk, by=till.marco)

    def payout(self):
        return Payout.objects.get(claim=self.claim)

    def batch(self):
        return None if self.payout().state == "owed" else self.till.transfer(self.claim).batch

    def done(self):
        self.run.refresh_from_db()
        batch, states = self.batch(), ["open", "approved", "written", "out", "handed_over", "closed"]
        if batch is None:
            return self.run.chunks
        state = "out" if batch.state == "written" and batch.taken_out_at else batch.state
        return self.run.chunks + 1 + states.index(state)

    def step(self):
        """False when nothing is left to do."""
        self.run.refresh_from_db()
        if self.run.state == "approved":
            return bool(mass_runs.grant_chunk(self.run.pk, size=CHUNK))
        batch, till = self.batch(), self.till
        if batch is None:
            till.batch()
        elif batch.state == "open":
            batches.approve_batch(batch.number, by=till.marco)
        elif batch.state == "approved":
            bank_files.write_file(batch.number)
        elif batch.state == "written" and not batch.taken_out_at:
            bank_files.opened(batch.number, by=till.mara)[1].close()
        elif batch.state == "written":
            bank_files.handed_over(batch.number, by=till.mara)
        elif batch.state == "handed_over":
            till.read(camt(batch, number=str(batch.number)))
        else:
            return False
        return True


def worker(work):
    """(process id, pipe): a process that does all of it and says one byte for each step that it was told is done."""
    reading, writing = os.pipe()
    connection.close()
    if pid := os.fork():
        os.close(writing)
        return pid, reading
    status = 3
    try:
        signal.alarm(60)
        while work.step():
            os.write(writing, b".")
        status = 0
    except DatabaseError:
        status = WENT_AWAY
    finally:
        os._exit(status)


def ended(pid, pipe):
    """(exit status of the worker, how many steps it was told are done)."""
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    said = b"".join(iter(lambda: os.read(pipe, 65536), b""))
    os.close(pipe)
    return status, len(said)


def kill(victim, pid, postgres):
    """kill -9 of the worker, or of PostgreSQL, which ends the worker too."""
    if victim == "worker":
        os.kill(pid, signal.SIGKILL)
    else:
        postgres.child.popen.kill()
        postgres.child.popen.wait()


def test_money_survives_kills_at_any_moment(own_postgres, tally):
    postgres, home = own_postgres
    seed = int(os.environ.get("RISTORO_SEED") or (secrets.randbelow(2**32) if LONG else 11))
    print("seed", seed)
    dice, owing = random.Random(seed), Decimal(0)
    people = [make.person("rita", "reviewer"), make.person("mara", "manager"), make.person("marco", "manager")]
    till = Till(make.incident(), *people)
    first = Round(till, 0)
    began = time.monotonic()
    assert ended(*worker(first)) == (0, STEPS)
    length = time.monotonic() - began
    hit = {"worker": 0, "PostgreSQL": 0}
    for number in range(1, rounds(2, 100) + 1):
        victim = ("worker", "PostgreSQL")[number % 2]
        work = Round(till, number)
        pid, pipe = worker(work)
        time.sleep(dice.uniform(0, length))
        kill(victim, pid, postgres)
        status, told = ended(pid, pipe)
        if victim == "PostgreSQL":
            start_again(postgres, home)
            connection.close()
        assert status in (0, -signal.SIGKILL, WENT_AWAY)
        tally.tried(f"{victim} killed at a random moment")
        hit[victim] += status != 0
        assert told <= work.done() <= told + 1, (seed, number)
        assert_laws_hold()
        while work.step():
            pass
        check(work)
        owing += PEOPLE * EACH + work.payout().amount
        tally.held(f"{victim} killed at a random moment")
    print("killed while at work", hit)
    assert sum(hit.values()) >= rounds(1, 60)
    everything = Payout.objects.exclude(run=first.run).exclude(claim=first.claim)
    assert everything.aggregate(sum=Sum("amount"))["sum"] == owing


def check(work):
    """Everybody has it once, to the cent, and the laws hold."""
    assert work.done() == STEPS
    payouts = Payout.objects.filter(run=work.run)
    assert payouts.count() == payouts.values("customer").distinct().count() == PEOPLE
    assert Notice.objects.filter(payout__run=work.run).count() == PEOPLE
    assert (work.run.state, work.run.granted_total) == ("done", PEOPLE * EACH)
    paid = StatementLine.objects.filter(transfer__payout__claim=work.claim, note="", kind="settled")
    assert (work.payout().state, paid.count()) == ("settled", 1)
    assert_laws_hold()
