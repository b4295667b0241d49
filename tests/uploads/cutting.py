"""A network between browser and site that breaks when it is told to."""

import selectors
import socket
import threading
import time
from contextlib import contextmanager


class Network:
    """Passes everything on to `target` (host, port); breaks the connection that has sent `cut_after` bytes, once.

    Not before `arrived()` is true: what lies in the buffers between here and a busy server may be lost with them.
    """

    def __init__(self, target):
        self.target, self.cut_after, self.cuts = target, None, 0
        self.arrived = lambda: True
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]

    def serve(self):
        while True:
            try:
                client, _address = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        sent = 0
        with client, socket.create_connection(self.target) as server, selectors.DefaultSelector() as either:
            either.register(client, selectors.EVENT_READ, server)
            either.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _events in either.select():
                    try:
                        data = key.fileobj.recv(16_384)
                        key.data.sendall(data)
                    except OSError:
                        return
                    if not data:
                        return
                    sent += len(data) if key.fileobj is client else 0
                    if self.cut_after is not None and sent > self.cut_after:
                        self.cut_after, self.cuts = None, self.cuts + 1
                        until(self.arrived)
                        return


def until(is_so, seconds=30):
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)


@contextmanager
def network(url):
    host, _colon, port = url.partition("://")[2].partition(":")
    made = Network((host, int(port)))
    threading.Thread(target=made.serve, daemon=True).start()
    try:
        yield made
    finally:
        made.door.close()
