"""Two people load the same roster at once: one waits for the other, and nothing is done twice."""

import io
import threading
import time

import pytest
from django.db import connection, transaction

from claims.actions import roster
from claims.models import Customer, JournalEntry
from tests import make

CONTENT = b"login,service\n" + b"".join(b"a%d@b.example,free\n" % number for number in range(2000))


@pytest.mark.race
def test_a_second_load_waits_for_the_first_and_finds_nothing_to_do(transactional_db):
    incident = make.incident()
    inside, order, reports = threading.Event(), [], {}

    def load(name, *, wait):
        with transaction.atomic():
            reports[name] = roster.load(incident.code, io.BytesIO(CONTENT))
            inside.set()
            time.sleep(wait)
            order.append(name)
        connection.close()

    first = threading.Thread(target=load, args=("first",), kwargs={"wait": 0.5})
    first.start()
    assert inside.wait(10)
    second = threading.Thread(target=load, args=("second",), kwargs={"wait": 0})
    second.start()
    for thread in (first, second):
        thread.join(20)

    assert order == ["first", "second"]
    assert (reports["first"].added, reports["second"].added, reports["second"].unchanged) == (2000, 0, 2000)
    assert Customer.objects.count() == 2000
    assert list(JournalEntry.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2]
