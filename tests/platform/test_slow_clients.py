"""Clients that vanish, at the real server: nothing of theirs stays."""

import socket
from contextlib import closing

import pytest

from evidence.uploading import PATIENCE
from tests.platform.dev import wait_until

pytestmark = pytest.mark.xdist_group("dev")
HEAD = (
    b"POST /problems/new/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    b"Content-Length: 1000000\r\n\r\n"
)
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'


def parts(run):
    return list(run.home.glob("evidence/incoming/*"))


def connected(run):
    return socket.create_connection(("127.0.0.1", run.port), timeout=PATIENCE * 3)


def test_u_04_a_client_that_vanishes_leaves_nothing(ristoro):
    with closing(connected(ristoro)) as client:
        client.sendall(HEAD + PART + b"x" * 300_000)
        wait_until(lambda: parts(ristoro), "the part of a file on the disk")
    wait_until(lambda: not parts(ristoro), "its end with its client")
    assert ristoro.is_ready()
