"""Two managers at once, and a claimant beside them: what is owed leaves once, as somebody approved it."""

import io
import re
from functools import partial
from itertools import count

import pytest

from claims.actions import bank_files, banking, batches, settling
from claims.models import Batch, Payout, Statement, StatementLine, Transfer
from claims.reports.batches import path_of
from tests import make
from tests.payouts.conftest import Till, iban_of
from tests.payouts.test_settling import camt
from tests.races.together import at_once, split
from tests.referee import assert_laws_hold
from tests.soak import rounds

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
NUMBERS = count(100)
OWED = re.compile(r"\s*WITH taken AS")
BATCH = re.compile(r'SELECT "claims_batch"\."id"')
STATEMENT = re.compile(r'SELECT "claims_statement"\."id"')


@pytest.fixture
def till():
    names = {"rita": "reviewer", "mara": "manager", "marco": "manager", "moira": "manager"}
    people = {name: make.person(name, role) for name, role in names.items()}
    made = Till(make.incident(), people["rita"], people["mara"], people["marco"])
    made.moira = people["moira"]
    return made


def test_r10_a_batch_opened_twice_at_once_takes_what_is_owed_once(till):
    for _ in range(rounds(2, 20)):
        claims = [till.due(), till.due()]
        opening = [
            lambda by=by: batches.open_batches(till.incident.code, by=by)[0][0] for by in (till.mara, till.marco)
        ]
        done, refused = split(at_once(*opening, moment=OWED))
        assert (len(done), refused) == (1, [(409, "nothing_to_pay")])
        assert [claim.transfers for claim in counted(claims)] == [1, 1]
        batches.approve_batch(done[0].number, by=till.moira)  # so that the next round begins with nothing owed
        assert_laws_hold()


def counted(claims):
    for claim in claims:
        claim.transfers = Transfer.objects.filter(payout__claim=claim).count()
        yield claim


def test_r10_a_batch_approved_twice_at_once_is_approved_once_and_its_file_is_always_the_same(till):
    for _ in range(rounds(2, 20)):
        till.due()
        number = till.batch().number
        approving = [partial(batches.approve_batch, number, by=by) for by in (till.marco, till.moira)]
        done, refused = split(at_once(*approving, moment=BATCH))
        assert (len(done), refused) == (1, [(409, "illegal_move")])
        writing = [partial(bank_files.write_file, number) for _ in range(4)]
        written, refused = split(at_once(*writing, moment=BATCH))
        assert (len(written), refused) == (4, [])
        batch = Batch.objects.get(number=number)
        assert path_of(batch).stat().st_size == batch.size
        assert_laws_hold()


def test_r12_one_statement_read_twice_at_once_counts_once(till):
    for _ in range(rounds(2, 20)):
        till.due()
        content = camt(till.sent(), number=str(next(NUMBERS)))
        reading = [partial(settling.settle, io.BytesIO(content), by=till.mara) for _ in range(2)]
        done, refused = split(at_once(*reading, moment=STATEMENT))
        assert refused == []
        assert sorted(known for _statement, known in done) == [False, True]
        assert_laws_hold()
    assert StatementLine.objects.exclude(note="").count() == 0


def test_r12_paid_and_sent_back_in_two_files_at_once_moves_each_payout_once(till):
    for _ in range(rounds(2, 20)):
        claim = till.due()
        batch, number = till.sent(), next(NUMBERS)
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
        assert_laws_hold()
    assert Statement.objects.count() == 2 * rounds(2, 20)


def test_r16_details_change_while_the_batch_is_approved(till):
    """Either the payment leaves the batch, or it goes where the approver saw."""
    seen = set()
    for _ in range(rounds(4, 40)):
        kept, changes = till.due(amount="10.00"), till.due(amount="20.00")
        number = till.batch().number
        iban = iban_of(next(NUMBERS))
        acts = [
            partial(banking.give_bank_details, changes.reference, by=changes.claimant, iban=iban),
            partial(batches.approve_batch, number, by=till.marco, total=make.Decimal("30.00")),
        ]
        done, refused = split(at_once(*acts, moment=BATCH))
        assert len(done) == 1
        seen.add(refused[0])
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
        assert_laws_hold()
    assert seen <= {(409, "stale"), (409, "payment_under_way")}
