"""Two managers at once, and a claimant beside them: what is owed leaves once, as somebody approved it.

Each race is run with the locks, when it must end well every time, and once without them, when it must end badly.
"""

import io
import random
import re
import secrets
import threading
from functools import partial
from itertools import count

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from claims.actions import bank_files, banking, batches, filling, journal, mass_runs, settling
from claims.models import Batch, JournalEntry, MassRun, Payout, Statement, StatementLine, Transfer
from claims.reports.batches import path_of
from claims.rules.errors import Refused
from tests import make
from tests.emptying import empty, with_what_hangs_on
from tests.payouts.conftest import Till, iban_of
from tests.payouts.test_settling import camt
from tests.races.together import at_once, split
from tests.referee import assert_laws_hold
from tests.soak import LONG, rounds

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
NUMBERS = count(100)
OWED = re.compile(r"\s*WITH taken AS")
BATCH = re.compile(r'SELECT "claims_batch"\."id"')
KEEPING = re.compile(r'SELECT "claims_batch"\."id".* WHERE "claims_batch"\."id" = ', re.DOTALL)
RUN = re.compile(r'\s*SELECT "claims_massrun"\."id"')
READ_ONCE = "ALTER TABLE claims_statement {} CONSTRAINT claims_statement_sha256_key {}"
PEOPLE = 6
STATEMENT = re.compile(r'SELECT "claims_statement"\."id"')


@pytest.fixture
def till():
    names = {"rita": "reviewer", "mara": "manager", "marco": "manager", "moira": "manager"}
    people = {name: make.person(name, role) for name, role in names.items()}
    made = Till(make.incident(), people["rita"], people["mara"], people["marco"])
    made.moira = people["moira"]
    return made


def r10_a_batch_is_opened_twice(till):
    claims = [till.due(), till.due()]
    opening = [lambda by=by: batches.open_batches(till.incident.code, by=by)[0][0] for by in (till.mara, till.marco)]
    done, refused = split(at_once(*opening, moment=OWED))
    assert (len(done), refused) == (1, [(409, "nothing_to_pay")])
    assert [Transfer.objects.filter(payout__claim=claim).count() for claim in claims] == [1, 1]
    batches.approve_batch(done[0].number, by=till.moira)  # so that the next round begins with nothing owed


def r10_a_batch_is_approved_twice(till):
    till.due()
    number = till.batch().number
    approving = [partial(batches.approve_batch, number, by=by) for by in (till.marco, till.moira)]
    done, refused = split(at_once(*approving, moment=BATCH))
    assert (len(done), refused) == (1, [(409, "illegal_move")])


def r10_a_file_is_written_many_times(till):
    """Four in the suite, sixteen in the long form: the same bytes for all, noted once."""
    till.due()
    number = till.batch().number
    batches.approve_batch(number, by=till.marco)
    writing = [partial(bank_files.write_file, number)] * (16 if LONG else 4)
    written, refused = split(at_once(*writing, moment=KEEPING))
    assert (len(written), refused) == (len(writing), [])
    assert len({batch.sha256 for batch in written}) == 1
    batch = Batch.objects.get(number=number)
    assert path_of(batch).stat().st_size == batch.size
    assert list(JournalEntry.objects.of(batch).values_list("action", flat=True)).count("write") == 1


def r10_a_batch_is_cancelled_while_it_is_approved(till):
    """Approved and then taken back, or taken back and no longer to be approved: in the end its money is owed again."""
    claim = till.due()
    number = till.batch().number
    acts = [
        partial(batches.cancel_batch, number, by=till.mara, reason="Wrong day."),
        partial(batches.approve_batch, number, by=till.marco),
    ]
    cancelled, approved = at_once(*acts, moment=BATCH)
    assert cancelled.state == "cancelled", repr(cancelled)
    assert approved.state == "approved" if isinstance(approved, Batch) else approved.code == "illegal_move"
    assert (Batch.objects.get(number=number).state, Payout.objects.get(claim=claim).state) == ("cancelled", "owed")
    batches.approve_batch(till.batch().number, by=till.marco)  # so that the next round begins with nothing owed


def r12_one_statement_is_read_twice(till):
    till.due()
    content = camt(till.sent(), number=str(next(NUMBERS)))
    reading = [partial(settling.settle, io.BytesIO(content), by=by) for by in (till.mara, till.marco)]
    done, refused = split(at_once(*reading, moment=STATEMENT))
    assert refused == []
    assert sorted(known for _statement, known in done) == [False, True]
    assert StatementLine.objects.exclude(note="").count() == 0


def r12_paid_and_sent_back_in_two_files(till):
    claim = till.due()
    batch, number, before = till.sent(), next(NUMBERS), Statement.objects.count()
    name = till.transfer(claim).end_to_end_id
    files = [
        camt(batch, number=f"P{number}"),
        camt(batch, number=f"R{number}", returned={name: "AC04"}),
    ]
    reading = [partial(settling.settle, io.BytesIO(file), by=till.mara) for file in files]
    done, refused = split(at_once(*reading, moment=BATCH))
    assert (len(done), refused) == (2, [])
    claim.refresh_from_db()
    assert (claim.status, Payout.objects.get(claim=claim).state) == ("payment_returned", "returned")
    assert Statement.objects.count() == before + 2


def r16_details_change_while_the_batch_is_approved(till):
    """Either the payment leaves the batch, or it goes where the approver saw."""
    kept, changes = till.due(amount="10.00"), till.due(amount="20.00")
    number = till.batch().number
    iban = iban_of(next(NUMBERS))
    acts = [
        partial(banking.give_bank_details, changes.reference, by=changes.claimant, iban=iban),
        partial(batches.approve_batch, number, by=till.marco, total=make.Decimal("30.00")),
    ]
    done, refused = split(at_once(*acts, moment=BATCH))
    assert len(done) == 1
    batch = Batch.objects.get(number=number)
    if batch.state == "open":
        assert refused == [(409, "stale")]
        assert till.transfer(changes).state == "withdrawn"
        batches.approve_batch(number, by=till.marco, total=make.Decimal("10.00"))
    else:
        assert refused == [(409, "payment_under_way")]
        changes.refresh_from_db()
        assert till.transfer(changes).iban_hint == changes.iban_hint
    assert till.transfer(kept).state == "planned"


def r11_two_workers_walk_over_one_roster(till):
    run = proposed(till)
    mass_runs.approve(run.pk, by=till.marco)
    chunks, refused = split(at_once(*[partial(mass_runs.grant_chunk, run.pk, size=3)] * 2, moment=RUN))
    assert ([chunk.granted for chunk in chunks], refused) == ([3, 3], [])
    assert len({chunk.last for chunk in chunks}) == 2
    granted = Payout.objects.filter(run=run)
    assert granted.count() == granted.values("customer").distinct().count() == PEOPLE


def r11_a_run_is_approved_twice(till):
    run = proposed(till)
    approving = [partial(mass_runs.approve, run.pk, by=by) for by in (till.marco, till.moira)]
    done, refused = split(at_once(*approving, moment=RUN))
    assert (len(done), refused) == (1, [(409, "illegal_move")])


def r11_a_run_is_cancelled_while_it_grants(till):
    run = proposed(till)
    mass_runs.approve(run.pk, by=till.marco)
    acts = [partial(mass_runs.grant_chunk, run.pk, size=3), partial(mass_runs.cancel, run.pk, by=till.mara)]
    split(at_once(*acts, moment=RUN))
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert Payout.objects.filter(run=run).count() == run.granted in (0, 3)


def proposed(till):
    return mass_runs.propose(make.crowd(PEOPLE, f"race-{next(NUMBERS)}").code, "indemnity", by=till.mara)


RACES = [
    r10_a_batch_is_opened_twice,
    r10_a_batch_is_approved_twice,
    r10_a_file_is_written_many_times,
    r10_a_batch_is_cancelled_while_it_is_approved,
    r12_one_statement_is_read_twice,
    r12_paid_and_sent_back_in_two_files,
    r16_details_change_while_the_batch_is_approved,
]
# How they end well is in test_mass_run_races.py; here is that they could end badly.
RACES_OF_RUNS = [
    r11_two_workers_walk_over_one_roster,
    r11_a_run_is_approved_twice,
    r11_a_run_is_cancelled_while_it_grants,
]


@pytest.mark.soak
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_with_locks_it_ends_well_every_time(race, till, tally):
    for _ in range(rounds(2, 100)):
        tally.tried(race.__name__)
        race(till)
        assert_laws_hold()
        tally.held(race.__name__)


@pytest.fixture
def without_locks(till, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, *_args, **_options: queryset._chain())
    monkeypatch.setattr(journal, "lock", lambda _chain: None)
    monkeypatch.setattr(settling, "LOCK", ())
    assert "FOR UPDATE SKIP LOCKED" in filling.TAKEN
    monkeypatch.setattr(filling, "TAKEN", filling.TAKEN.replace("FOR UPDATE SKIP LOCKED", ""))
    with transaction.atomic(), connection.cursor() as cursor:  # this key is what two readers of one file wait for
        cursor.execute(READ_ONCE.format("DROP", ""))
    yield
    with transaction.atomic(), connection.cursor() as cursor:
        empty(cursor, with_what_hangs_on("claims_statement"))
        cursor.execute(READ_ONCE.format("ADD", "UNIQUE (sha256)"))


@pytest.mark.parametrize("race", RACES + RACES_OF_RUNS, ids=lambda race: race.__name__)
def test_without_locks_it_ends_badly(race, till, without_locks):
    def several_times():  # on a busy machine both may happen to come one after the other
        for _ in range(5):
            race(till)
            assert_laws_hold()

    with pytest.raises((AssertionError, AttributeError)):
        several_times()


# --- two managers do everything at the same time -------------------------------------------------------
def open_one(till, by, dice):
    batches.open_batches(till.incident.code, by=by, most_count=dice.choice([1, 2, None]))


def some_batch(dice, *states):
    """Any batch, more often one in these states."""
    wanted = Batch.objects.filter(state__in=states) if dice.random() < 0.8 else Batch.objects.all()
    numbers = wanted.values_list("number", flat=True)
    return dice.choice(list(numbers) or list(Batch.objects.values_list("number", flat=True)))


def take_out(number, *, by):
    bank_files.opened(number, by=by)[1].close()


def read_an_answer(till, by, dice):
    batch = Batch.objects.filter(number=some_batch(dice, "handed_over", "closed")).exclude(sha256="").first()
    if batch:
        transfers = list(batch.transfers.values_list("end_to_end_id", flat=True))
        returned = {name: "AC04" for name in transfers if dice.random() < 0.4}
        settling.settle(io.BytesIO(camt(batch, number=str(next(NUMBERS) % 40), returned=returned)), by=by)


def some_run(dice):
    return dice.choice(list(MassRun.objects.values_list("pk", flat=True)))


ACTS = [
    open_one,
    *[lambda till, by, dice: batches.approve_batch(some_batch(dice, "open"), by=by)] * 2,
    *[lambda till, by, dice: bank_files.write_file(some_batch(dice, "approved"))] * 2,
    lambda till, by, dice: take_out(some_batch(dice, "written"), by=by),
    *[lambda till, by, dice: bank_files.handed_over(some_batch(dice, "written"), by=by)] * 2,
    *[read_an_answer] * 2,
    lambda till, by, dice: batches.cancel_batch(some_batch(dice, "open", "written"), by=by, reason="Wrong."),
    lambda till, by, dice: batches.keep_batch(some_batch(dice, "written", "handed_over"), by=by),
    lambda till, by, dice: mass_runs.approve(some_run(dice), by=by),
    *[lambda till, by, dice: mass_runs.grant_chunk(some_run(dice), size=2)] * 2,
    lambda till, by, dice: mass_runs.pause(some_run(dice), by=by),
    lambda till, by, dice: mass_runs.resume(some_run(dice), by=by),
]


def act_for_a_while(till, by, seed, said):
    """Whatever comes to the mind of `by`; what went well or was refused is counted, all else is a failure."""
    dice = random.Random(seed)
    try:
        for _ in range(rounds(20, 60)):
            try:
                dice.choice(ACTS)(till, by, dice)
                said.append("done")
            except Refused as refused:
                said.append(refused.code)
    except Exception as error:
        said.append(error)
    finally:
        connection.close()


@pytest.mark.soak
def test_two_managers_do_everything_at_the_same_time(till, tally):
    """Every act ends well or is refused in words, nobody waits for ever, and the money adds up after each round."""
    for _ in range(rounds(1, 50)):
        seed = secrets.randbelow(2**32) if LONG else 7
        till.due()
        till.batch()
        for _ in range(2):
            till.due()
        proposed(till)
        said = {till.mara: [], till.marco: []}
        threads = [
            threading.Thread(target=act_for_a_while, args=(till, by, f"{seed} {by.pk}", said[by]), daemon=True)
            for by in said
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in threads), seed
        everything = said[till.mara] + said[till.marco]
        tally.tried("acts of two managers at the same time", len(everything))
        assert [each for each in everything if isinstance(each, Exception)] == [], seed
        assert "done" in everything
        assert_laws_hold()
        tally.held("acts of two managers at the same time", len(everything))
