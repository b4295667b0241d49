"""What `manage.py verify_journal` does, alone in its process: entries a second, and the megabytes it takes."""

import resource
import time

from claims.reports import chain, referee
from tests.bench.journal import CHAINS, DAYS, STEPS


def measure():
    before, started = megabytes(), time.perf_counter()
    with referee.reading() as cursor:
        walk = chain.Walk(cursor)
        assert list(walk) == []
    seconds = time.perf_counter() - started
    assert (walk.entries, walk.chains, walk.seals) == (CHAINS * STEPS, CHAINS, DAYS)
    print(walk.entries / seconds, megabytes() - before)


def megabytes():
    """At the most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
