"""Child processes that leave nothing behind.

Each child leads a process group of its own: a Ctrl-C in the terminal reaches only the parent, which stops its children
in order. The kernel signals a child whose parent died, so that even `kill -9` of the parent leaves nothing running.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field

libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


class Died(Exception):
    """A child ended, or did not answer in time, while somebody waited for it."""


def become(uid):
    """Gives up root for good, but for the right to reach files below folders of root's, such as this checkout."""
    group = pwd.getpwuid(uid).pw_gid
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(uid, uid, uid)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    one = 1 << CAP_DAC_OVERRIDE
    libc.capset(header, (ctypes.c_uint32 * 6)(one, one, one, 0, 0, 0))
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def before_exec(uid=None, death_signal=signal.SIGTERM):
    """What a child does between fork and exec; the parent may have died meanwhile, hence the second look at it."""
    parent = os.getpid()

    def prepare():
        if uid not in (None, os.geteuid()):
            become(uid)
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


@dataclass
class Child:
    """A program and how to run it: with the same user and arguments whenever `start()` is called.

    What a `quiet` one says is shown only if it dies.
    """

    name: str
    argv: list
    env: dict = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    uid: int | None = None
    keep_open: tuple = ()
    quiet: bool = False
    popen: subprocess.Popen | None = None
    started_at: float = 0.0

    def start(self, output=subprocess.PIPE):
        self.popen = subprocess.Popen(
            [str(part) for part in self.argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.env},
            pass_fds=self.keep_open,
            process_group=0,
            preexec_fn=before_exec(self.uid, self.stop_signal),  # noqa: PLW1509 (the parent has no threads)
        )
        self.started_at = time.monotonic()

    def ended(self):
        """True once the child is gone and reaped; what it left of its group goes with it."""
        if self.popen is None:
            return True
        if self.popen.returncode is None and self.popen.poll() is not None:
            self.signal_group(signal.SIGKILL)
        return self.popen.returncode is not None

    def signal_group(self, number):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, number)

    def ask_to_stop(self):
        if not self.ended():
            self.popen.send_signal(self.stop_signal)

    def stop(self, patience=10.0, tick=time.sleep):
        """Asks, waits up to `patience` seconds, then kills; `tick(seconds)` passes the time."""
        self.ask_to_stop()
        deadline = time.monotonic() + patience
        while not self.ended():
            if time.monotonic() > deadline:
                self.signal_group(signal.SIGKILL)
            tick(0.02)

    def wait_until(self, probe, patience=30.0, tick=time.sleep):
        """Returns when `probe()` is true. Raises Died if the child ends first or `patience` seconds pass."""
        deadline = time.monotonic() + patience
        while not probe():
            if self.ended():
                raise Died(f"{self.name} {self.fate()} while starting")
            if time.monotonic() > deadline:
                raise Died(f"{self.name} did not answer within {patience:.0f} s")
            tick(0.02)

    def fate(self):
        code = self.popen.returncode
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
