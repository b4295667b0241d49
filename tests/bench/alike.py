"""Which pictures and texts are nearly the same, among a million numbers of each: against one look into an index."""

import time

from django.db import connection

from evidence import comparing
from evidence.likeness import FULL, SLOTS, signed
from evidence.models import Fingerprint
from tests.bench import data
from tests.bench.results import below

HASHES, TURNS, MOST = 1_000_000, 300, 5
# Numbers that are spread as those of pictures are, the same in every run.
PICTURES = """
INSERT INTO evidence_fingerprint (sha256, kind, part, value)
SELECT lpad(to_hex(n), 64, '0'), 'image', 0, hashint8extended(n, 7) FROM generate_series(1, %s) AS n
"""
# Every text has one that is nearly the same, with two other numbers.
TEXTS = f"""
INSERT INTO evidence_fingerprint (sha256, kind, part, value)
SELECT lpad(to_hex(n), 64, '0'), 'text', slot,
    hashint8extended((n / 2 * {SLOTS} + slot) * 2 + n %% 2 * (slot < 2)::int, 9)
FROM generate_series(2, 1 + %s / {SLOTS}) AS n CROSS JOIN generate_series(0, {SLOTS} - 1) AS slot
"""
PROBE = "SELECT id, sha256 FROM evidence_fingerprint WHERE sha256 = %s AND kind = 'image' AND part = 0"


def measure():
    with data.unguarded() as cursor:
        cursor.execute(PICTURES, [HASHES])
        cursor.execute("VACUUM ANALYZE evidence_fingerprint")
    pictures()
    with data.unguarded() as cursor:
        cursor.execute(TEXTS, [HASHES])
        cursor.execute("VACUUM ANALYZE evidence_fingerprint")
    texts()


def pictures():
    asked = list(Fingerprint.objects.filter(pk__lte=TURNS).values_list("sha256", "value"))
    # A little altered, as a picture that was saved again.
    altered = {
        sha256: signed((value & FULL) ^ (1 << turn % 64) ^ (1 << turn * 7 % 64))
        for turn, (sha256, value) in enumerate(asked)
    }

    def look_up(sha256):
        return {found for _, found, _, _ in comparing.close_to([altered[sha256]])}

    for sha256 in altered:
        assert sha256 in look_up(sha256)
    compare(f"nearly equal pictures among {HASHES:,}", altered, look_up)


def texts():
    asked = [f"{number:064x}" for number in range(2, 2 + TURNS)]
    for sha256 in asked:
        assert [int(near.other, 16) for near in comparing.like_texts([sha256])] == [int(sha256, 16) ^ 1]
    compare(f"nearly equal texts among {HASHES:,}", asked, lambda sha256: comparing.like_texts([sha256]))


def compare(what, asked, look_up):
    ours, base = [], []
    with connection.cursor() as cursor:
        for sha256 in asked:
            started = time.perf_counter()
            cursor.execute(PROBE, [sha256])
            assert cursor.fetchall()
            base.append(time.perf_counter() - started)
            started = time.perf_counter()
            assert look_up(sha256)
            ours.append(time.perf_counter() - started)
    below(what, ours=ours, base=base, target=MOST, base_name="for one probe of an index")
