"""A pytest plugin: the garbage collector looks at what tests make, not at what was there before them.

Thousands of tests, Django and its models are half a million objects that live to the end of a run. Walking over them
again and again was a fifth of all the time.
"""

import gc

import pytest

gc.disable()  # imports and collecting tests leave next to no garbage


@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
    gc.enable()
