"""The process that reads: takes orders, one JSON line each, and works on each in a child with limits.

An order is [group, task, path, details]. The answer is a line [length, exit status, was it too much] and then frames as
those of evidence.bench: L is a line that was said (JSON), Z that all was said.
"""

import gc
import json
import signal
import sys

from evidence import cell
from evidence.bench.hand import EXHAUSTED, Hand, frame
from evidence.texts import MOST_BYTES, pdf
from evidence.texts.kinds import read
from evidence.texts.verifying import verify

HANDLES = 64  # open files
TASKS = {"read": read, "verify": verify}


def main():
    cell.leave_network()
    pdf.warm_up()
    # What was loaded stays shared with the children: the collector does not walk over it in each of them.
    gc.freeze()
    hand = Hand(frames, handles=HANDLES, too_much=EXHAUSTED | {signal.SIGKILL}, most=MOST_BYTES)
    for line in sys.stdin.buffer:
        said, ending = answer(hand, *json.loads(line))
        head = json.dumps([len(said), ending["status"], ending["exhausted"]])
        sys.stdout.buffer.write(head.encode() + b"\n" + said)
        sys.stdout.buffer.flush()


def frames(task, path, details):
    for found in TASKS[task](path, details or {}):
        yield frame(b"L", json.dumps(found).encode())
    yield frame(b"Z", b"")


def answer(hand, group, *order):
    """(what the child said, how it ended). Where a child fails that had files before this one, they may be at fault:
    then this one gets a child of its own.
    """
    for _attempt in range(1 + hand.has_taken(group)):
        said = bytearray()
        ending = hand.answer(group, order, said.extend)
        if not ending["status"]:
            break
    return bytes(said), ending


main()
