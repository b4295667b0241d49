"""The process of the bench: reads orders, one JSON line each, and works on each in a child with limits."""

import ctypes
import gc
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from io import BytesIO

import pikepdf
from PIL import Image

from evidence.bench import pdf, pictures
from evidence.bench.rules import frames, is_simple

CPU = 10  # seconds of work on one file
PATIENCE = 20  # seconds until a child that does not even use its CPU time is given up
MEMORY = 768 * 1024 * 1024  # address space: 50 million pixels decoded, and the libraries
HANDLES = 32  # open files
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
NO_NEW_PRIVILEGES, DIES_WITH_PARENT = 38, 1
LIBC = ctypes.CDLL(None)
# How a child ends when a file was too much for it, or for a decoder.
EXHAUSTED = {
    signal.SIGXCPU, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP
}  # fmt: skip


def main():
    leave_network()
    warm_up()
    for line in sys.stdin.buffer:
        path, media_type, most = json.loads(line)
        act = say if is_simple(media_type) else answer
        ending = act(path, media_type, most, sys.stdout.buffer)
        sys.stdout.buffer.write(bytes(4) + json.dumps(ending).encode() + b"\n")
        sys.stdout.buffer.flush()


def warm_up():
    """Makes the libraries ready on a picture and a page of our own, once, and not in every child anew."""
    picture = BytesIO()
    Image.new("RGB", (16, 16)).save(picture, "JPEG")
    page = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(16, 16))
        document.save(page)
    with pikepdf.open(page) as document:
        pdf.inspect(document, len(page.getvalue()))
    pdf.first_page(page.getvalue())
    pictures.jpeg(pictures.loaded(picture))
    gc.collect()
    gc.freeze()


def leave_network():
    """Into a network namespace without any interface; where the kernel does not let us, go on without."""
    if LIBC.unshare(CLONE_NEWNET) != 0:
        LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def say(path, media_type, most, out):
    """Answers for a file that nothing takes apart, only looks at how it begins: that needs no child."""
    try:
        said = b"".join(frames(path, media_type, most))
    except OSError:
        traceback.print_exc()
        return {"status": 1, "exhausted": False}
    out.write(len(said).to_bytes(4, "big") + said)
    return {"status": 0, "exhausted": False}


def answer(path, media_type, most, out):
    """Passes on what the child says, in pieces with their length before them; returns how it ended.

    A child that a file exhausted says so by how it dies; any other end is our failure.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        work(path, media_type, most, writing)
    os.close(writing)
    in_time = pass_on(reading, out, time.monotonic() + PATIENCE)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {"status": status, "exhausted": not in_time or -status in EXHAUSTED}


def pass_on(reading, out, until):
    """Whether the child ended by itself, in time."""
    with open(reading, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0, until - time.monotonic()))[0]:
            data = pipe.read(65536)
            if not data:
                return True
            out.write(len(data).to_bytes(4, "big") + data)
    return False


def work(path, media_type, most, writing):
    """In the child: says all there is to say and ends. It holds nothing open but its own pipe and the log."""
    for limit, value in (
        (resource.RLIMIT_CPU, CPU),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, HANDLES),
    ):
        resource.setrlimit(limit, (value, value))
    status = 1
    try:
        LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        LIBC.prctl(DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        keep_only(writing)
        with open(writing, "wb") as pipe:
            for frame in frames(path, media_type, most):
                pipe.write(frame)
                if frame[:1] == b"V":
                    pipe.flush()
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def keep_only(writing):
    """Closes what the child inherited: an order of the worker, or an answer to it, is not its to read or to write."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    for handle in map(int, os.listdir("/proc/self/fd")):
        if handle > 2 and handle != writing:
            try:
                os.close(handle)
            except OSError:  # the listing's own handle has gone
                continue


main()
