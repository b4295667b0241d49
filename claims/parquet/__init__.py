"""Parquet, read and written by processes of their own.

The library is large and may be missing; what it reads may be hostile. So it is never loaded here: a process reads with
limits and without network, secrets or a pen (`python -m claims.parquet.reading`), another writes
(`python -m claims.parquet.writing`). Both take and give plain text.
"""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from importlib.util import find_spec

from evidence.bench import ENVIRONMENT, PROJECT

SURROUNDINGS = ENVIRONMENT | {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
LONGEST = 64 * 1024 * 1024  # of a piece of text
# How the reading process ends when a file wants more memory or time than it has.
NO_MEMORY = 9
EXHAUSTED = (NO_MEMORY, -signal.SIGXCPU, -signal.SIGKILL)


class Unreadable(Exception):
    """`code` is "spoilt", "too_large" or "wrong_type"; `column` is empty if it is the whole file."""

    def __init__(self, code, column=""):
        super().__init__(code)
        self.code, self.column = code, column


def is_installed():
    return find_spec("pyarrow") is not None


def lines_of(file):
    """Yields the text of a Parquet `file` (open, on disk): tab-separated, first the names of its columns.

    Raises Unreadable; what was yielded before that is worth nothing then.
    """
    with process("reading", stdin=file, stdout=subprocess.PIPE) as reader:
        while head := reader.stdout.read(5):
            kind, size = head[:1], int.from_bytes(head[1:], "big")
            content = reader.stdout.read(size) if size <= LONGEST else b""
            if len(content) < size:
                break
            if kind == b"T":
                yield content
            elif kind == b"P":
                raise Unreadable(*json.loads(content))
            elif kind == b"Z":
                return
        raise Unreadable("too_large" if reader.wait() in EXHAUSTED else "spoilt")


@contextmanager
def writer(columns, file):
    """A pipe that takes rows as PostgreSQL's COPY writes CSV; `file` (open, empty) is whole when all went well.

    `columns` are (name, type): "text", "count", "money", "day" or "time" (UTC). Raises OSError as the disk does.
    """
    with process("writing", json.dumps(columns), stdin=subprocess.PIPE, stdout=file) as child:
        with suppress(BrokenPipeError):  # it says below why
            yield child.stdin
            child.stdin.close()
        if status := child.wait():
            raise OSError(status, "the Parquet file could not be written")


@contextmanager
def process(what, *arguments, **pipes):
    child = subprocess.Popen(
        [sys.executable, "-m", f"claims.parquet.{what}", *arguments],
        cwd=PROJECT,
        env=SURROUNDINGS,
        stderr=subprocess.DEVNULL,
        **pipes,
    )
    try:
        yield child
    finally:
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None and not pipe.closed:
                close(pipe)
        child.wait()


def close(pipe):
    with suppress(BrokenPipeError):  # what it did not take any more
        pipe.close()
