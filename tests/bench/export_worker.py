"""What the Celery worker does for one export, alone in its process: says how long it took and how much memory."""

import json
import time
from pathlib import Path

from claims.actions import exports


def peak():
    """The most memory this program had at once; getrusage() would count what its parent had before it began."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def measure():
    before, started = peak(), time.perf_counter()
    assert exports.build_batch() == 1
    print(json.dumps({"seconds": time.perf_counter() - started, "before": before, "memory": peak()}))
