"""`manage.py dev` as a real child process, and what it leaves behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
from django.db import connection

from config.processes import before_exec
from tests.servers import FORGET, ROOT

PATIENCE = 180
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**more):
    """Ours, without what the tests' own servers put there; None removes a name."""
    env = {name: value for name, value in os.environ.items() if name not in {*FORGET, "DATABASE_URL", "REDIS_URL"}}
    env.update({"DEBUG": "1", **more})
    return {name: value for name, value in env.items() if value is not None}


def wait_until(question, what, patience=PATIENCE):
    """The first true answer to `question()`; fails after `patience` seconds, saying `what` was waited for."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {patience} s: {what}")


@contextmanager
def copied_database():
    """The address of a copy of the tests' own database, in which there is nothing left to migrate."""
    name, url, ours = f"given_{uuid4().hex}", os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    connection.close()
    with psycopg.connect(url, dbname="postgres", autocommit=True) as server:
        wait_until(lambda: not server.execute(OTHERS, [ours]).fetchone()[0], "the end of all connections to it")
        server.execute(f"CREATE DATABASE {name} TEMPLATE {ours}")
    try:
        yield url.replace("/ristoro?", f"/{name}?")
    finally:
        with psycopg.connect(url, dbname="postgres", autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Dev:
    """One run in `home`, as the user with the id `user` or as ourselves; its log grows beside its home."""

    def __init__(self, home, user=None, **env):
        self.home = Path(home)
        self.port = free_port()
        self.log_path = self.home.with_name(self.home.name[:40] + ".log")
        self.env = clean_environment(RISTORO_HOME=str(self.home), PORT=str(self.port), NO_DEMO="1", **env)
        self.user = user
        self.process = None

    def start(self):
        """Starts and waits until it says that it runs; returns itself."""
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "dev"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=before_exec(self.user),
            )
        try:
            wait_until(lambda: "Ristoro is running" in self.log or self.process.poll() is not None, "a start")
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.log}") from None
        assert self.process.poll() is None, self.log
        return self

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def get(self, path, **headers):
        """(status, body) of a GET; (0, "") when nobody answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self):
        return self.get("/readyz") == (200, '{"database": "ok", "redis": "ok", "storage": "ok"}')

    def processes(self):
        """{pid: command line} of all that belongs to this home: it has its name in the environment or its lock open."""
        mark, lock = f"RISTORO_HOME={self.home}".encode(), str(self.home / "lock")
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                ours = mark in (folder / "environ").read_bytes().split(b"\0")
                if ours or lock in map(os.readlink, (folder / "fd").iterdir()):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def pids(self, pattern):
        return [pid for pid, line in self.processes().items() if re.search(pattern, line)]

    def kill(self, pattern, number=signal.SIGKILL):
        """Sends a signal to every process whose command line matches; there must be one."""
        pids = self.pids(pattern)
        assert pids, f"no process {pattern}: {self.processes()}"
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def end(self, number):
        """Sends `number` to the supervisor and returns its exit code when everything is gone."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=PATIENCE)
        wait_until(lambda: not self.processes(), "the end of all processes", patience=20)
        return code

    def stop(self):
        if self.process and self.process.poll() is None:
            self.end(signal.SIGTERM)

    @property
    def database_url(self):
        if given := self.env.get("DATABASE_URL"):
            return given
        return f"postgres://ristoro@/ristoro?host={quote(str((self.home / 'run').resolve()), safe='')}"

    def sql(self, statement, *parameters):
        """Runs SQL in the database of this run; returns its rows, if it has any."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def mails(self):
        return [path.read_text() for path in sorted(self.home.glob("mail/*.eml"))]
