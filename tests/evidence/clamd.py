"""A scanner that speaks clamd's INSTREAM on a loopback port, and can misbehave on command."""

import socketserver
import threading
from contextlib import contextmanager


class Peer(socketserver.BaseRequestHandler):
    def handle(self):
        self.server.conversations += 1
        behave = self.server.behaviour
        if behave == "closes at once":
            return
        with self.request.makefile("rb") as stream:
            if self.command(stream) == b"zVERSION":
                self.request.sendall(self.server.version.encode() + b"\0")
                return
            content = self.read_stream(stream)
        self.server.seen.append(content)
        if behave == "closes":
            return
        if behave == "is slow":
            self.server.over.wait(30)
            return
        self.request.sendall(self.reply(behave, content))

    def command(self, stream):
        said = b""
        while not said.endswith(b"\0"):
            byte = stream.read(1)
            assert byte
            said += byte
        assert said in (b"zVERSION\0", b"zINSTREAM\0")
        return said[:-1]

    def read_stream(self, stream):
        content = b""
        while length := int.from_bytes(stream.read(4), "big"):
            content += stream.read(length)
        return content

    def reply(self, behave, content):
        if behave == "talks nonsense":
            return b"HTTP/1.1 200 OK\r\n\r\n\0"
        if behave == "says half":
            return b"stream: O"
        if behave == "meets its limits":
            return b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"
        if behave == "reports an error":
            return b"INSTREAM size limit exceeded. ERROR\0"
        found = any(each in content for each in self.server.signatures)
        return b"stream: Eicar-Test-Signature FOUND\0" if found else b"stream: OK\0"


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class LocalServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def running(behaviour="works", unix=None):
    """The server; `.url` is its CLAMD_URL, `.behaviour`, `.version` and `.signatures` may be changed, `.seen` is
    what it was sent."""
    with LocalServer(str(unix), Peer) if unix else Server(("127.0.0.1", 0), Peer) as server:
        server.behaviour, server.seen, server.conversations = behaviour, [], 0
        server.version, server.signatures = "ClamAV 1.4.3/1/Mon Jan 23 10:00:00 2023", [b"EICAR-STANDARD"]
        server.over = threading.Event()
        server.url = f"unix://{unix}" if unix else f"tcp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
