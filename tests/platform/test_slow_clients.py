"""Clients that stall or vanish in the middle of a body, at the real server: they cost the others nothing."""

import os
import select
import socket
import sys
from contextlib import ExitStack, closing

import pytest

from config.front import PATIENCE
from config.management.commands.dev import granian_options
from config.processes import Child
from tests.platform import impatient
from tests.platform.dev import clean_environment, free_port, wait_until

pytestmark = pytest.mark.xdist_group("dev")
STALLED = 60  # more than there are threads
ROUNDS = 5
HEAD = (
    b"POST /problems/new/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    b"Content-Length: 1000000\r\n\r\n"
)
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE * 3)


def stalled(stack, port):
    """Clients that sent a part of their body; every other one so much that it lies on the disk."""
    clients = [stack.enter_context(closing(connected(port))) for _n in range(STALLED)]
    for number, client in enumerate(clients):
        client.sendall(HEAD + PART + b"x" * (100_000 if number % 2 else 100))
    return clients


def answered(port, path):
    with closing(connected(port)) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        return client.recv(1000).startswith(b"HTTP/1.1 200")


def told(clients, seconds=0):
    """Those that were answered or cut off, after `seconds` at most."""
    return select.select(clients, [], [], seconds)[0]


def test_u_04_u_05_others_are_answered_while_many_stall_and_nothing_is_left_of_them(ristoro):
    with ExitStack() as stack:
        clients = stalled(stack, ristoro.port)
        assert all(answered(ristoro.port, "/livez") for _n in range(ROUNDS))
        assert told(clients) == [], "they still stall"
        assert ristoro.is_ready()
    assert [path for path in ristoro.home.glob("evidence/incoming/*") if path.is_file()] == []
    wait_until(lambda: " POST /problems/new/ " in ristoro.log, "the end of one of them")


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def port():
    """Of a server like that of `manage.py dev`, with one thread in each process and little patience."""
    child = Child("web", [sys.executable, "-m", "granian", *granian_options(found := free_port())], clean_environment())
    child.argv[-1] = f"{impatient.__name__}:application"
    with open(os.devnull, "wb") as nowhere:
        child.start(nowhere)
    try:
        child.wait_until(lambda: listens(found))
        yield found
    finally:
        child.stop()


def test_u_05_who_stalls_is_cut_off_and_others_are_answered_meanwhile(port):
    with ExitStack() as stack:
        clients = stalled(stack, port)
        assert all(answered(port, "/") for _n in range(ROUNDS))
        assert told(clients) == [], "they still stall"
        assert told(clients, impatient.PATIENCE * 10)
        assert {client.recv(30) for client in clients} == {b"HTTP/1.1 408 Request Timeout\r\n"}
