"""Many at once: no code is given twice, nobody is in two files, and an answer counts once."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import User
from claims.actions import clock, confirming, fulfilling
from claims.models import Confirmation, Fulfilment, JournalEntry, Notice, Voucher
from claims.reports import fulfilment
from claims.rules.errors import Refused
from tests.awards.conftest import answer, entitled
from tests.referee import assert_laws_hold

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(number, act):
    """What `number` threads got that all began to act at the same moment; a Refused as its code."""
    barrier = threading.Barrier(number)

    def go(position):
        try:
            barrier.wait(timeout=60)
            return act(position)
        except Refused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(go, range(number)))


def test_sixteen_at_once_share_ten_codes(counter, mara, marco):
    entitled(counter.incident, 16, by=marco)
    counter.pool(10)

    def open_one(position):
        by = User.objects.get(pk=(mara, marco)[position % 2].pk)
        return fulfilling.open_file(counter.incident.code, by=by, kind="voucher", most=1).number

    said = at_once(16, open_one)
    opened = {number for number in said if isinstance(number, int)}
    assert (len(opened), said.count("pool_empty")) == (10, 6)
    assert (Voucher.objects.filter(fulfilment=None).count(), Fulfilment.objects.count()) == (0, 10)
    assert counter.states() == ["listed"] * 10 + ["waiting"] * 6
    assert set(Fulfilment.objects.values_list("entitlement__state", flat=True)) == {"listed"}
    [pool] = fulfilment.pools(counter.incident, today=clock.today())
    assert (pool.free, pool.used, pool.waiting, pool.missing) == (0, 10, 6, 6)


def test_an_answer_that_is_read_twice_at_once_counts_once(counter, mara, marco):
    counter.due(storage_gb=5)
    file = counter.out()
    content = answer(file)

    def read(position):
        by = User.objects.get(pk=(mara, marco)[position % 2].pk)
        return confirming.confirm(file.number, io.BytesIO(content), by=by)

    said = at_once(4, read)
    assert sorted(known for _effect, known in said) == [False, True, True, True]
    assert {effect.given for effect, _known in said} == {1}
    assert (Confirmation.objects.count(), Notice.objects.filter(kind="award_given").count()) == (1, 1)
    assert JournalEntry.objects.filter(action="award given").count() == 1
    assert_laws_hold()
