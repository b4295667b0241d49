"""What machines ask: /livez, /readyz, /metrics."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from claims.models import Notice
from config import health
from tests import make


@pytest.fixture(autouse=True)
def asked_anew():
    health.storage_state.cache_clear()


def notice(key, **fields):
    return Notice.objects.create(key=key, kind="sign_in", language="en", **fields)


def sample(text, name, **labels):
    """The value of one line of a Prometheus text."""
    wanted = name + "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "} "
    (line,) = [line for line in text.splitlines() if line.startswith(wanted)]
    return float(line.removeprefix(wanted))


def test_livez_answers_without_a_database(client):
    answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readyz_says_that_both_servers_answer(client, db):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "redis": "ok", "storage": "ok"})
    assert "no-store" in answer.headers["Cache-Control"]


def test_readyz_is_not_ready_without_postgresql(client, monkeypatch):
    def away(self):
        raise DatabaseError("connection refused")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "away")


def test_readyz_is_not_ready_while_a_migration_is_missing(client, db):
    MigrationRecorder.Migration.objects.filter(app="claims").order_by("-id").first().delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "migrations pending")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis+socket:///nowhere/redis.sock"])
def test_readyz_tells_of_a_dead_redis_and_stays_ready(client, db, settings, url):
    settings.REDIS_URL = url
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "redis": "away", "storage": "ok"})


def test_readyz_tells_of_a_storage_that_is_away_and_stays_ready(client, db, settings):
    settings.EVIDENCE_ROOT.write_text("no folder")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["storage"]) == (200, "away")


def test_metrics_count_what_waits_and_for_how_long(client, db):
    notice("a", created_at=timezone.now() - timedelta(seconds=100))
    notice("b")
    notice("c", state="failed")
    make.document(make.person("anna", "claimant"), state="pending")
    text = client.get("/metrics").content.decode()
    assert sample(text, "ristoro_queue_rows", queue="notices", state="queued") == 2
    assert sample(text, "ristoro_queue_rows", queue="notices", state="failed") == 1
    assert sample(text, "ristoro_queue_rows", queue="notices", state="held") == 0
    assert sample(text, "ristoro_queue_rows", queue="documents", state="pending") == 1
    assert 100 <= sample(text, "ristoro_queue_oldest_seconds", queue="notices", state="queued") < 110
    assert "process_resident_memory_bytes" in text


def test_metrics_ask_one_query_per_queue(client, db, django_assert_num_queries):
    with django_assert_num_queries(len(health.QUEUES)):
        client.get("/metrics")


def test_metrics_are_for_the_bearer_of_the_token(client, db, settings):
    settings.METRICS_TOKEN = "a-token"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer a-token"}).status_code == 200


def test_metrics_without_a_token_are_for_this_machine_in_development_only(client, db, settings):
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 404
    settings.DEVELOPMENT = False
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 404


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_they_only_answer_questions(client, path):
    assert client.post(path).status_code == 405
