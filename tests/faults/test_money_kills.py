"""kill -9 at every step at the database of writing a file and of reading the bank's answer."""

import io

import pytest

from claims.actions import bank_files, batches, settling
from claims.models import Batch, Claim, Payout, Statement
from claims.reports.batches import path_of
from tests import make
from tests.faults.child import every_step
from tests.payouts.conftest import Till
from tests.payouts.test_settling import camt
from tests.referee import assert_laws_hold
from tests.soak import rounds

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]
SPARSE = rounds(19, 1)


@pytest.fixture
def till():
    rita, mara, marco = make.person("rita", "reviewer"), make.person("mara", "manager"), make.person("marco", "manager")
    return Till(make.incident(), rita, mara, marco)


def test_a_file_is_written_wholly_or_again_with_the_same_bytes(till, tally):
    def fresh():
        till.due()
        batch = till.batch()
        batches.approve_batch(batch.number, by=till.marco)
        return batch, lambda: bank_files.write_file(batch.number)

    kills = 0
    for step, batch in every_step(fresh, by=rounds(4, 1)):
        kills += step is not None
        left = Batch.objects.get(pk=batch.pk)
        assert left.state in (("approved", "written") if step else ("written",))
        bank_files.write_left_behind()
        left.refresh_from_db()
        assert (left.state, path_of(left).stat().st_size) == ("written", left.size)
        assert_laws_hold()
        tally.tried("writing a file for the bank")
        tally.held("writing a file for the bank")
    assert kills


def test_a_statement_is_read_whole_or_not_at_all(till, tally):
    def fresh():
        claims = [till.due(amount="10.00"), till.due(amount="20.00")]
        batch = till.sent()
        content = camt(batch, number=str(batch.number), returned={till.transfer(claims[0]).end_to_end_id: "AC04"})
        return (claims, content), lambda: settling.settle(io.BytesIO(content), by=till.mara)

    kills, before = 0, 0
    for step, (claims, content) in every_step(fresh, by=SPARSE):
        kills += step is not None
        states = [Claim.objects.get(pk=claim.pk).status for claim in claims]
        done = Statement.objects.count() > before
        assert states == (["payment_returned", "paid"] if done else ["payment_due", "payment_due"])
        assert_laws_hold()
        _statement, known = settling.settle(io.BytesIO(content), by=till.mara)
        assert known is done
        before = Statement.objects.count()
        assert set(Payout.objects.filter(claim__in=claims).values_list("state", flat=True)) == {"returned", "settled"}
        tally.tried("settling by a statement")
        tally.held("settling by a statement")
    assert kills
