"""The way out: a thread makes the answer, the loop sends it; of files a thread reads one piece at a time.

Only what is made while it is sent keeps its thread, and whoever does not take it in time is cut off.
"""

import asyncio
from contextlib import ExitStack

PIECE = 64 * 1024


def head(status, headers):
    lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": status, "headers": lines}


def piece(data, more):
    return {"type": "http.response.body", "body": data, "more_body": more}


class OpenFile:
    """What Django answers with if it is a file: any thread may read it."""

    def __init__(self, file, block_size=PIECE):
        self.file = file

    def read(self):
        return self.file.read(PIECE)

    def close(self):
        if hasattr(self.file, "close"):
            self.file.close()


class Answer:
    """One run of Django, and its answer on the way out."""

    def __init__(self, front, environ):
        self.front, self.environ = front, environ
        self.loop = asyncio.get_running_loop()
        self.head = None

    async def send(self, receive, send):
        self.stream = Stream(receive, send, self.front.patience)
        made = await self.front.in_thread(self.make)
        if isinstance(made, OpenFile):
            await self.pass_on(made)
        elif made is not None:
            await send(self.head)
            await send(piece(made, more=False))

    def make(self):
        """In a thread: the bytes of the answer, or a large open file; None if it had to be sent meanwhile."""
        result = self.front.application(self.environ, self.start_response)
        with ExitStack() as stack:
            if hasattr(result, "close"):
                stack.callback(result.close)
            if not isinstance(result, OpenFile):
                return self.whole(result)
            self.first = result.read()
            if len(self.first) < PIECE:
                return self.first
            stack.pop_all()
            return result

    def start_response(self, status, headers, exc_info=None):
        self.head = head(int(status[:3]), headers)

    def whole(self, result):
        """All of it as bytes; what does not end soon, because it is made while it is sent, goes out from here."""
        whole, rest = bytearray(), iter(result)
        for data in rest:
            whole += data
            if len(whole) > PIECE and getattr(result, "streaming", True):
                self.send_meanwhile(whole, rest)
                return None
        return bytes(whole)

    def send_meanwhile(self, begun, rest):
        self.wait_for(self.stream.begin(self.head))
        try:
            self.wait_for(self.stream.send(bytes(begun)))
            for data in rest:
                self.wait_for(self.stream.send(data))
            self.wait_for(self.stream.end())
        finally:
            self.loop.call_soon_threadsafe(self.stream.forget)

    def wait_for(self, what):
        asyncio.run_coroutine_threadsafe(what, self.loop).result()

    async def pass_on(self, file):
        """Sends a file, of which a thread reads one piece at a time."""
        data = self.first
        try:
            await self.stream.begin(self.head)
            while data:
                await self.stream.send(data)
                data = await self.front.in_thread(file.read)
            await self.stream.end()
        finally:
            self.stream.forget()
            await self.front.in_thread(file.close)


class Stream:
    """An answer in pieces, to somebody who may be gone or does not read. Raises ConnectionError and TimeoutError."""

    def __init__(self, receive, out, patience):
        self.receive, self.out, self.patience = receive, out, patience
        self.gone = None

    async def begin(self, head):
        self.gone = asyncio.ensure_future(left(self.receive))
        await self.out(head)

    async def send(self, data):
        if self.gone.done():
            raise ConnectionResetError("The client is gone.")
        async with asyncio.timeout(self.patience):
            await self.out(piece(data, more=True))

    async def end(self):
        await self.out(piece(b"", more=False))

    def forget(self):
        if self.gone:
            self.gone.cancel()


async def left(receive):
    while (await receive())["type"] != "http.disconnect":
        pass
