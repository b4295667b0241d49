"""What `manage.py verify_journal` does, alone in its process: speed, memory, and speed by processor time."""

import resource
import time

from claims.reports import chain, referee
from tests.bench.journal import CHAINS, DAYS, STEPS


def measure():
    before, started, used = megabytes(), time.perf_counter(), time.process_time()
    with referee.reading() as cursor:
        walk = chain.Walk(cursor)
        assert list(walk) == []
    seconds = time.perf_counter() - started
    assert (walk.entries, walk.chains, walk.seals) == (CHAINS * STEPS, CHAINS, DAYS)
    print(walk.entries / seconds, megabytes() - before, walk.entries / (time.process_time() - used))


def megabytes():
    """At the most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
