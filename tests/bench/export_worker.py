"""What the Celery worker does for one export, alone in its process: says how long it took and how much memory."""

import json
import resource
import time

from claims.actions import exports


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure():
    before, started = peak(), time.perf_counter()
    assert exports.build_batch() == 1
    print(json.dumps({"seconds": time.perf_counter() - started, "before": before, "memory": peak()}))
