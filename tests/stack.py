"""A pytest plugin: room on the interpreter's stack, without which the suite takes a third longer.

CPython (3.11 and later) keeps the frames of a thread in chunks of 16 KB. Below pytest and a web framework frames lie
many chunks deep, and a function that happens to be called just at the end of one has the next chunk fetched from the
system and given back at every single call. One wide frame at the bottom makes the first chunk large enough for all.
"""

from _pytest.runner import pytest_runtest_protocol

WORDS = 1 << 16  # of 8 bytes; twice as much is fetched, half of it is for the frames above this one


def widen(function):
    function.__code__ = function.__code__.replace(co_stacksize=WORDS)


widen(pytest_runtest_protocol)
