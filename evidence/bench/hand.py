"""Hands: children that touch hostile files, with limits, one person's files each; and their parents' side of it.

Both processes that open what people sent, evidence.bench and evidence.texts, work through one.
"""

import json
import os
import resource
import select
import signal
import time
import traceback

from evidence import cell

CPU = 10  # seconds of work on one file
PATIENCE = 20  # seconds until a child that does not even use its CPU time is given up
MEMORY = 768 * 1024 * 1024  # address space: 50 million pixels decoded, and the libraries
FILES = 25  # files of one person that a child takes before it is replaced
GROWN = 200 * 1024  # kilobytes; a child that needed more than that is replaced
PIPE = 4096  # bytes that a pipe holds at the least
# How a child ends when a file was too much for it, or for a decoder.
EXHAUSTED = frozenset(
    {signal.SIGXCPU, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP}
)


def frame(kind, content):
    return kind + len(content).to_bytes(4, "big") + content


class Hand:
    """The child at work. It takes the files of one group, which one person sent: whoever takes it over by a crafted
    file gets no hand on the files of others.
    """

    def __init__(self, frames_of, *, handles, too_much=EXHAUSTED, most=None):
        """`frames_of(*order)` is done in the child, with so many open `handles`. `too_much` are ways to end of a child
        that a file exhausted, and `most` bytes are all that it may say of one.
        """
        self.frames_of, self.handles, self.too_much, self.most = frames_of, handles, too_much, most
        self.pid, self.group, self.files = None, None, 0

    def has_taken(self, group):
        """Whether the child that the next file of `group` will get had others before."""
        return self.pid is not None and group == self.group and 0 < self.files < FILES

    def answer(self, group, order, hear):
        """Passes on what the child says, piece by piece, to `hear`; returns how it ended.

        A child that a file exhausted says so by how it dies; any other end is our failure.
        """
        line = json.dumps(order).encode() + b"\n"
        # What a pipe may not hold is told to a new child only, which is sure to listen.
        if self.pid and (group != self.group or self.files >= FILES or len(line) > PIPE):
            self.end()
        used = self.pid is not None
        if not used:
            self.begin(group)
        said, complete, in_time = self.ask(line, hear)
        if used and not said and in_time:  # it ended after the file before
            self.end()
            self.begin(group)
            said, complete, in_time = self.ask(line, hear)
        if complete:
            self.files += 1
            return {"status": 0, "exhausted": False}
        status = self.end(kill=not in_time) or 1  # to end well is to say all
        return {"status": status, "exhausted": not in_time or -status in self.too_much}

    def begin(self, group):
        orders, self.orders = os.pipe()
        self.answers, answers = os.pipe()
        self.group, self.files = group, 0
        self.pid = os.fork()
        if self.pid == 0:
            work(orders, answers, self.frames_of, self.handles)
        os.close(orders)
        os.close(answers)

    def end(self, *, kill=True):
        """Its exit code; without `kill` it is waited for."""
        if kill:
            os.kill(self.pid, signal.SIGKILL)
        os.close(self.orders)
        os.close(self.answers)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.pid = None
        return status

    def ask(self, line, hear):
        """(whether it said anything, whether it said all, whether it ended or said all in time and not too much)."""
        until, ear, said = time.monotonic() + PATIENCE, Ear(), 0
        try:
            os.write(self.orders, line)
        except BrokenPipeError:
            return False, False, True
        while select.select([self.answers], [], [], max(0, until - time.monotonic()))[0]:
            data = os.read(self.answers, 65536)
            if not data:
                return said > 0, False, True
            said += len(data)
            if self.most and said > self.most:
                break
            hear(data)
            if ear.hears_the_end(data):
                return True, True, True
        return said > 0, False, False


class Ear:
    """Follows frames as they pass, only to know when a child has said all about a file."""

    def __init__(self):
        self.head, self.left, self.kind = b"", 0, b""

    def hears_the_end(self, data):
        at = 0
        while at < len(data):
            if self.left:
                step = min(self.left, len(data) - at)
                self.left, at = self.left - step, at + step
                continue
            more = data[at : at + 5 - len(self.head)]
            self.head, at = self.head + more, at + len(more)
            if len(self.head) == 5:
                self.kind, self.left, self.head = self.head[:1], int.from_bytes(self.head[1:], "big"), b""
                if self.kind == b"Z":
                    return True
        return False


def work(orders, answers, frames_of, handles):
    """In the child: says all there is to say of each file it is told, and ends. It holds nothing open but its pipes."""
    cell.limit((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_NOFILE, handles))
    status = 1
    try:
        cell.give_up_rights()
        keep_only(orders, answers)
        with open(orders, "rb") as told, open(answers, "wb") as pipe:
            for line in told:
                allow_work()
                for each in frames_of(*json.loads(line)):
                    pipe.write(each)
                    if each[:1] in b"VLZ":
                        pipe.flush()
                if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > GROWN:
                    break
        status = 0
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def allow_work():
    """So many seconds more than were used for the files before."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = CPU * (FILES + 1)
    resource.setrlimit(resource.RLIMIT_CPU, (min(most, int(used.ru_utime + used.ru_stime) + CPU), most))


def keep_only(*needed):
    """Closes what the child inherited: an order of the worker, or an answer to it, is not its to read or to write."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    for handle in map(int, os.listdir("/proc/self/fd")):
        if handle > 2 and handle not in needed:
            try:
                os.close(handle)
            except OSError:  # the listing's own handle has gone
                continue
