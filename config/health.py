"""What machines ask: /livez (does this process answer), /readyz (may it get requests), /metrics (what waits)."""

import hmac
import time
from functools import cache, lru_cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Min
from django.http import HttpResponse, HttpResponseNotFound, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.access import PUBLIC, access
from claims.models import Export, Notice
from evidence import blobs
from evidence.models import Document

# name: rows, their time of arrival, the states worth a number
QUEUES = {
    "notices": (Notice, "created_at", ("held", "queued", "sending", "failed")),
    "documents": (Document, "received_at", ("pending",)),
    "exports": (Export, "created_at", ("queued", "running", "failed")),
}

ONCE = Retry(NoBackoff(), 0)
ASKED_EVERY = 5  # seconds


@access(PUBLIC)
@require_safe
@never_cache
def livez(request):
    return HttpResponse("ok\n", content_type="text/plain")


@access(PUBLIC)
@require_safe
@never_cache
def readyz(request):
    """200 when requests can be served. A dead Redis only delays mail, so it is told and not an error; nor is a storage
    that is away, without which all but documents is served.
    """
    database = database_state()
    body = {"database": database, "redis": redis_state(), "storage": storage_state(time.monotonic() // ASKED_EVERY)}
    return JsonResponse(body, status=200 if database == "ok" else 503)


@access(PUBLIC)
@require_safe
@never_cache
def metrics(request):
    """Prometheus text for whoever has METRICS_TOKEN; without one only for this machine, in development."""
    if not may_see_metrics(request):
        return HttpResponseNotFound()
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def may_see_metrics(request):
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # Behind a proxy everybody comes from the loopback address: no rule for production.
    return settings.DEVELOPMENT and request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}


@cache
def newest_migrations():
    """(app, name) of the last migration of each app, as this version's files say."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def database_state():
    """`ok`, `migrations pending` or `away`."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        return "away"
    return "ok" if newest_migrations() <= applied.keys() else "migrations pending"


def redis_state():
    """`ok` or `away`, within a second at most."""
    url = settings.REDIS_URL.replace("redis+socket://", "unix://")
    try:
        with redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=ONCE) as client:
            client.ping()
    except (redis.RedisError, OSError):
        return "away"
    return "ok"


@lru_cache(maxsize=1)
def storage_state(_moment):
    """`ok` or `away`. Everybody may ask us, so the storage is asked for each moment once."""
    try:
        blobs.answers()
    except OSError:
        return "away"
    return "ok"


class Queues:
    """Counts the rows that wait, at each scrape."""

    def collect(self):
        rows = GaugeMetricFamily("ristoro_queue_rows", "Rows by queue and state.", labels=["queue", "state"])
        oldest = GaugeMetricFamily(
            "ristoro_queue_oldest_seconds", "Age of the oldest row by queue and state.", labels=["queue", "state"]
        )
        now = time.time()
        for queue, (model, arrival, states) in QUEUES.items():
            found = model.objects.filter(state__in=states).order_by().values_list("state")
            numbers = {state: (n, since) for state, n, since in found.annotate(n=Count("pk"), since=Min(arrival))}
            for state in states:
                n, since = numbers.get(state, (0, None))
                rows.add_metric([queue, state], n)
                oldest.add_metric([queue, state], max(0.0, now - since.timestamp()) if since else 0.0)
        yield rows
        yield oldest


REGISTRY = CollectorRegistry()
REGISTRY.register(Queues())
ProcessCollector(registry=REGISTRY)
