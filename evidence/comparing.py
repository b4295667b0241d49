"""Documents that are nearly the same: fingerprints are taken once of equal bytes, and looked up by an index."""

import logging
from dataclasses import dataclass

from django.db import connection, transaction
from PIL import Image

from evidence import blobs
from evidence.likeness import (
    BANDS,
    NEAR,
    SAME,
    SLOTS,
    distance,
    flips,
    is_same_picture,
    picture_prints,
    text_prints,
)
from evidence.models import Content, Document, Fingerprint
from evidence.sniffing import PICTURES

logger = logging.getLogger(__name__)
BATCH = 20
LONGEST = 200_000  # characters of a text that are compared
# What is found under one number at most: more is a text that everybody sends, and tells nothing.
MOST_OF_ONE, MOST_PICTURES = 200, 400

TEXTS = """
SELECT mine.sha256, other.sha256, count(*)
FROM evidence_fingerprint AS mine CROSS JOIN LATERAL (
    SELECT sha256 FROM evidence_fingerprint AS found
    WHERE found.kind = 'text' AND found.value = mine.value AND found.sha256 <> mine.sha256 LIMIT %(most)s
) AS other
WHERE mine.kind = 'text' AND mine.sha256 = ANY(%(digests)s)
GROUP BY 1, 2 HAVING count(*) >= %(same)s
"""
# Numbers that differ from one asked for in few bits: in one of the bands they differ in one bit at most, and what is
# found by one band is not told again by the next. OFFSET 0: each is looked up by the index, however many the planner
# believes there are. The index holds all that decides, so that only what is near is fetched.
BAND = """SELECT id, value FROM evidence_fingerprint
    WHERE kind = 'image' AND ((value >> {shift}) & {mask}) = ANY(ARRAY(
        SELECT ((asked.value >> {shift}) & {mask}) # flip FROM unnest('{{{flips}}}'::bigint[]) AS flip
    )) AND bit_count((value # asked.value)::bit(64)) <= {near}{new} OFFSET 0"""
NOT_YET = " AND bit_count((((value # asked.value) >> {shift}) & {mask})::bit(64)) > 1"
# The numbers come as a query of their own: so the planner expects the same of every call and keeps one plan for all,
# for making it takes longer than following it.
NEIGHBOURS = """SELECT asked.number, print.sha256, print.part, found.value
FROM unnest((SELECT %(values)s::bigint[])) WITH ORDINALITY AS asked(value, number)
CROSS JOIN LATERAL (({bands}) OFFSET 0) AS found
CROSS JOIN LATERAL (SELECT sha256, part FROM evidence_fingerprint WHERE id = found.id OFFSET 0) AS print
LIMIT {most}"""


def by_bands():
    """NEIGHBOURS by all of BANDS."""
    found, before = [], ""
    for shift, width in BANDS:
        mask, each = (1 << width) - 1, ", ".join(map(str, flips(width)))
        found.append(BAND.format(shift=shift, mask=mask, flips=each, near=NEAR, new=before))
        before += NOT_YET.format(shift=shift, mask=mask)
    return NEIGHBOURS.format(bands=") UNION ALL (".join(found), most=MOST_PICTURES)


PICTURES_NEAR = by_bands()


@dataclass(frozen=True)
class Near:
    """Bytes that are nearly the same as others; `score` is how near, in per cent."""

    sha256: str
    other: str
    kind: str
    score: int


@transaction.atomic
def print_batch(size=BATCH):
    """Takes the fingerprints of what was read; how many contents there were. 0 means that there is nothing to do."""
    contents = list(Content.objects.unprinted().select_for_update(skip_locked=True)[:size])
    for content in contents:
        Fingerprint.objects.filter(sha256=content.sha256).delete()
        Fingerprint.objects.bulk_create(prints_of(content))
        Content.objects.filter(pk=content.pk).update(printed_at=content.read_at)
    return len(contents)


def prints_of(content):
    """The rows for one content: by its text, if it has one, and as a picture if it is one or was scanned."""
    text = "\n".join(content.texts.order_by("number").values_list("text", flat=True)[:100])
    rows = [row(content, "text", part, value) for part, value in enumerate(text_prints(text[:LONGEST]))]
    if content.media_type in PICTURES or not text.strip():
        rows += [row(content, "image", part, *each) for part, each in enumerate(seen(content.sha256))]
    return rows


def row(content, kind, part, value, detail=None):
    return Fingerprint(sha256=content.sha256, kind=kind, part=part, value=value, detail=detail)


def seen(sha256):
    """picture_prints() of the preview that we made ourselves: the original is never opened here."""
    if not Document.objects.clean().filter(sha256=sha256, has_preview=True).exists():
        return []
    try:
        with Image.open(blobs.preview_path(sha256), formats=["JPEG"]) as picture:
            return picture_prints(picture)
    except OSError as error:
        logger.error("no fingerprint of %s: %s", sha256[:12], error)
        return []


def near(digests):
    """[Near] of everything that is nearly the same as one of these bytes, nearest first. Equal bytes are not told."""
    digests = sorted(set(digests))
    if not digests:
        return []
    found = like_texts(digests) + like_pictures(digests)
    best = {}
    for each in sorted(found, key=lambda each: each.score):
        best[each.sha256, each.other] = each
    return sorted(best.values(), key=lambda each: (-each.score, each.sha256, each.other))


def like_texts(digests):
    with connection.cursor() as cursor:
        cursor.execute(TEXTS, {"digests": digests, "most": MOST_OF_ONE, "same": SAME})
        return [Near(mine, other, "text", 100 * equal // SLOTS) for mine, other, equal in cursor.fetchall()]


def like_pictures(digests):
    own = list(Fingerprint.objects.filter(kind="image", sha256__in=digests).values_list("sha256", "part", "value"))
    found = {}
    for number, other, part, value in close_to([value for _, _, value in own]):
        mine, my_part, my_value = own[number]
        if mine != other:
            found.setdefault((mine, other), []).append((distance(my_value, value), my_part, part))
    names = {digest for pair in found for digest in pair}
    rows = Fingerprint.objects.filter(kind="image", sha256__in=names).values_list("sha256", "part", "detail")
    cells = {(digest, part): detail for digest, part, detail in rows}
    near = []
    for (mine, other), candidates in found.items():
        bits = verified(cells, mine, other, sorted(candidates))
        if bits is not None:
            near.append(Near(mine, other, "image", 100 - bits))
    return near


def verified(cells, mine, other, candidates):
    """How many bits apart two pictures are that are the same in detail too, None if they are not.

    `candidates` are (bits, part of mine, part of the other) that are near.
    """
    for bits, part, others_part in candidates:
        if is_same_picture(cells[mine, part], cells[other, others_part]):
            return bits
    return None


def close_to(values):
    """[(position in values, sha256, part, value)] of all pictures' numbers within NEAR bits of one of `values`."""
    if not values:
        return []
    with connection.cursor() as cursor:
        cursor.execute(PICTURES_NEAR, {"values": values})
        return [(number - 1, *more) for number, *more in cursor.fetchall()]
