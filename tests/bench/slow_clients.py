"""How long others wait for an answer while many clients stall in the middle of a body."""

import socket
import time

from tests.bench.http import Client, serving
from tests.bench.results import result

STALLED, ROUNDS, TARGET = 200, 200, 0.5
HEAD = b"POST /problems/new/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n"
ASKED = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def measure():
    with serving("config.asgi:application") as port:
        waits(port)
        alone = waits(port)
        clients = [socket.create_connection(("127.0.0.1", port)) for _n in range(STALLED)]
        for number, client in enumerate(clients):
            client.sendall(HEAD + b"x" * (100_000 if number % 2 else 100))
        beside = waits(port)
        for client in clients:
            client.close()
    result(
        f"an answer while {STALLED} clients stall, p95",
        ours=f"{1000 * beside:.0f} ms",
        base=f"{1000 * alone:.0f} ms without them",
        ratio=f"{beside / alone:.1f}",
        target=f"< {1000 * TARGET:.0f} ms",
        ok=beside < TARGET,
    )


def waits(port):
    """The seconds that 95 of 100 answers did not exceed."""
    client, took = Client(port), []
    for _n in range(ROUNDS):
        started = time.perf_counter()
        status, _body = client.ask(ASKED)
        assert status == 200
        took.append(time.perf_counter() - started)
    client.socket.close()
    return sorted(took)[ROUNDS * 95 // 100]
