"""The process of the bench: reads orders, one JSON line each, and works on each in a child with limits."""

import gc
import json
import sys
import traceback
from io import BytesIO

import pikepdf
from PIL import Image

from evidence import cell
from evidence.bench import pdf, pictures
from evidence.bench.hand import Hand
from evidence.bench.rules import frames, is_simple

HANDLES = 32  # open files


def main():
    cell.leave_network()
    warm_up()
    hand = Hand(frames, handles=HANDLES)
    for line in sys.stdin.buffer:
        group, *order = json.loads(line)
        ending = say(order) if is_simple(order[1]) else hand.answer(group, order, pass_on)
        sys.stdout.buffer.write(bytes(4) + json.dumps(ending).encode() + b"\n")
        sys.stdout.buffer.flush()


def pass_on(data):
    sys.stdout.buffer.write(len(data).to_bytes(4, "big") + data)


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


def say(order):
    """Answers for a file that nothing takes apart, only looks at how it begins: that needs no child."""
    try:
        pass_on(b"".join(frames(*order)))
    except OSError:
        traceback.print_exc()
        return {"status": 1, "exhausted": False}
    return {"status": 0, "exhausted": False}


main()
