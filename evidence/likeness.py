"""Fingerprints: numbers by which things that are nearly the same find each other without a look at all the others.

A picture has one number for itself and one for each way a rim may have been cut off. Two numbers that differ in at
most NEAR bits are of pictures of the same shape; a small copy in grey tells whether they are the same in detail. A text
has SLOTS numbers, each mostly equal in a text that says nearly the same: enough equal ones make it near.
"""

import math
import re
import unicodedata
from hashlib import blake2b

from PIL import Image, ImageChops, ImageStat

# --- pictures ---
NEAR = 5  # bits of 64
CUT = (0, 1, 2, 3, 4)  # per cent of each rim
SIDE, FINE = 32, 48  # cells along a side: of what is hashed, and of what is compared in detail
BLANK = 6  # the least deviation of grey in a picture that shows something
DIFFERENT = 0.3  # of the deviation, in the cells that differ most
CELLS = 12
EVEN = 32  # the deviation to which cells are brought, in steps of grey
# The bits of a number in three parts: numbers within 5 bits of each other differ by one bit at most in one of them.
BANDS = ((42, 22), (21, 21), (0, 21))  # (shift, width)
WAVES = [[math.cos(math.pi / SIDE * (x + 0.5) * wave) for x in range(SIDE)] for wave in range(8)]

# --- texts ---
WORDS = 3  # in a shingle
LEAST = 12  # shingles of a text that has anything to compare
MOST = 1_000  # shingles that are looked at: the same of equal texts, however long
SLOTS, SAME = 12, 8  # numbers of a text, and how many of them are equal where texts are near
SALTS = [int.from_bytes(blake2b(bytes([number]), digest_size=8).digest()) for number in range(2 * SLOTS)]
FULL = (1 << 64) - 1


def picture_prints(picture):
    """[(number, grey cells)] for each of CUT; [] of a picture that shows next to nothing."""
    grey = picture.convert("L")
    cells = [resized(grey, FINE, Image.Resampling.BOX, cut) for cut in CUT]
    if ImageStat.Stat(cells[0]).stddev[0] < BLANK:
        return []
    return [
        (shape(resized(grey, SIDE, Image.Resampling.LANCZOS, cut)), fine.tobytes())
        for cut, fine in zip(CUT, cells, strict=True)
    ]


def resized(picture, side, how, cut):
    return picture.resize((side, side), how, rim(picture, cut))


def rim(picture, cut):
    """The box that is left when `cut` per cent of each side are taken away."""
    wide, high = picture.width * cut / 100, picture.height * cut / 100
    return wide, high, picture.width - wide, picture.height - high


def shape(small):
    """64 bits: which of the slowest waves of a grey picture are stronger than half of them (a DCT), as a bigint."""
    grey = small.tobytes()
    rows = [
        [sum(grey[line + x] * wave[x] for x in range(SIDE)) for wave in WAVES] for line in range(0, SIDE * SIDE, SIDE)
    ]
    waves = [sum(rows[y][u] * wave[y] for y in range(SIDE)) for wave in WAVES for u in range(8)]
    waves[0] = 0.0  # how light it is all over says nothing
    middle = sorted(waves)[32]
    return signed(sum((strength > middle) << bit for bit, strength in enumerate(waves)))


def signed(number):
    """64 bits as PostgreSQL's bigint has them."""
    return number - (1 << 64) if number >> 63 else number


def distance(one, other):
    """In how many bits two numbers differ."""
    return ((one ^ other) & FULL).bit_count()


def flips(width):
    """What the bits of a band may differ by in numbers that are near: nothing, or one bit."""
    return [0, *(1 << bit for bit in range(width))]


def is_same_picture(one, other):
    """Whether the cells of two pictures show the same, be it lighter, smaller or coarser."""
    mine, theirs = evened(one), evened(other)
    if not mine or not theirs:
        return False
    histogram = ImageChops.difference(mine, theirs).histogram()
    left, total = CELLS, 0
    for step in range(255, 0, -1):
        taken = min(left, histogram[step])
        left, total = left - taken, total + taken * step
    return total / CELLS < DIFFERENT * EVEN


def evened(cells):
    """Grey cells with the same mean and deviation for all, None if there is nothing in them."""
    picture = Image.frombytes("L", (FINE, FINE), bytes(cells))
    stat = ImageStat.Stat(picture)
    mean, deviation = stat.mean[0], stat.stddev[0]
    if not deviation:
        return None
    return picture.point([max(0, min(255, round(128 + (step - mean) * EVEN / deviation))) for step in range(256)])


def text_prints(text):
    """SLOTS numbers, [] of a text too short to be compared. Case, accents and punctuation say nothing."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    words = re.findall(r"[^\W_]+", "".join(each for each in plain if not unicodedata.combining(each)))
    shingles = {" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}
    if len(shingles) < LEAST:
        return []
    marks = sorted(mark(shingle) for shingle in shingles)[:MOST]
    least = [min(((each ^ salt) * 0x9E3779B97F4A7C15) & FULL for each in marks) for salt in SALTS]
    return [signed(mark(f"{slot} {least[2 * slot]} {least[2 * slot + 1]}")) for slot in range(SLOTS)]


def mark(word):
    return int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest())
