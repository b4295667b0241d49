"""Which pictures are nearly the same, among a million: against one look into an index for an equal number."""

import time

from django.db import connection

from evidence import comparing
from evidence.likeness import FULL, signed
from evidence.models import Fingerprint
from tests.bench import data
from tests.bench.results import below

HASHES, TURNS, MOST = 1_000_000, 300, 5
# Numbers that are spread as those of pictures are, the same in every run.
FILL = """
INSERT INTO evidence_fingerprint (sha256, kind, part, value)
SELECT lpad(to_hex(n), 64, '0'), 'image', 0, hashint8extended(n, 7) FROM generate_series(1, %s) AS n
"""
PROBE = "SELECT id, sha256 FROM evidence_fingerprint WHERE sha256 = %s AND kind = 'image' AND part = 0"


def measure():
    with data.unguarded() as cursor:
        cursor.execute(FILL, [HASHES])
        cursor.execute("ANALYZE evidence_fingerprint")
    asked = list(Fingerprint.objects.filter(pk__lte=TURNS).values_list("sha256", "value"))
    # A little altered, as a picture that was saved again.
    altered = [
        signed((value & FULL) ^ (1 << turn % 64) ^ (1 << turn * 7 % 64)) for turn, (_, value) in enumerate(asked)
    ]
    for number, value in zip(asked[:20], altered[:20], strict=True):
        found = {sha256 for _, sha256, _, _ in comparing.close_to([value])}
        assert number[0] in found
    ours, base = [], []
    with connection.cursor() as cursor:
        for (sha256, _value), value in zip(asked, altered, strict=True):
            started = time.perf_counter()
            cursor.execute(PROBE, [sha256])
            assert cursor.fetchall()
            base.append(time.perf_counter() - started)
            started = time.perf_counter()
            assert comparing.close_to([value])
            ours.append(time.perf_counter() - started)
    below(
        f"nearly equal pictures among {HASHES:,}",
        ours=ours,
        base=base,
        target=MOST,
        base_name="for one probe of an index",
    )
