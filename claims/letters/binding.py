"""A bundle as a PDF, set in a process of its own: what is bound came from outside, and it may be a lot.

`python -m claims.letters.binding <folder>` reads bundle.json and pictures there and writes bundle.pdf beside them.
"""

import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import typst

from claims.letters.page import HERE, covered, printable, typefaces

PROJECT = Path(__file__).resolve().parents[2]
# Nothing of the worker's environment: no key and no database is to be found there.
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "RAYON_NUM_THREADS": "1"}
PATIENCE = 240  # seconds
CPU = 200
MEMORY = 3 * 1024 * 1024 * 1024
BIGGEST = 1024 * 1024 * 1024
DIES_WITH_PARENT = 1
PLAIN = frozenset(map(chr, range(0x20, 0x17F)))


class Unbound(Exception):
    """No PDF came of it."""


def bind(folder, content):
    """Path of the PDF of `content` with the pictures that lie in `folder`. Raises Unbound."""
    shutil.copyfile(HERE / "bundle.typ", folder / "bundle.typ")
    for characters in (covered(), PLAIN & covered()):
        shown = json.dumps(printable(content, characters), ensure_ascii=False, sort_keys=True)
        (folder / "bundle.json").write_text(shown, encoding="utf-8")
        if run(folder):
            return folder / "bundle.pdf"
    raise Unbound("typesetting failed")


def run(folder):
    try:
        done = subprocess.run(
            [sys.executable, "-m", "claims.letters.binding", str(folder)],
            cwd=PROJECT,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unbound("it took too long") from error
    return done.returncode == 0


def main(folder):
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU),
        (resource.RLIMIT_FSIZE, BIGGEST),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", typst.TypstWarning)
        typst.compile(
            Path(folder) / "bundle.typ",
            root=folder,
            font_paths=typefaces(),
            ignore_system_fonts=True,
            format="pdf",
            output=Path(folder) / "bundle.pdf",
        )


if __name__ == "__main__":
    main(sys.argv[1])
