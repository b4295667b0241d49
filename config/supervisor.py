"""Runs children, merges what they say into one log, starts again what dies and stops them all."""

import os
import selectors
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass, field

from config.processes import Died

COLOURS = {"postgres": 34, "redis": 35, "prepare": 36, "web": 32, "worker": 33, "beat": 90, "ristoro": 1}
WIDTH = 8
LIVED_LONG = 10.0  # seconds; who dies sooner waits before the next start
LONGEST_WAIT = 10.0


class Stopped(Exception):
    """Somebody asked us to stop: Ctrl-C, SIGTERM, or the terminal went away."""


@dataclass
class Voice:
    """What one child says: unfinished bytes, and the last lines of a quiet one."""

    child: object
    rest: bytes = b""
    kept: deque = field(default_factory=lambda: deque(maxlen=20))


class Supervisor:
    def __init__(self, out=sys.stdout):
        self.out = out
        self.coloured = out.isatty()
        self.selector = selectors.DefaultSelector()
        self.watched = {}  # Child -> (earliest next start, wait after the next early death)
        self.asked_to_stop = 0

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask_to_stop)
        return self

    def __exit__(self, *exception):
        self.selector.close()

    def ask_to_stop(self, *_signal):
        self.asked_to_stop += 1

    # --- the log ---
    def say(self, line, name="ristoro"):
        label = f"{name:<{WIDTH}} |"
        if self.coloured:
            label = f"\x1b[{COLOURS.get(name, 0)}m{label}\x1b[0m"
        try:
            print(label, line, file=self.out, flush=True)
        except BrokenPipeError:
            # Whoever read the log is gone, and with them the reason to run.
            self.out = open(os.devnull, "w")  # noqa: SIM115
            self.ask_to_stop()

    def listen(self, seconds):
        """Passes on what children say during `seconds`, or less when somebody says something."""
        for key, _events in self.selector.select(seconds):
            voice, chunk = key.data, os.read(key.fd, 65536)
            *lines, voice.rest = (voice.rest + chunk).split(b"\n")
            if not chunk:
                lines, voice.rest = [voice.rest] if voice.rest else [], b""
                self.selector.unregister(key.fileobj)
                key.fileobj.close()
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                if voice.child.quiet:
                    voice.kept.append(text)
                elif text:
                    self.say(text, voice.child.name)

    def tick(self, seconds):
        self.listen(seconds)
        if self.asked_to_stop:
            raise Stopped

    # --- children ---
    def start(self, child):
        child.start()
        self.selector.register(child.popen.stdout, selectors.EVENT_READ, Voice(child))

    def run(self, child):
        """Runs `child` to its end. Raises Died if it fails."""
        self.start(child)
        try:
            while not child.ended():
                self.tick(0.05)
        finally:
            child.stop(tick=self.listen)
            self.drain()
        if child.popen.returncode:
            raise Died(f"{child.name} {child.fate()}")

    def add(self, child, answers=None, patience=30.0):
        """Starts `child`, waits until `answers()`, and keeps it running from then on."""
        self.start(child)
        self.watched[child.name] = [child, 0.0, 0.5]
        if answers:
            child.wait_until(answers, patience=patience, tick=self.tick)

    def watch(self):
        """Keeps everything running until somebody asks us to stop."""
        while True:
            self.tick(0.2)
            for name in self.watched:
                self.revive(name)

    def revive(self, name):
        child, due, wait = entry = self.watched[name]
        if not child.ended():
            return
        now = time.monotonic()
        if not due:
            self.tell_last_words(child)
            early = now - child.started_at < LIVED_LONG
            entry[1:] = [now + wait, min(wait * 2, LONGEST_WAIT)] if early else [now, 0.5]
            self.say(f"{name} {child.fate()}; starting it again")
        elif now >= due:
            entry[1] = 0.0
            self.start(child)

    def tell_last_words(self, child):
        self.drain()
        for key in list(self.selector.get_map().values()):
            if key.data.child is child:
                for line in key.data.kept:
                    self.say(line, child.name)

    def drain(self):
        while self.selector.get_map() and self.selector.select(0):
            self.listen(0)

    def stop(self, names):
        """Asks those of `names` that run to stop, all at once, and waits for them; a second Ctrl-C ends patience."""
        children = [self.watched.pop(name)[0] for name in names if name in self.watched]
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop(patience=10.0 if self.asked_to_stop < 2 else 0.0, tick=self.listen)
        self.drain()
