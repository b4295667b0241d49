"""Reading: what a file says is found out in a process of its own, with limits and without network or secrets.

This side starts the process (`python -m evidence.texts`) and gives it orders; it says one JSON object a line. What was
said before a file became too much is kept: the first hundred pages are worth having without the rest.
"""

import atexit
import json
import os
import subprocess
import sys
from dataclasses import dataclass

from evidence.bench import ENVIRONMENT, PROJECT
from evidence.errors import ScannerUnavailable

# A process that had so many orders is replaced, whatever it gathered meanwhile.
ORDERS = 500
# Lines and bytes that one file may say, whatever it is: twice of what the readers cut at.
MOST_LINES, MOST_BYTES = 5_000, 32 * 1024 * 1024


@dataclass(frozen=True)
class Told:
    """`lines` are the dicts that were said; `whole` if the end was reached, `exhausted` if the file was too much."""

    lines: tuple
    whole: bool
    exhausted: bool


class Reader:
    """`with Reader() as reader: reader.tell("read", path, details)`. The process starts with the first order."""

    def __init__(self):
        self.process, self.pid, self.orders = None, None, 0

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stop()

    def start(self):
        self.pid, self.orders = os.getpid(), 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "evidence.texts"],
            cwd=PROJECT,
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def stop(self):
        # After a fork the process is the parent's, not ours.
        if self.process is not None and self.pid == os.getpid():
            self.process.kill()
            self.process.communicate()
        self.process = None

    def tell(self, task, path, details=None, group=""):
        """What `task` finds in one file, within 20 s. Raises ScannerUnavailable if nothing can be had.

        Files of one `group` may share a child of the reader, one after the other; those of another never do. One that
        fails after others is tried once more alone, which takes as long again.
        """
        if self.process is None or self.pid != os.getpid() or self.orders >= ORDERS:
            self.stop()
            self.start()
        self.orders += 1
        try:
            self.process.stdin.write(json.dumps([group or f"{task} {path}", task, str(path), details]).encode() + b"\n")
            self.process.stdin.flush()
            size, status, exhausted = json.loads(self.process.stdout.readline())
            said = self.process.stdout.read(size)
            lines = tuple(lines_of(said))
        except (OSError, ValueError, RecursionError) as error:
            # Whatever took it down, the next file gets a new one.
            self.stop()
            raise ScannerUnavailable(f"the reader is gone: {type(error).__name__}") from error
        except BaseException:
            self.stop()
            raise
        if status and not exhausted:
            raise ScannerUnavailable(f"the reader failed: its child ended with {status}")
        return Told(lines, status == 0, exhausted)


def lines_of(said):
    """What stands in the frames of a child, up to the end or to where it was cut off."""
    at = 0
    while len(said) >= at + 5 and said[at : at + 1] == b"L":
        size = int.from_bytes(said[at + 1 : at + 5], "big")
        at += 5 + size
        if at > len(said):
            return
        yield json.loads(said[at - size : at])


# Kept between batches: starting one takes longer than reading a batch of small files.
warm = Reader()
atexit.register(warm.stop)
