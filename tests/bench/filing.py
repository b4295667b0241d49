"""Filing by API with everything it does, against a minimal Django view with two inserts: same server, same clients.

Measured against the view on Ristoro's own server (its settings and middleware); a bare Django without any is told too.
"""

import json
import uuid
from datetime import timedelta

from django.db import connection

from accounts.models import ApiToken
from claims.models import Claim, JournalEntry, Notice
from tests import make
from tests.bench import data
from tests.bench.http import busy, post, serving
from tests.bench.results import at_least, informs

CLIENTS, SECONDS = 16, 8
TABLES = """
    CREATE TABLE minimal_order (id bigserial PRIMARY KEY, name varchar(100) NOT NULL, text text NOT NULL,
        created_at timestamptz NOT NULL);
    CREATE TABLE minimal_line (id bigserial PRIMARY KEY, amount numeric(11, 2) NOT NULL,
        order_id bigint NOT NULL REFERENCES minimal_order DEFERRABLE INITIALLY DEFERRED);
    CREATE INDEX ON minimal_line (order_id);
"""


def claim(login):
    return json.dumps(
        {
            "incident": "libero-2023",
            "remedy": "damages",
            "login": login,
            "narrative": make.NARRATIVE,
            "items": [
                {
                    "head": "service_value",
                    "description": "Four days without the mailbox I pay for",
                    "amount": "19.99",
                    "occurred_at": "2023-01-24T09:30:00Z",
                }
            ],
        }
    ).encode()


def people():
    """[(login, token)] of claimants whose accounts are on the roster."""
    incident, found = data.incident(), []
    for n in range(CLIENTS):
        person, login = make.person(f"claimant{n}", "claimant"), f"claimant{n}@libero.example"
        make.customer(incident, login)
        plain, _row = ApiToken.objects.issue(person, timedelta(hours=1))
        found.append((login, plain))
    return found


def measure():
    who = people()
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
    connection.close()
    bodies = [claim(login) for login, _token in who]

    def send(client, path, number, body):
        _login, token = who[number]
        key = uuid.uuid4().hex
        status, answer = client.ask(post(path, body, Authorization=f"Bearer {token}", Idempotency_Key=key))
        assert status in (200, 201), answer
        return answer

    def insert(client, number):
        send(client, "/", number, bodies[number])

    def insert_beside(client, number):
        send(client, "/minimal/", number, bodies[number])

    def open_claim(client, number):
        return send(client, "/api/v1/claims/", number, bodies[number])

    def file_claim(client, number):
        reference = json.loads(open_claim(client, number))["reference"]
        send(client, f"/api/v1/claims/{reference}/submit/", number, b'{"declaration": true}')

    with serving("tests.bench.minimal.beside_asgi:application") as port:
        first = busy(port, insert_beside, CLIENTS, SECONDS)
        opened = busy(port, open_claim, CLIENTS, SECONDS)
        filed = busy(port, file_claim, CLIENTS, SECONDS)
        second = busy(port, insert_beside, CLIENTS, SECONDS)
    with serving("tests.bench.minimal.asgi:application") as port:
        bare = busy(port, insert, CLIENTS, SECONDS)
    claims, submitted = Claim.objects.count(), Claim.objects.filter(status="submitted").count()
    assert JournalEntry.objects.count() == claims + submitted
    assert Notice.objects.count() == submitted > 0
    base = (first + second) / 2
    at_least("filing one claim by API", ours=opened, base=base, unit="/s", target=0.3, base_name="/s two-insert view")
    informs("  against a bare Django without middleware", ours="", base=f"{bare:,.0f} /s", ratio=f"{opened / bare:.2f}")
    informs("  opened and submitted, two requests", ours=f"{filed:,.0f} /s", base="", ratio=f"{filed / base:.2f}")
