"""The way in: the body of a request, and the request as WSGI has it.

Small bodies are kept in memory, others in a file without a name on the storage's own disk: nothing is left of them
whatever kills the process.
"""

import asyncio
import logging
import sys
from io import BytesIO
from tempfile import TemporaryFile
from urllib.parse import unquote_to_bytes

from evidence import blobs
from evidence.uploading import BYTES, most_bytes

logger = logging.getLogger(__name__)
IN_MEMORY = 64 * 1024
ON_DISK = 4 * 2**30  # of all bodies that one process is taking in


class CutOff(Exception):
    """The body will not be read to its end; `status` says why, None if nobody is there any more."""

    def __init__(self, status=None):
        super().__init__(status)
        self.status = status


class Body:
    """The body of one request on its way in."""

    def __init__(self, front, environ):
        self.front, self.environ = front, environ
        self.file, self.received, self.on_disk = BytesIO(), 0, 0
        self.announced = int(environ.get("CONTENT_LENGTH") or 0)

    async def take_in(self, receive):
        """Everything announced. What is announced without a length, or is more than anybody may send, stays outside."""
        if not 0 < self.announced <= most_bytes(strict="HTTP_AUTHORIZATION" in self.environ):
            return
        now = asyncio.get_running_loop().time
        started, patience, slowest = now(), self.front.patience, self.front.slowest
        try:
            async with asyncio.timeout(patience) as limit:
                while self.received < self.announced:
                    await self.write(await told(receive))
                    limit.reschedule(min(now(), started + self.received / slowest) + patience)
                await self.to_disk(self.file.flush)
        except TimeoutError:
            logger.warning("cut off: %s of %s bytes came", self.received, self.announced)
            raise CutOff(408) from None

    async def write(self, data):
        self.received += len(data)
        if not self.on_disk and self.received > IN_MEMORY:
            if self.front.on_disk + self.announced > ON_DISK:
                raise CutOff(503)
            self.front.on_disk += self.announced
            self.on_disk = self.announced
            await self.to_disk(self.move)
        await self.to_disk(self.file.write, data)

    def move(self):
        file = TemporaryFile(dir=blobs.folder(blobs.incoming()))  # noqa: SIM115 (closed with the body)
        file.write(self.file.getbuffer())
        self.file = file

    async def to_disk(self, function, *arguments):
        """A disk may be slow: while there is one to wait for, the loop does not."""
        try:
            if self.on_disk:
                await self.front.in_writer(function, *arguments)
            else:
                function(*arguments)
        except OSError as error:
            logger.error("no room for a body: %s", error)
            raise CutOff(507) from error

    def counts_in_part(self):
        """Whether what came is of use: a piece of a file that is sent in pieces, which goes on where it ended."""
        return self.received and self.environ.get("CONTENT_TYPE", "").partition(";")[0].strip() == BYTES

    def ready(self):
        self.file.seek(0)
        return self.file

    def close(self):
        self.front.on_disk -= self.on_disk
        self.file.close()


async def told(receive):
    message = await receive()
    if message["type"] == "http.disconnect":
        raise CutOff
    return message.get("body", b"")


def environ_of(scope):
    """The request as WSGI has it. Names with an underscore are left out: they would pass for others."""
    (host, port), (address, remote_port) = scope["server"], scope["client"]
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": address,
        "REMOTE_PORT": str(remote_port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        between = "; " if key == "HTTP_COOKIE" else ","
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]}{between}{text}" if key in environ else text
    return environ
