"""The front between the web server and Django, by its own rules: a fake network, real threads, little patience."""

import asyncio
import errno
import time

import pytest

from config import front_in
from config.front import Front
from evidence import blobs
from evidence.uploading import BYTES

PATIENCE = 0.15
LIMIT = 300_000
STALLS = object()  # nothing more comes
GONE = {"type": "http.disconnect"}


@pytest.fixture(autouse=True)
def limits(settings):
    settings.EVIDENCE_MAX_BYTES = LIMIT


class Client:
    """What one client sends (bytes, seconds to wait, STALLS, GONE), how much it reads, and what it got."""

    def __init__(self, *sends, method="POST", path=b"/", reads=10**9, **headers):
        self.sends, self.reads, self.asked = list(sends), reads, 0
        length = sum(len(each) for each in sends if isinstance(each, bytes))
        headers = {"content_length": str(length), **headers}
        self.scope = {
            "type": "http",
            "method": method,
            "raw_path": path,
            "query_string": b"a=%ff",
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", "8000"),
            "client": ("192.0.2.1", "4000"),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items() if value],
        }
        self.status, self.head, self.body, self.ended = None, {}, b"", False

    async def receive(self):
        self.asked += 1
        while self.sends:
            each = self.sends.pop(0)
            if each is STALLS:
                break
            if each is GONE:
                return GONE
            if isinstance(each, float):
                await asyncio.sleep(each)
            else:
                return {"type": "http.request", "body": each, "more_body": bool(self.sends)}
        return await asyncio.sleep(60)

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.head = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message["body"]
            self.ended = not message["more_body"]
            if len(self.body) > self.reads:
                await asyncio.sleep(60)


class Application:
    """Says how much it read, or answers with `pieces`; knows what it was asked."""

    def __init__(self, pieces=None):
        self.pieces, self.asked, self.closed = pieces, [], 0

    def __call__(self, environ, start_response):
        self.asked.append(environ)
        read = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Type", "text/plain")])
        if self.pieces is None:
            return [str(len(read)).encode()]
        return self.pieces(environ, self)

    def close(self):
        self.closed += 1


def served(application, *clients, threads=1, slowest=1000):
    """Serves all clients at once; nothing of theirs is left."""
    front = Front(application, threads, PATIENCE, slowest)

    async def serve():
        await asyncio.gather(*(front(client.scope, client.receive, client.send) for client in clients))

    asyncio.run(serve())
    front.pool.shutdown()
    front.writers.shutdown()
    assert front.on_disk == 0
    assert not blobs.incoming().exists() or not list(blobs.incoming().iterdir())
    return [(client.status, client.body) for client in clients]


def test_u_05_who_stalls_or_drips_is_cut_off_and_holds_no_thread():
    application, started = Application(), time.monotonic()
    stalling = [Client(b"x" * size, STALLS, content_length="250000") for size in (1, 90_000) for _n in range(20)]
    dripping = Client(*[b"x", 0.03] * 30, content_length="250000")
    phone = Client(*[b"x" * 100, 0.03] * 8)
    answers = served(application, *stalling, dripping, phone)
    assert answers[:-1] == [(408, b"Request Timeout.\n")] * 41
    assert answers[-1] == (200, b"800"), "a slow telephone is waited for"
    assert stalling[0].head["connection"] == "close"
    assert time.monotonic() - started < 20 * PATIENCE
    assert len(application.asked) == 1


@pytest.mark.parametrize(
    ("client", "answer", "read"),
    [
        (Client(b"x" * 70_000, b"y" * 70_000), (200, b"140000"), True),
        (Client(method="GET", content_length=""), (200, b"0"), False),
        (Client(b"x" * 90_000, GONE, content_length="250000"), (None, b""), True),
        (Client(b"x" * 90_000, STALLS, content_length="250000", content_type=BYTES), (200, b"90000"), True),
        (Client(b"x" * 90_000, GONE, content_length="250000", content_type=BYTES), (200, b"90000"), True),
        (Client(GONE, content_length="250000", content_type=BYTES), (None, b""), True),
        (Client(b"x", content_length=str(9 * LIMIT)), (200, b"0"), False),
        (Client(b"x", content_length=str(2 * LIMIT), authorization="Bearer x"), (200, b"0"), False),
        (Client(b"x", content_length="", transfer_encoding="chunked"), (200, b"0"), False),
    ],
    ids=["whole", "none", "gone", "piece that stalls", "piece, gone", "no piece", "too much", "program", "no length"],
)
def test_what_django_gets_of_a_body(client, answer, read):
    application = Application()
    assert served(application, client) == [answer]
    assert bool(client.asked) == read, "too much is refused unread"
    assert [each.get("CONTENT_LENGTH") for each in application.asked] == (
        [dict(client.scope["headers"]).get(b"content-length", b"").decode() or None] if answer[0] else []
    )


def test_u_47_without_room_for_a_body_it_is_refused(monkeypatch):
    def full(**_where):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(front_in, "ON_DISK", 280_000)
    two = [Client(b"x" * 90_000, 0.05, b"x" * 60_000) for _n in range(2)]
    assert [status for status, _body in served(Application(), *two)] == [200, 503]
    assert two[1].head["retry-after"] == "30"
    monkeypatch.setattr(front_in, "TemporaryFile", full)
    assert served(Application(), Client(b"x" * 90_000), Client(b"x" * 9)) == [
        (507, b"Insufficient Storage.\n"),
        (200, b"9"),
    ]


def test_the_request_is_what_was_sent_and_no_name_passes_for_another():
    application = Application()
    client = Client(path=b"/caf%C3%A9%FF%2Fx", cookie="a=1", x_forwarded_for="192.0.2.9")
    more = [(b"x_forwarded_for", b"127.0.0.1"), (b"cookie", b"b=2"), (b"accept", b"a"), (b"accept", b"b")]
    client.scope["headers"] += more
    served(application, client)
    (environ,) = application.asked
    assert environ["PATH_INFO"].encode("latin-1") == b"/caf\xc3\xa9\xff/x"
    assert (environ["QUERY_STRING"], environ["REMOTE_ADDR"]) == ("a=%ff", "192.0.2.1")
    assert (environ["HTTP_X_FORWARDED_FOR"], environ["HTTP_COOKIE"]) == ("192.0.2.9", "a=1; b=2")
    assert (environ["HTTP_ACCEPT"], environ["wsgi.url_scheme"]) == ("a,b", "http")


class Made:
    """An answer that is made while it is sent."""

    streaming = True

    def __init__(self, application, size):
        self.application, self.left = application, size

    def __iter__(self):
        while self.left:
            self.left -= 50_000
            yield b"x" * 50_000

    def close(self):
        self.application.close()


class OnDisk:
    def __init__(self, application, size):
        self.application, self.left = application, size

    def read(self, size):
        size = min(size, self.left)
        self.left -= size
        return b"x" * size

    def close(self):
        self.application.close()


def made(environ, application):
    return Made(application, 500_000)


def file(environ, application):
    return environ["wsgi.file_wrapper"](OnDisk(application, 500_000))


def small_file(environ, application):
    return environ["wsgi.file_wrapper"](OnDisk(application, 500))


@pytest.mark.parametrize(("pieces", "size"), [(made, 500_000), (file, 500_000), (small_file, 500)])
def test_answers_arrive_whole_and_are_closed(pieces, size):
    application = Application(pieces)
    assert served(application, client := Client(method="GET")) == [(200, b"x" * size)]
    assert (client.ended, application.closed) == (True, 1)


@pytest.mark.parametrize("pieces", [made, file])
@pytest.mark.parametrize("how", [{"reads": 100_000}, {"leaves": True}], ids=["does not read", "leaves"])
def test_an_answer_that_is_not_taken_ends_and_is_closed(pieces, how):
    application = Application(pieces)
    sends = [GONE] if how.get("leaves") else []
    client = Client(*sends, method="GET", content_length="", reads=how.get("reads", 10**9))
    other = Client(method="GET")
    served(application, client, threads=1)
    assert not client.ended
    assert len(client.body) < 500_000
    assert application.closed == 1
    application.pieces = None
    assert served(application, other) == [(200, b"0")], "its thread is free again"


def test_who_reads_a_file_slowly_holds_no_thread():
    application = Application(
        lambda environ, own: file(environ, own) if environ["PATH_INFO"] == "/file" else [b"quick"]
    )
    slow, quick = Client(method="GET", path=b"/file", reads=100_000), Client(method="GET")
    served(application, slow, quick)
    assert quick.body == b"quick"
    assert not slow.ended
