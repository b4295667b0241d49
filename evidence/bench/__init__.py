"""The bench: content rules run in a process of their own, with limits and without network, secrets or a pen.

This side starts the process (`python -m evidence.bench`), once per batch, and asks it file by file.
"""

import json
import os
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path

from evidence.errors import ScannerUnavailable

PROJECT = Path(__file__).resolve().parents[2]
# Nothing of the worker's environment: a file that takes the bench over finds no key and no database there.
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Verdict:
    """What the content rules say: `reason` is "" for a file that may be shown; `preview` is a JPEG or b""."""

    reason: str = ""
    warnings: tuple = ()
    preview: bytes = b""


class Bench:
    """`with Bench() as bench: bench.judge(path, media_type)`"""

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.stop()

    def start(self):
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

    def judge(self, path, media_type):
        """The Verdict on one file, within 20 s. Raises ScannerUnavailable if there is none."""
        try:
            self.process.stdin.write(json.dumps([str(path), media_type]).encode() + b"\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
        except (OSError, ValueError) as error:
            # Whatever took it down, the next file gets a new one.
            self.stop()
            self.start()
            raise ScannerUnavailable("the bench is gone") from error
        if "failure" in answer:
            raise ScannerUnavailable(f"the bench failed: {answer['failure']}")
        return Verdict(answer["reason"], tuple(answer["warnings"]), b64decode(answer["preview"]))

    def is_sound(self):
        """Whether it can judge a file that nothing is wrong with: its own source."""
        try:
            return self.judge(Path(__file__), "text/plain") == Verdict()
        except ScannerUnavailable:
            return False
