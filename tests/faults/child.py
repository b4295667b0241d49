"""A process that is killed at its Nth step at the database: before or after each statement and each COMMIT.

The child is forked from the prepared test process, so that a kill costs a tenth of a second. It opens its own
connection. Nothing in the product knows of this.
"""

import os
import signal
import traceback

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

LONGEST = 60  # seconds a child may live


def killed_at(number, action, born=None):
    """Runs `action` in a child that kills itself at its step `number`; True if it was, False if it came to its end.

    `born` is told the child's process id as soon as there is one.
    """
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        live(number, action)
    if born:
        born(pid)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in (0, -signal.SIGKILL), f"the child ended with {status}"
    return status != 0


def live(number, action):
    """In the child: never returns."""
    signal.alarm(LONGEST)
    steps, status = iter(range(1, 10**9)), 3

    def step():
        if next(steps) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(execute, sql, params, many, context):
        step()
        result = execute(sql, params, many, context)
        step()
        return result

    def commit(wrapper, real=BaseDatabaseWrapper._commit):
        step()
        real(wrapper)
        step()

    BaseDatabaseWrapper._commit = commit
    try:
        with connection.execute_wrapper(statement):
            action()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def every_step(action_of, *, by=1):
    """For step 1, 1 + by, 1 + 2 by …: yields (step, what action_of() prepared) after the kill, until a child survives.

    `action_of()` returns (subject, action): a fresh subject for each child.
    """
    number = 1
    while True:
        subject, action = action_of()
        if not killed_at(number, action):
            yield None, subject
            return
        yield number, subject
        number += by
