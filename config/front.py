"""Between the web server and Django: a request gets a thread when its body is all there, and not before.

Outside this is ASGI, inside WSGI. Bodies are taken in by the event loop (config/front_in.py), so a client that drips or
stalls holds a connection and nothing else, and not for long. Answers go the same way (config/front_out.py): a thread
makes one, the loop sends it.
"""

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from config.front_in import Body, CutOff, environ_of
from config.front_out import Answer, OpenFile, head, piece

logger = logging.getLogger(__name__)
PATIENCE = 30  # seconds without a byte, or below the slowest pace from the start
SLOWEST = 1024  # bytes a second: half a minute of less is nobody's telephone
THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)


class Front:
    """The ASGI application around the WSGI one, which `threads` threads run."""

    def __init__(self, application, threads=THREADS, patience=PATIENCE, slowest=SLOWEST):
        self.application = application
        self.patience, self.slowest = patience, slowest
        self.pool, self.writers = ThreadPoolExecutor(threads, "web"), ThreadPoolExecutor(2, "disk")
        self.on_disk = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        environ = {**environ_of(scope), "wsgi.file_wrapper": OpenFile}
        body = Body(self, environ)
        try:
            try:
                await body.take_in(receive)
            except CutOff as cut:
                if not body.counts_in_part():
                    await refuse(send, cut.status)
                    return
            environ["wsgi.input"] = body.ready()
            try:
                await Answer(self, environ).send(receive, send)
            except (ConnectionError, TimeoutError) as lost:
                logger.info("an answer was not taken: %s", lost or "too slowly")
        finally:
            body.close()

    def in_thread(self, function, *arguments):
        return asyncio.get_running_loop().run_in_executor(self.pool, function, *arguments)

    def in_writer(self, function, *arguments):
        return asyncio.get_running_loop().run_in_executor(self.writers, function, *arguments)


async def refuse(send, status):
    """A plain answer to somebody whose request is not read to its end; nothing if they are gone."""
    if status:
        text = HTTPStatus(status).phrase.encode() + b".\n"
        headers = {"Content-Type": "text/plain", "Content-Length": str(len(text)), "Connection": "close"}
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = "30"
        await send(head(status, headers.items()))
        await send(piece(text, more=False))
