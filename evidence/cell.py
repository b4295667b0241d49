"""What a process gives up before it opens a file of strangers: network, rights, writing, endless memory and time."""

import ctypes
import resource
import signal

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
NO_NEW_PRIVILEGES, DIES_WITH_PARENT = 38, 1
LIBC = ctypes.CDLL(None)


def leave_network():
    """Into a network namespace without any interface; where the kernel does not let us, go on without."""
    if LIBC.unshare(CLONE_NEWNET) != 0:
        LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def give_up_rights():
    """No program it starts gets more rights than it has, and it ends with its parent."""
    LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    LIBC.prctl(DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


def limit(*limits):
    """Writes no file and leaves no image of itself; `limits` are more pairs of a resource and its most."""
    for each, most in (*limits, (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(each, (most, most))


def lock_up(*, memory, cpu):
    """All of it, for a process of one file: bytes of address space, seconds of a processor."""
    leave_network()
    give_up_rights()
    limit((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, cpu))
