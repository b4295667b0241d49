"""A pytest plugin: PostgreSQL and Redis of their own for every run.

Loaded by `-p tests.servers`, hence before Django reads its settings. The servers live in a fresh folder var/test-…, so
that runs side by side do not meet, and end with the run. DATABASE_URL and REDIS_URL replace them.

`python -m tests.servers COMMAND …` runs a command with such servers.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from config.embedded import AlreadyRunning, Home, Postgres, Redis

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
# What a developer has in the environment must not decide whether a test passes.
FORGET = (
    *(
        "SECRET_KEY",
        "FIELD_KEYS",
        "ALLOWED_HOSTS",
        "SITE_URL",
        "CLAMD_URL",
        "STORAGE_URL",
        "EMAIL_URL",
        "METRICS_TOKEN",
    ),
    *("UNSCANNED_FILES", "TRUSTED_PROXIES", "DKIM_DNS", "OCR_COMMAND", "PAYER", "MAIL_RATES"),
    *("BOUNCES_URL", "BOUNCES_ADDRESS"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"),
    *("DEFAULT_FROM_EMAIL", "LANGUAGE_CODE", "SENTRY_DSN", "LOG_LEVEL", "DEBUG_PAGES", "DJANGO_SETTINGS_MODULE"),
    "PYTHONDONTWRITEBYTECODE",
)
LONGEST_TEMP = 50  # characters; Chromium makes a socket below it
STARTING = 60  # seconds in which a folder may not have its lock yet


class Servers:
    """The servers of one run, and its folder."""

    def __init__(self):
        VAR.mkdir(exist_ok=True)
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix="test-", dir=VAR))
        self.home = Home(self.folder).open(note=f"tests of process {os.getpid()}")
        self.children = []

    def start(self, server, name):
        """Starts `server` unless the environment names another one."""
        if os.environ.get(name):
            return
        server.prepare()
        with open(self.folder / f"{server.child.name}.log", "ab") as log:
            server.child.start(log)
        self.children.append(server.child)
        server.child.wait_until(server.answers)
        os.environ[name] = server.url

    def stop(self):
        for child in reversed(self.children):
            child.stop()
        self.home.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep():
    """Removes the folders of runs that were killed."""
    for folder in VAR.glob("test-*"):
        try:
            if time.time() - folder.stat().st_mtime < STARTING:
                continue
        except FileNotFoundError:
            continue  # a run beside us ended
        home = Home(folder)
        with suppress(AlreadyRunning):
            home.open(patience=0.0)
            shutil.rmtree(folder, ignore_errors=True)
        home.close()


def start(durable=False):
    """Starts what the environment does not name and tells Django of it; returns Servers, to be stopped."""
    servers = Servers()
    for name in FORGET:
        os.environ.pop(name, None)
    os.environ.update({"DEBUG": "1", "RISTORO_HOME": str(servers.folder)})
    sys.dont_write_bytecode = False  # or every child that a test starts compiles all of the product anew
    temp = servers.folder / "tmp"
    temp.mkdir()
    if len(str(temp)) <= LONGEST_TEMP:
        os.environ["TMPDIR"] = tempfile.tempdir = str(temp)
    servers.start(Postgres(servers.home, durable=durable), "DATABASE_URL")
    servers.start(Redis(servers.home), "REDIS_URL")
    return servers


@contextmanager
def running(durable=True):
    """`with running():` for programs outside of pytest, such as the benchmarks."""
    servers = start(durable)
    try:
        yield servers
    finally:
        servers.stop()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests():
    """Comes before Django's plugin reads the settings; the workers of a parallel run share the servers of its head."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        servers, head = start(), os.getpid()
        atexit.register(lambda: servers.stop() if os.getpid() == head else None)
    return (yield)


if __name__ == "__main__":
    with running(durable=False):
        sys.exit(subprocess.call(sys.argv[1:]))
