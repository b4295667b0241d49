"""One command from a checkout to a running Ristoro: servers, migrations, demo data, web, worker and beat."""

import http.client
import os
import socket
import sys
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.embedded import AlreadyRunning, Home, Postgres, Redis
from config.processes import Child, Died
from config.supervisor import Stopped, Supervisor

HOST = "127.0.0.1"
SERVERS = ("redis", "postgres")
PROGRAMS = ("beat", "worker", "web")
LOADING = 120.0  # seconds: a busy machine takes its time over so many modules
# Said at each start and true of development only: collected static files are not needed, root is no reason to stop.
QUIETER = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONWARNINGS": "ignore:No directory at,ignore:You're running the worker with superuser",
}
DEMO = """
  Sign in with the password ristoro-demo (all @example.org):
    anna, bruno     claimants               olga    call-centre operator
    rita, remo      legal reviewers         sara    supervisor
    mara, marco     managers                ada     administrator
"""


class Command(BaseCommand):
    help = "Run everything for development: PostgreSQL and Redis (unless given), web, worker and beat."
    requires_system_checks = []

    def handle(self, **options):
        self.port = port_from_environment()
        self.site = os.environ.get("SITE_URL") or f"http://{HOST}:{self.port}"
        refuse_busy_port(self.port)
        home = Home(settings.RISTORO_HOME)
        try:
            home.open(note=f"{self.site}/")
        except AlreadyRunning as running:
            raise CommandError(f"Ristoro already runs in {home.path}: {running.note or 'starting'}") from None
        try:
            with Supervisor() as supervisor:
                self.live(supervisor, home)
        finally:
            home.close()

    def live(self, supervisor, home):
        """Starts, watches and stops. Raises CommandError for what could not start."""
        supervisor.say("starting")
        try:
            self.start(supervisor, home)
            supervisor.watch()
        except Stopped:
            supervisor.say("stopping")
        except Died as died:
            raise CommandError(str(died)) from None
        finally:
            supervisor.stop(PROGRAMS)
            supervisor.stop(SERVERS)
        supervisor.say("stopped")

    def start(self, supervisor, home):
        env = {"SITE_URL": self.site, **QUIETER, **start_servers(supervisor, home)}
        demo = [] if os.environ.get("NO_DEMO") == "1" else ["--demo"]
        python = [sys.executable, "-m"]
        keep = (home.lock,)
        supervisor.run(Child("prepare", [sys.executable, "manage.py", "prepare", *demo], env, keep_open=keep))
        web = Child("web", [*python, "granian", *granian_options(self.port)], env, keep_open=keep)
        celery = [*python, "celery", "-A", "config.celery", "--quiet"]
        worker = [*celery, "worker", "--concurrency=2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        beat = [*celery, "beat", f"--schedule={home.path / 'beat-schedule'}", "--pidfile="]
        supervisor.add(Child("worker", worker, env, keep_open=keep))
        supervisor.add(Child("beat", beat, env, keep_open=keep))
        supervisor.add(web, self.ready, patience=LOADING)
        for line in self.welcome(bool(demo)).splitlines():
            supervisor.say(line)

    def ready(self):
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/readyz", headers={"Host": urlsplit(self.site).netloc})
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def welcome(self, demo):
        mail = f"\n    Mail      {settings.EMAIL_FILE_PATH}" if getattr(settings, "EMAIL_FILE_PATH", None) else ""
        return f"""
  Ristoro is running. Ctrl-C stops it.

    Claimants {self.site}/
    Staff     {self.site}/admin/
    API       {self.site}/api/docs/{mail}
{DEMO if demo else ""}"""


def port_from_environment():
    value = os.environ.get("PORT") or "8000"
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise CommandError(f"PORT must be a number from 1 to 65535, not {value!r}.")
    return int(value)


def refuse_busy_port(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(f"Port {port}: {error.strerror}. Choose another one: make run PORT={port + 1}") from None


def start_servers(supervisor, home):
    """Starts the servers that the environment does not name; returns the addresses of both."""
    urls = {}
    for name, server in (("DATABASE_URL", Postgres), ("REDIS_URL", Redis)):
        if given := os.environ.get(name):
            urls[name] = given
            continue
        own = server(home)
        own.prepare()
        supervisor.add(own.child, own.answers)
        urls[name] = own.url
    return urls


def granian_options(port):
    """Two processes. Slow or huge headers are cut off here, slow bodies in config/front.py, which has the threads."""
    return [
        *("--interface", "asginl", "--host", HOST, "--port", str(port), "--http", "1", "--no-ws"),
        *("--workers", "2", "--backlog", "1024", "--backpressure", "1024"),
        *("--http1-buffer-size", "65536", "--http1-header-read-timeout", "10000"),
        *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "8"),
        *("--access-log", "--access-log-fmt", "%(method)s %(path)s %(status)d %(dt_ms).0f ms"),
        "config.asgi:application",
    ]
