"""A web server as `manage.py dev` runs it, and clients that keep it busy."""

import os
import re
import socket
import sys
import threading
import time
from contextlib import contextmanager

from config.management.commands.dev import granian_options
from config.processes import Child
from tests.platform.dev import free_port

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


@contextmanager
def serving(application):
    """The port where granian serves `application`, with the options of `make run` but for the access log."""
    port = free_port()
    options = [option for option in granian_options(port)[:-1] if option != "--access-log"]
    cut = options.index("--access-log-fmt")
    child = Child("web", [sys.executable, "-m", "granian", *options[:cut], *options[cut + 2 :], application])
    with open(os.devnull, "wb") as nowhere:
        child.start(nowhere)
    try:
        child.wait_until(lambda: answers(port))
        yield port
    finally:
        child.stop()


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Client:
    """One kept connection that sends prepared bytes and reads whole answers."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request):
        """(status, body) of one request."""
        self.socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.more()
        head, _blank, body = answer.partition(b"\r\n\r\n")
        length = int(LENGTH.search(head)[1])
        while len(body) < length:
            body += self.more()
        return int(head[9:12]), body

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data


def post(path, body, **headers):
    """The bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def busy(port, turn, clients, seconds, warm_up=1.5):
    """How often turn(client, number) was done per second by `clients` at once."""
    begin = time.perf_counter() + warm_up
    end, done, broken = begin + seconds, [0] * clients, []

    def work(number):
        client = Client(port)
        try:
            while (now := time.perf_counter()) < end:
                turn(client, number)
                done[number] += now >= begin
        except Exception as error:  # told by whoever waits for us
            broken.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return sum(done) / seconds
