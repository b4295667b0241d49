"""A set-up for real people: `prepare` makes its database, checks everything and lets only the safe one go on."""

import base64
import json
import os
import re
import subprocess
import sys

import pytest

from config.embedded import Home, Postgres
from tests.evidence import clamd
from tests.platform.dev import clean_environment
from tests.servers import ROOT

pytestmark = pytest.mark.xdist_group("production")


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """The environment of a good installation: a durable PostgreSQL, a scanner, secrets."""
    folder = tmp_path_factory.mktemp("production")
    home = Home(folder / "home").open()
    postgres = Postgres(home, durable=True)
    postgres.prepare()
    postgres.child.start(subprocess.DEVNULL)
    try:
        postgres.child.wait_until(postgres.answers)
        with clamd.running() as scanner:
            yield clean_environment(
                DEBUG=None,
                RISTORO_HOME=str(folder),
                SECRET_KEY=base64.b64encode(os.urandom(48)).decode(),
                FIELD_KEYS="2026:" + base64.b64encode(os.urandom(32)).decode(),
                ALLOWED_HOSTS="ristoro.example",
                SITE_URL="https://ristoro.example",
                DATABASE_URL=postgres.url,
                REDIS_URL="rediss://:secret@redis.example:6379/0",
                STORAGE_URL=f"file://{folder}/evidence",
                EMAIL_URL="smtp+tls://ristoro:secret@mail.example:587",
                DEFAULT_FROM_EMAIL="Ristoro <ristoro@ristoro.example>",
                CLAMD_URL=scanner.url,
                TRUSTED_PROXIES="10.0.0.0/24",
            )
    finally:
        postgres.child.stop()
        home.close()


def manage(env, *arguments):
    """(exit code, all output) of manage.py."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={name: value for name, value in env.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_safe_set_up_is_prepared_and_has_nothing_to_say(production):
    code, said = manage(production, "prepare")
    assert (code, said.splitlines()[-1]) == (0, "System check identified no issues (0 silenced)."), said
    assert manage(production, "check", "--deploy", "--fail-level", "WARNING")[0] == 0


def test_an_unsafe_one_is_not(production):
    code, said = manage({**production, "SECRET_KEY": "short"}, "prepare", "--verbosity=0")
    assert code == 1
    assert "ristoro.E002" in said
    assert "Traceback" not in said


def test_without_a_database_the_rest_is_checked_within_ten_seconds(production):
    away = {**production, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere", "SITE_URL": "http://ristoro.example"}
    code, said = manage(away, "check", "--deploy")
    assert code == 1
    assert "ristoro.W030" in said
    assert "ristoro.E004" in said
    assert "Traceback" not in said


def test_static_files_are_collected_hashed_and_compressed(production, tmp_path):
    # An installation has no Brotli, only the benchmarks' peers do; with it this would take a minute.
    (tmp_path / "brotli.py").write_text("raise ImportError")
    env = {**production, "RISTORO_HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    code, said = manage(env, "collectstatic", "--noinput", "--verbosity=0")
    assert (code, said) == (0, "")
    collected = tmp_path / "static"
    hashed = json.loads((collected / "staticfiles.json").read_text())["paths"]
    for name in ("ristoro.css", "vendor/bootstrap/bootstrap.min.css", "vendor/htmx/htmx.min.js", "img/favicon.svg"):
        assert hashed[name] != name
        assert (collected / hashed[name]).exists()
    sheet = (collected / hashed["ristoro.css"]).read_text()
    assert re.search(r"source-sans-3-latin-400-normal\.[0-9a-f]{12}\.woff2", sheet)
    assert (collected / f"{hashed['ristoro.css']}.gz").exists()
