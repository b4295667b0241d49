"""`make run`, for real: starts from nothing, heals what dies, leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.platform.dev import Dev, clean_environment, copied_database, free_port, wait_until
from tests.servers import ROOT

# One run serves most of these tests: they stay on one process of a parallel run.
pytestmark = pytest.mark.xdist_group("dev")

MAIL = """
    INSERT INTO claims_notice
        (key, kind, address, language, context, code, state, tries, created_at, next_try_at, last_error)
    VALUES (%s, 'sign_in', 'anna@example.org', 'en', %s, %s, 'queued', 0, now(), now(), '')
"""


def refused(**env):
    """(exit code, output) of a `manage.py dev` that should not start."""
    done = subprocess.run(
        [sys.executable, "manage.py", "dev"],
        cwd=ROOT,
        env=clean_environment(NO_DEMO="1", **env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def post_mail(run, key):
    """A notice in the outbox of `run`."""
    run.sql(MAIL, key, f'{{"subject": "{key}", "text": "hello", "html": ""}}', key[:16])


def was_delivered(run, key):
    return any(f"Subject: {key}" in mail for mail in run.mails())


def test_it_starts_from_nothing_in_a_path_with_blanks(ristoro):
    assert ristoro.is_ready()
    assert "Ristoro is running" in ristoro.log
    assert f"http://127.0.0.1:{ristoro.port}/admin/" in ristoro.log
    assert "Traceback" not in ristoro.log


def test_an_ordinary_user_runs_all_of_it(ristoro):
    """`nobody` (or whoever runs the tests) started it in a home they own; PostgreSQL is the same user."""
    assert {os.stat(f"/proc/{pid}").st_uid for pid in ristoro.processes()} == {ristoro.user}


def test_the_log_names_who_speaks(ristoro):
    ristoro.get("/livez")
    wait_until(lambda: "web      | GET /livez 200" in ristoro.log, "an access line")
    assert all(line[8:10] == " |" for line in ristoro.log.splitlines())


def test_a_second_start_in_the_same_home_says_where_the_first_runs(ristoro):
    code, said = refused(RISTORO_HOME=str(ristoro.home), PORT=str(free_port()))
    assert code == 1
    assert said == f"CommandError: Ristoro already runs in {ristoro.home}: http://127.0.0.1:{ristoro.port}/\n"
    assert ristoro.is_ready()


def test_a_busy_port_is_told_with_another_one(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = refused(RISTORO_HOME=str(tmp_path / "home"), PORT=str(port))
    assert code == 1
    assert said == (
        f"CommandError: Port {port}: Address already in use. Choose another one: make run PORT={port + 1}\n"
    )


@pytest.mark.parametrize("port", ["no", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(port, tmp_path):
    code, said = refused(RISTORO_HOME=str(tmp_path / "home"), PORT=port)
    assert (code, said) == (1, f"CommandError: PORT must be a number from 1 to 65535, not {port!r}.\n")


def test_a_killed_worker_is_started_again_and_the_mail_leaves(ristoro):
    ristoro.kill(r"celery .*worker")
    post_mail(ristoro, "after the worker")
    wait_until(lambda: was_delivered(ristoro, "after the worker"), "the mail")
    assert "worker was ended by SIGKILL; starting it again" in ristoro.log


def test_a_killed_beat_is_started_again(ristoro):
    ristoro.kill(r"celery .*beat")
    post_mail(ristoro, "after the beat")
    wait_until(lambda: was_delivered(ristoro, "after the beat"), "the mail")


def test_a_killed_web_process_is_replaced(ristoro):
    before = set(ristoro.pids(r"granian"))
    victim = max(before)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in ristoro.pids(r"granian"), "its end")
    wait_until(lambda: set(ristoro.pids(r"granian")) - before, "another process")
    wait_until(ristoro.is_ready, "an answer")


def test_a_killed_postgres_comes_back_and_web_recovers_without_a_restart(ristoro):
    web = set(ristoro.pids(r"granian"))
    assert ristoro.is_ready()
    before = set(ristoro.pids(r"postgres -D"))
    ristoro.kill(r"postgres -D")
    wait_until(lambda: set(ristoro.pids(r"postgres -D")) - before, "another server")
    wait_until(ristoro.is_ready, "an answer after the crash")
    assert set(ristoro.pids(r"granian")) == web
    post_mail(ristoro, "after the crash")
    wait_until(lambda: was_delivered(ristoro, "after the crash"), "the mail")


def test_without_redis_pages_work_and_the_mail_goes_out_after(ristoro):
    """The supervisor starts Redis again at once; stopped by SIGSTOP it is away for as long as we like."""
    ristoro.kill(r"redis-server", signal.SIGSTOP)
    try:
        assert ristoro.get("/readyz") == (200, '{"database": "ok", "redis": "away", "storage": "ok"}')
        post_mail(ristoro, "without Redis")
    finally:
        ristoro.kill(r"redis-server")
    wait_until(lambda: was_delivered(ristoro, "without Redis"), "the mail")
    wait_until(ristoro.is_ready, "Redis")


def test_another_home_lives_beside_it_stops_dies_and_starts_again(ristoro, tmp_path):
    """Started as whoever runs the tests, in a path too long for a socket. Ctrl-C, a killed supervisor, then SIGTERM:
    each leaves no process behind, and the next start finds its data."""
    run = Dev(tmp_path / ("a very deep folder " * 6))
    try:
        run.start()
        assert run.is_ready()
        assert ristoro.is_ready()
        link = (run.home / "run").resolve()
        assert len(str(link)) < 90
        run.sql("CREATE TABLE kept AS SELECT 1 AS one")
        assert run.end(signal.SIGINT) == 0
        assert run.log.splitlines()[-1] == "ristoro  | stopped"
        assert ristoro.is_ready()
        assert not link.exists()

        run.start()
        assert run.sql("SELECT one FROM kept") == [(1,)]
        assert run.end(signal.SIGKILL) == -signal.SIGKILL

        run.start()
        assert run.sql("SELECT one FROM kept") == [(1,)]
        assert run.end(signal.SIGTERM) == 0
    finally:
        run.stop()


def test_given_servers_replace_the_embedded_ones(tmp_path, django_db_setup):
    with copied_database() as url:
        run = Dev(tmp_path / "home", DATABASE_URL=url, REDIS_URL=os.environ["REDIS_URL"])
        try:
            run.start()
            assert run.is_ready()
            assert not (run.home / "postgres").exists()
            assert not run.pids(r"redis-server|postgres -D")
        finally:
            run.stop()


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "SITE_URL"])
def test_outside_of_development_a_missing_setting_is_one_clear_line(missing):
    env = {
        "SECRET_KEY": "s" * 60,
        "FIELD_KEYS": "a:" + "A" * 43 + "=",
        "ALLOWED_HOSTS": "ristoro.example",
        "SITE_URL": "https://ristoro.example",
        "DATABASE_URL": "postgres:///nowhere",
        "REDIS_URL": "redis://nowhere",
        "STORAGE_URL": "file:///nowhere",
        "EMAIL_URL": "smtp://nowhere",
        "DEFAULT_FROM_EMAIL": "ristoro@ristoro.example",
        "DEBUG": None,
    }
    code, said = refused(**{**env, missing: None})
    assert code == 1
    assert said == (f"manage.py: Set {missing} (see the settings table in README.md), or DEBUG=1 for development.\n")
