"""The queue and a claimant's case over HTTP while a mass run grants to 300,000 accounts, against the same when idle.

The run goes in a process of its own, as the worker's does; server, its database and the run share the machine.
"""

import statistics
import subprocess
import sys
import time

from django.conf import settings
from django.db import connection
from django.test import Client as Browser

from claims.actions import mass_runs
from claims.models import Payout
from tests import make
from tests.bench import data
from tests.bench.http import Client, serving
from tests.bench.results import informs, result
from tests.servers import ROOT

ACCOUNTS, CLAIMS, TURNS, MOST = 300_000, 20_000, 150, 1.5
ROSTER = """
    INSERT INTO claims_customer (incident_id, service_id, login, fee, contact, second_contact, language)
    SELECT {incident}, {service}, 'm' || n || '@libero.example', 0, 'm' || n || '@example.org', '', 'it'
    FROM generate_series(1, {rows}) AS n
"""


def page(path, person):
    """The bytes of a GET by somebody who is signed in."""
    browser = Browser()
    browser.force_login(person)
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {settings.SESSION_COOKIE_NAME}={cookie}\r\n\r\n"
    return head.encode()


def asked(port, requests, *, more=lambda _turn: True):
    """{page: seconds of each answer} of one who asks for them in turn, TURNS times or as long as `more` says."""
    client, took, turn = Client(port), {name: [] for name in requests}, 0
    while turn < TURNS and more(turn):
        for name, request in requests.items():
            started = time.perf_counter()
            status, _body = client.ask(request)
            took[name].append(time.perf_counter() - started)
            assert status == 200, (name, status)
        turn += 1
    return took


def p95(seconds):
    return statistics.quantiles(seconds, n=20)[-1]


def measure():
    incident = data.claims(CLAIMS)
    anna, rita = make.person("anna", "claimant"), make.person("rita", "reviewer")
    make.customer(incident)
    case = make.submitted(anna, incident)
    with data.unguarded() as cursor:
        service = incident.services.get(code="paid").pk
        cursor.execute(ROSTER.format(incident=incident.pk, service=service, rows=ACCOUNTS))
        cursor.execute("VACUUM ANALYZE claims_customer")
        cursor.execute("CHECKPOINT")
    people = [make.person(name, "manager") for name in ("mara", "marco")]
    run = mass_runs.approve(mass_runs.propose(incident.code, "indemnity", by=people[0]).pk, by=people[1])
    requests = {"queue": page("/admin/queue/", rita), "case": page(f"/claims/{case.reference}/", anna)}
    connection.close()
    with serving("config.asgi:application") as port:
        asked(port, requests, more=lambda turn: turn < 10)  # warm
        idle = asked(port, requests)
        worker = subprocess.Popen([sys.executable, "-m", "tests.bench.child", "run_worker"], cwd=ROOT)
        try:
            begun()
            during = asked(port, requests, more=lambda _turn: worker.poll() is None)
        finally:
            worker.wait()
    run.refresh_from_db()
    assert run.state == "done"
    informs(
        f"a mass run over {ACCOUNTS:,} accounts beside it",
        ours=f"{run.per_second:,} accounts/s",
        base=f"{len(during['queue'])} turns meanwhile",
    )
    for name in requests:
        still, busy = p95(idle[name]), p95(during[name])
        result(
            f"  {name}: p95 of its page while a run works",
            ours=f"{busy * 1000:.0f} ms",
            base=f"{still * 1000:.0f} ms idle",
            ratio=f"{busy / still:.2f}",
            target=f"≤ {MOST}",
            ok=busy / still <= MOST,
        )


def begun():
    """Waits for the first chunk."""
    until = time.monotonic() + 60
    while not Payout.objects.exists() and time.monotonic() < until:
        time.sleep(0.02)
