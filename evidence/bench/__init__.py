"""The bench: content rules run in a process of their own, with limits and without network, secrets or a pen.

This side starts the process (`python -m evidence.bench`) and asks it file by file. What it answers are frames: one
letter, the length in four bytes, the content.

V  the verdict (JSON: reason, warnings)      P  the preview (JPEG)
M  a file inside begins (its path)           D  some of its bytes     E  it ends (JSON: reason, if it was left out)
W  more warnings (JSON)                      Z  all was said
"""

import atexit
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from evidence.errors import ScannerUnavailable
from evidence.reasons import max_bytes

PROJECT = Path(__file__).resolve().parents[2]
# Nothing of the worker's environment: a file that takes the bench over finds no key and no database there.
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}
# What no frame is longer than: a preview.
LONGEST = 8 * 1024 * 1024
# A process that judged so many files is replaced, whatever it gathered meanwhile.
FILES = 2000


@dataclass(frozen=True)
class Verdict:
    """What the content rules say: `reason` is "" for a file that may be shown; `preview` is a JPEG or b"".

    `opened` says that all files inside were found; they are with the `spool` that was given to judge().
    """

    reason: str = ""
    warnings: tuple = ()
    preview: bytes = b""
    opened: bool = False


class Nowhere:
    """Takes files from inside when nobody asked for them."""

    def begin(self, inside):
        pass

    def take(self, chunk):
        pass

    def end(self, reason):
        pass

    def forget(self):
        pass


class Bench:
    """`with Bench() as bench: bench.judge(path, media_type)`"""

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.stop()

    def start(self):
        self.judged, self.pid = 0, os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "evidence.bench"],
            cwd=PROJECT,
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def stop(self):
        self.process.kill()
        self.process.communicate()

    def restart(self):
        self.stop()
        self.start()

    def judge(self, path, media_type, spool=None, group=""):
        """The Verdict on one file, within 20 s. Raises ScannerUnavailable if there is none.

        Files of one `group` may share a child of the bench, one after the other; those of another never do.
        What `spool` raises while it takes a file from inside is passed on.
        """
        self.judged += 1
        try:
            order = json.dumps([group or str(path), str(path), media_type, max_bytes()])
            self.process.stdin.write(order.encode() + b"\n")
            self.process.stdin.flush()
            heard = Heard(spool or Nowhere())
            while size := int.from_bytes(self.exactly(4), "big"):
                heard.add(self.exactly(size))
            ending = json.loads(self.process.stdout.readline())
        except (OSError, ValueError, KeyError, TypeError) as error:
            # Whatever took it down, the next file gets a new one.
            self.restart()
            raise ScannerUnavailable(f"the bench is gone: {type(error).__name__}") from error
        except BaseException:
            self.restart()
            raise
        if self.judged >= FILES:
            self.restart()
        return heard.verdict(**ending)

    def exactly(self, size):
        data = self.process.stdout.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def is_sound(self):
        """Whether it can judge a file that nothing is wrong with: its own source."""
        try:
            return not self.judge(Path(__file__), "text/plain").reason
        except ScannerUnavailable:
            return False


class Heard:
    """Frames as they come in, in pieces of any length."""

    def __init__(self, spool):
        self.spool, self.rest = spool, bytearray()
        self.said, self.warnings, self.preview, self.ended, self.inside = None, [], b"", False, False

    def add(self, data):
        self.rest += data
        while len(self.rest) >= 5:
            size = int.from_bytes(self.rest[1:5], "big")
            if size > LONGEST:
                raise ValueError("a frame that is too long")
            if len(self.rest) < 5 + size:
                return
            kind, content = self.rest[:1], bytes(self.rest[5 : 5 + size])
            del self.rest[: 5 + size]
            self.frame(bytes(kind), content)

    def frame(self, kind, content):
        match kind:
            case b"V":
                self.said = json.loads(content)
            case b"P":
                self.preview = content
            case b"M":
                self.inside = True
                self.spool.begin(content.decode())
            case b"D":
                self.spool.take(content)
            case b"E":
                self.spool.end(json.loads(content))
            case b"W":
                self.warnings += json.loads(content)
            case b"Z":
                self.ended = True
            case _:
                raise ValueError("no frame of ours")

    def verdict(self, *, status, exhausted):
        """What was said before the end, which may have come too early."""
        if self.said is None:
            if exhausted:
                return Verdict("too_complex")
            raise ScannerUnavailable(f"the bench failed: its child ended with {status}")
        # A preview that was not finished is none; files from inside are all there, or none of them.
        if not self.ended:
            self.spool.forget()
            if self.inside and not exhausted:
                raise ScannerUnavailable(f"the bench failed: its child ended with {status}")
        warnings = (*self.said["warnings"], *self.warnings)
        return Verdict(self.said["reason"], warnings, self.preview if self.ended else b"", self.ended)


class Warm:
    """A bench that is kept between batches: starting one takes longer than judging a batch of small files."""

    def __init__(self, kind=Bench):
        self.kind, self.bench = kind, None

    def __enter__(self):
        # After a fork it is the parent's, not ours.
        if self.bench is None or self.bench.pid != os.getpid() or self.bench.process.poll() is not None:
            self.bench = self.kind()
            self.bench.start()
        return self.bench

    def __exit__(self, *_error):
        pass

    def cool(self):
        if self.bench is not None and self.bench.pid == os.getpid():
            self.bench.stop()
        self.bench = None


warm = Warm()
atexit.register(warm.cool)
