"""The process of the bench: reads orders, one JSON line each, and works on each in a child with limits."""

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from base64 import b64encode

from evidence.bench.rules import judge

CPU = 10  # seconds of work on one file
PATIENCE = 20  # seconds until a child that does not even use its CPU time is given up
MEMORY = 768 * 1024 * 1024  # address space: 50 million pixels decoded, and the libraries
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
# How a child ends when a file was too much for it, or for a decoder.
EXHAUSTED = {
    signal.SIGXCPU, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP
}  # fmt: skip


def main():
    leave_network()
    for line in sys.stdin:
        path, media_type = json.loads(line)
        sys.stdout.write(json.dumps(answer(path, media_type)) + "\n")
        sys.stdout.flush()


def leave_network():
    """Into a network namespace without any interface; where the kernel does not let us, go on without."""
    unshare = ctypes.CDLL(None).unshare
    if unshare(CLONE_NEWNET) != 0:
        unshare(CLONE_NEWUSER | CLONE_NEWNET)


def answer(path, media_type):
    """The child's verdict; a file that exhausts its child is too complex; any other end is our failure."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        work(path, media_type, writing)
    os.close(writing)
    said, in_time = hear(reading, time.monotonic() + PATIENCE)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    verdict, has_verdict, preview = said.partition(b"\n")
    if has_verdict:
        # The verdict was spoken before the preview was tried: without a good end there is no preview.
        return {**json.loads(verdict), "preview": b64encode(preview if status == 0 else b"").decode()}
    if not in_time or -status in EXHAUSTED:
        return {"reason": "too_complex", "warnings": [], "preview": ""}
    return {"failure": f"child ended with {status}"}


def hear(reading, until):
    """All that the child says before it ends, and whether it ended by itself."""
    said = bytearray()
    with open(reading, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0, until - time.monotonic()))[0]:
            data = pipe.read(65536)
            if not data:
                return bytes(said), True
            said += data
    return bytes(said), False


def work(path, media_type, writing):
    """In the child: says the verdict, then the preview, and ends."""
    for limit, value in (
        (resource.RLIMIT_CPU, CPU),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    status = 1
    try:
        with open(writing, "wb") as pipe:
            for part in judge(path, media_type):
                pipe.write(part)
                pipe.flush()
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


main()
