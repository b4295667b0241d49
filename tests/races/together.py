"""Several people at once, each in a thread with a connection of its own, in the worst order every time.

Everybody stops right after the statement that reads what the action will change, until each of the others has read it
too, or waits in PostgreSQL for a lock, or has finished. With the lock one goes on and the rest wait for it; without it
all have read the same old state and go on to write. No sleep and no chance decides which.
"""

import re
import threading
import time

from django.db import connection

from claims.rules.errors import Refused

CLAIM = re.compile(r'\s*SELECT (?:"claims_claim"\."id"|\* FROM \(\s*SELECT "id")')
NOTICE = re.compile(r'SELECT "claims_notice"\."id"')
PATIENCE = 5  # seconds until a test says that it is stuck; PostgreSQL gives up a lock after 10


class Meeting:
    """The point where the parties wait for each other: behind the first statement that matches `moment`."""

    def __init__(self, parties, moment):
        self.moment = moment
        self.pids = [None] * parties
        self.there = [False] * parties
        self.mutex = threading.Lock()
        self.watcher = connection.copy()
        self.watcher.inc_thread_sharing()

    def of(self, party):
        """The execute_wrapper of one party."""

        def wrapper(execute, sql, params, many, context):
            self.pids[party] = context["connection"].connection.info.backend_pid
            result = execute(sql, params, many, context)
            if not self.there[party] and self.moment.match(str(sql)):
                self.there[party] = True
                self.wait(party)
            return result

        return wrapper

    def wait(self, party):
        until = time.monotonic() + PATIENCE
        while not self.others_are_there_or_blocked(party):
            if time.monotonic() > until:
                raise AssertionError("the others never came")
            time.sleep(0.002)

    def others_are_there_or_blocked(self, party):
        missing = [pid for at, pid in enumerate(self.pids) if at != party and not self.there[at]]
        if None in missing:
            return False
        if not missing:
            return True
        with self.mutex, self.watcher.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s) AND wait_event_type = 'Lock'", [missing]
            )
            return cursor.fetchone()[0] == len(missing)


def at_once(*calls, moment=CLAIM):
    """What each call returned or raised, in order; they meet as told above."""
    meeting = Meeting(len(calls), moment)
    outcomes = [None] * len(calls)

    def run(party):
        try:
            with connection.execute_wrapper(meeting.of(party)):
                outcomes[party] = calls[party]()
        except Exception as error:
            outcomes[party] = error
        finally:
            meeting.there[party] = True
            connection.close()

    threads = [threading.Thread(target=run, args=(party,), daemon=True) for party in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * PATIENCE)
    stuck = any(thread.is_alive() for thread in threads)
    meeting.watcher.close()
    assert not stuck, "somebody waits for ever"
    return outcomes


def waits_for_lock(thread):
    """Returns once some other session of this database waits for a lock, or `thread` has ended without waiting."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not thread.is_alive():
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the same activity to its end
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.002)
    raise AssertionError("nobody waits for a lock")


def split(outcomes):
    """(what was done, how the others were refused). Anything but a Refused is a failure of its own."""
    done = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    for error in failed:
        assert isinstance(error, Refused), repr(error)
    return done, sorted((error.status, error.code) for error in failed)
