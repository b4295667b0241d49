"""clamd by its INSTREAM command: the whole file goes over, one line comes back."""

import socket
import time
from urllib.parse import urlsplit

from evidence.errors import ScannerUnavailable

CHUNK = 64 * 1024
PATIENCE = 20  # seconds for one file, however it is dripped
LONGEST_REPLY = 4096
LONGEST_VERSION = 100
# clamd says FOUND to what its own limits kept it from reading (AlertExceedsMax yes).
BEYOND_LIMITS = "Heuristics.Limits.Exceeded"


def scan(path, url):
    """Why to refuse the file: "malware", "too_complex" or "". Raises ScannerUnavailable for anything but a verdict."""
    try:
        with connect(url) as connection:
            return verdict(converse(connection, path, time.monotonic() + PATIENCE))
    except OSError as error:
        raise ScannerUnavailable(f"clamd: {error}") from error


def version(url):
    """What the scanner is and which signatures it has, such as "ClamAV 1.4.3/27912/Tue Jan 24 …"."""
    try:
        with connect(url) as connection:
            connection.sendall(b"zVERSION\0")
            reply = answer(connection, time.monotonic() + PATIENCE)
    except OSError as error:
        raise ScannerUnavailable(f"clamd: {error}") from error
    if not reply.startswith("ClamAV "):
        raise ScannerUnavailable(f"clamd says {reply[:80]!r}")
    return reply[:LONGEST_VERSION]


def connect(url):
    """A socket to unix:///path or tcp://host:port."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        try:
            connection.connect(parts.path)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((parts.hostname, parts.port or 3310), timeout=PATIENCE)


def converse(connection, path, until):
    """clamd's reply to the bytes of `path`, without the NUL that ends it."""
    connection.sendall(b"zINSTREAM\0")
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            connection.settimeout(left(until))
            connection.sendall(len(chunk).to_bytes(4, "big") + chunk)
    connection.sendall(bytes(4))
    return answer(connection, until)


def answer(connection, until):
    reply = b""
    while not reply.endswith(b"\0"):
        connection.settimeout(left(until))
        data = connection.recv(LONGEST_REPLY)
        reply += data
        if not data or len(reply) > LONGEST_REPLY:
            raise ScannerUnavailable(f"clamd broke off after {reply[:80]!r}")
    return reply[:-1].decode("utf-8", "replace")


def left(until):
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("no verdict in time")
    return seconds


def verdict(reply):
    if reply == "stream: OK":
        return ""
    if reply.startswith("stream: ") and reply.endswith(" FOUND"):
        return "too_complex" if reply.startswith(f"stream: {BEYOND_LIMITS}") else "malware"
    raise ScannerUnavailable(f"clamd says {reply[:80]!r}")
