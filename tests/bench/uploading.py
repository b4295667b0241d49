"""200 MB through the whole door in pieces (limits raised for it), against `cp` and `sha256sum` of the same file.

The best of some turns of each, in turns. What the server's processes hold in memory is looked at all along.
"""

import os
import subprocess
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import connection
from django.test import Client as Browser

from claims.rules.terms import Terms
from evidence.models import Document
from tests import make
from tests.bench.http import Client, serving
from tests.bench.results import result

SIZE, TURNS, PIECE = 200 * 2**20, 3, 2**20
TARGET, MOST_MEMORY = 0.5, 60 * 2**20


def measure():
    anna = make.person("anna", "claimant")
    claim = make.draft(anna, make.incident(terms=Terms(most_bytes=10 * SIZE)))
    browser = Browser()
    browser.force_login(anna)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    with (
        TemporaryDirectory(dir=settings.RISTORO_HOME) as folder,
        serving("tests.bench.large_files:application") as port,
    ):
        file = written(Path(folder) / "file.txt")
        send(port, claim, cookie, b"x" * 65_536)  # every module is loaded
        with watched() as memory:
            ours, base = [], []
            for turn in range(TURNS):
                base.append(by_hand(file, Path(folder) / "copy"))
                ours.append(send(port, claim, cookie, with_first_line(file, turn)))
        more = memory.most - memory.idle
    documents = Document.objects.filter(attachment__claim=claim, size=SIZE)
    assert documents.count() == TURNS
    connection.close()
    ratio = min(base) / min(ours)
    result(
        "200 MB through the whole door",
        ours=f"{min(ours):.2f} s",
        base=f"{min(base):.2f} s cp + sha256sum",
        ratio=f"{ratio:.2f}",
        target=f"≥ {TARGET}",
        ok=ratio >= TARGET,
    )
    result(
        "  memory above idle meanwhile",
        ours=f"{more / 2**20:.0f} MB",
        base="",
        ratio="",
        target=f"< {MOST_MEMORY // 2**20} MB",
        ok=more < MOST_MEMORY,
    )


def written(path):
    line = b"A line of a long text, of which there are many in this file.\n"
    block = (line * (2**20 // len(line) + 1))[: 2**20]
    with path.open("wb") as file:
        for _piece in range(SIZE // 2**20):
            file.write(block)
    return path


def with_first_line(path, turn):
    """The file with another beginning each time: no two are equal."""
    with path.open("r+b") as file:
        file.write(f"Number {turn}\n".encode())
    return path


def by_hand(path, copy):
    started = time.perf_counter()
    subprocess.run(["cp", path, copy], check=True)
    subprocess.run(["sha256sum", copy], check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - started
    copy.unlink()
    return took


def send(port, claim, cookie, what):
    """Seconds from the first byte to the answer that it is a document."""
    size = len(what) if isinstance(what, bytes) else what.stat().st_size
    token = "a" * 32
    always = f"Host: 127.0.0.1\r\nCookie: {cookie}; {settings.CSRF_COOKIE_NAME}={token}\r\nX-CSRFToken: {token}\r\n"
    always += "Tus-Resumable: 1.0.0\r\n"
    client = Client(port)
    started = time.perf_counter()
    client.socket.sendall(
        f"POST /claims/{claim.reference}/uploads/ HTTP/1.1\r\n{always}Upload-Length: {size}\r\n"
        "Upload-Metadata: filename ZmlsZS50eHQ=\r\nContent-Length: 0\r\n\r\n".encode()
    )
    head = answered(client)
    address = next(line[10:] for line in head.split("\r\n") if line.lower().startswith("location: "))
    client.socket.sendall(
        f"PATCH {address} HTTP/1.1\r\n{always}Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Content-Length: {size}\r\n\r\n".encode()
    )
    if isinstance(what, bytes):
        client.socket.sendall(what)
    else:
        with what.open("rb") as file:
            while piece := file.read(PIECE):
                client.socket.sendall(piece)
    assert answered(client).startswith("HTTP/1.1 204"), "it was not taken"
    took = time.perf_counter() - started
    client.socket.close()
    return took


def answered(client):
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.more()
    return answer.decode()


class Memory:
    """What the processes below this one hold for themselves: what is idle, and the most since then."""

    def __init__(self):
        self.idle = self.most = below(os.getpid())
        self.stop = threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self.look)
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.stop.set()
        self.thread.join()

    def look(self):
        while not self.stop.wait(0.05):
            self.most = max(self.most, below(os.getpid()))


watched = Memory


def below(parent):
    """Bytes of anonymous memory of the web server's processes below `parent`."""
    total = 0
    for child in Path(f"/proc/{parent}/task").glob("*/children"):
        for pid in child.read_text().split():
            total += anonymous(pid) + below(pid)
    return total


def anonymous(pid):
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        if not any("python" in line or "granian" in line for line in lines[:1]):
            return 0
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))
    except FileNotFoundError:
        return 0
