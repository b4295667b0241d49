"""The process that reads: takes orders, one JSON line each, and works on each in a child with limits.

An order is [task, path, details]. The answer is a line [length, exit status, was it too much] and then what was said.
"""

import ctypes
import gc
import json
import os
import resource
import select
import signal
import sys
import time
import traceback

from evidence.texts import MOST_BYTES, pdf
from evidence.texts.kinds import read
from evidence.texts.verifying import verify

CPU = 10  # seconds of work on one file
PATIENCE = 20  # seconds until a child that does not even use its CPU time is given up
MEMORY = 768 * 1024 * 1024
HANDLES = 64  # open files
CLONE_NEWUSER, CLONE_NEWNET, NO_NEW_PRIVILEGES = 0x10000000, 0x40000000, 38
LIBC = ctypes.CDLL(None)
TASKS = {"read": read, "verify": verify}
# How a child ends when a file was too much for it, or for a decoder.
EXHAUSTED = {
    signal.SIGXCPU, signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE,
    signal.SIGTRAP,
}  # fmt: skip


def main():
    # Into a network namespace without any interface; where the kernel does not let us, go on without.
    if LIBC.unshare(CLONE_NEWNET) != 0:
        LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    pdf.warm_up()
    # What was loaded stays shared with the children: the collector does not walk over it in each of them.
    gc.freeze()
    for line in sys.stdin.buffer:
        said, status = answer(*json.loads(line))
        head = json.dumps([len(said), status, -status in EXHAUSTED])
        sys.stdout.buffer.write(head.encode() + b"\n" + said)
        sys.stdout.buffer.flush()


def answer(task, path, details):
    """(what the child said, how it ended); one that is stopped for taking too long ends by SIGKILL."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        work(TASKS[task], path, details, writing)
    os.close(writing)
    said, by_itself = hear(reading, time.monotonic() + PATIENCE)
    if not by_itself:
        os.kill(child, signal.SIGKILL)
    return said, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def hear(reading, until):
    """All that the child says, and whether it ended by itself, in time and in few enough words."""
    said = bytearray()
    with open(reading, "rb", buffering=0) as pipe:
        while len(said) < MOST_BYTES and select.select([pipe], [], [], max(0, until - time.monotonic()))[0]:
            data = pipe.read(65536)
            if not data:
                return bytes(said), True
            said += data
    return bytes(said), False


def work(task, path, details, writing):
    """In the child: says what the task finds, line by line, and ends."""
    for limit, value in (
        (resource.RLIMIT_CPU, CPU),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, HANDLES),
    ):
        resource.setrlimit(limit, (value, value))
    status = 1
    gc.disable()
    try:
        LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        # An order of the worker, or an answer to it, is not the child's to read or to write.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        with open(writing, "wb", buffering=0) as pipe:
            for found in task(path, details or {}):
                pipe.write(json.dumps(found).encode() + b"\n")
        status = 0
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


main()
