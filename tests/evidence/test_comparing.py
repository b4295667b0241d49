"""Nearly equal pictures and texts find each other, different ones do not, and nothing near is missed by the index."""

import io
import random
from datetime import UTC, datetime
from decimal import Decimal
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from PIL import Image, ImageEnhance

from config.demo import papers
from evidence import comparing, likeness
from evidence.likeness import NEAR, distance, flips, is_same_picture, picture_prints, signed, text_prints
from evidence.models import Content, Fingerprint, Page
from evidence.scanning import scan_batch

WORDS = st.integers(-(2**63), 2**63 - 1)
STORY = (
    "La bolletta della luce arriva solo per posta elettronica. Scadeva lunedì 23 gennaio, non l'ho potuta vedere e ho"
    " pagato la mora. Ho chiamato tre volte l'assistenza senza ottenere una data per il ripristino. Allego i documenti"
    " e resto a disposizione per chiarimenti, come ho già scritto al servizio clienti nei giorni scorsi."
)


def drawn(kind, seed):
    rnd = random.Random(seed)
    facts = {
        "login": f"{rnd.choice(('anna', 'm.verdi', 'carla.bianchi'))}{seed}@libero.example",
        "client": rnd.choice(("Studio Bellini", "Edil Nord", "Hotel Miramare")),
        "city": rnd.choice(("Torino", "Bari", "Genova")),
        "item": rnd.choice(("Commessa persa", "Viaggio a Udine", "Tre notti")),
        "amount": Decimal(rnd.randint(10, 900)),
        "moment": datetime(2023, 1, rnd.randint(23, 26), rnd.randint(8, 17), tzinfo=UTC),
        "number": rnd.randint(1000, 9999),
    }
    return Image.open(io.BytesIO(papers.draw(kind, facts, rnd)[1])).convert("RGB")


def again(picture, quality):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file)


def without_rim(picture, share):
    wide, high = round(picture.width * share), round(picture.height * share)
    return picture.crop((wide, high, picture.width - wide, picture.height - high))


ALTERED = {
    "as it is": lambda picture: picture,
    "half as large": lambda picture: picture.resize((picture.width // 2, picture.height // 2)),
    "larger": lambda picture: picture.resize((picture.width * 3 // 2, picture.height * 3 // 2)),
    "saved again": lambda picture: again(picture, 40),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.8),
    "less contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(0.8),
    "cut by 1 %": lambda picture: without_rim(picture, 0.01),
    "cut by 3 %": lambda picture: without_rim(picture, 0.03),
    "all at once": lambda picture: again(
        ImageEnhance.Brightness(without_rim(picture, 0.02).resize((600, 500))).enhance(0.9), 60
    ),
}


def are_same(one, other):
    mine, theirs = picture_prints(one), picture_prints(other)
    return any(distance(a, b) <= NEAR and is_same_picture(fine, others) for a, fine in mine for b, others in theirs)


@pytest.mark.parametrize("how", ALTERED)
@pytest.mark.parametrize("kind", ["screenshot", "photo"])
def test_an_altered_picture_is_the_same(kind, how):
    found = [are_same(picture, ALTERED[how](picture)) for picture in (drawn(kind, seed) for seed in range(6))]
    assert all(found)


@pytest.mark.parametrize("kind", ["screenshot", "photo"])
def test_pictures_made_alike_of_other_people_are_not_the_same(kind):
    pictures = [drawn(kind, seed) for seed in range(9)]
    assert not [(a, b) for a in range(9) for b in range(a) if are_same(pictures[a], pictures[b])]


def test_a_picture_that_shows_nothing_has_no_fingerprint():
    almost = Image.new("RGB", (300, 200), "white")
    almost.putpixel((5, 5), (0, 0, 0))
    for blank in (Image.new("RGB", (300, 200), "white"), almost, Image.new("L", (1, 1)), Image.new("L", (9000, 1))):
        assert picture_prints(blank) == []


def equal(one, other):
    return sum(a == b for a, b in zip(text_prints(one), text_prints(other), strict=True))


@pytest.mark.parametrize(
    "edited",
    [
        STORY.upper(),
        STORY.replace("à", "a'").replace("è", "e'").replace(",", ""),
        STORY.replace("luce", "gas"),
        STORY + " Grazie.",
        "Buongiorno. " + STORY,
    ],
)
def test_an_edited_text_is_near(edited):
    assert equal(STORY, edited) >= likeness.SAME


def test_another_text_is_not_near_and_a_short_one_is_not_compared():
    other = (
        "Sono una grafica. Lo studio mi aveva chiesto conferma di un preventivo entro martedì: la mail è tornata"
        " indietro e il lavoro è andato altrove, a Torino. Allego i documenti e resto a disposizione per chiarimenti."
    )
    assert equal(STORY, other) < likeness.SAME // 2
    for short in ("", "Non funzionava la posta.", "no " * 500, "\ud800 \0"):
        assert text_prints(short) == []


@given(WORDS, st.sets(st.integers(0, 63), max_size=NEAR))
def test_whatever_is_near_is_under_one_of_the_keys(value, flipped):
    other = value
    for bit in flipped:
        other = signed((other & likeness.FULL) ^ (1 << bit))
    assert any(((value ^ other) >> shift) & ((1 << width) - 1) in flips(width) for shift, width in likeness.BANDS)


class TheIndex(TestCase):
    @settings(max_examples=15, deadline=None)
    @given(st.lists(WORDS, min_size=1, max_size=4), st.randoms(use_true_random=False))
    def test_finds_what_a_scan_of_all_finds(self, values, rnd):
        Fingerprint.objects.all().delete()
        others = [signed(rnd.getrandbits(64)) for _ in range(20)]
        for value in values:
            for bits in (0, 1, 3, 5, 6, 9):
                mask = sum(1 << bit for bit in rnd.sample(range(64), bits))
                others.append(signed((value & likeness.FULL) ^ mask))
        Fingerprint.objects.bulk_create(
            Fingerprint(sha256=f"{number:064}", kind="image", value=value) for number, value in enumerate(others)
        )
        slowly = {
            (place, f"{number:064}")
            for place, value in enumerate(values)
            for number, other in enumerate(others)
            if distance(value, other) <= NEAR
        }
        assert {(place, sha256) for place, sha256, _, _ in comparing.close_to(values)} == slowly


def png(picture):
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def read(judged):
    """read(name, content, text="") is a document that was judged, and read as saying `text`."""

    def go(name, content, text=""):
        document = judged(name, content)
        if text:
            Page.objects.create(content_id=document.sha256, number=1, text=text)
        Content.objects.filter(pk=document.sha256).update(state="read", read_at=timezone.now())
        return document

    return go


def printed():
    while comparing.print_batch():
        pass


def test_a_screenshot_that_was_made_smaller_is_found(read):
    picture = drawn("screenshot", 1)
    one = read("a.png", png(picture))
    other = read("b.png", png(without_rim(picture, 0.02).resize((500, 300))))
    read("c.png", png(drawn("screenshot", 2)))
    printed()
    (found,) = comparing.near([one.sha256])
    assert (found.other, found.kind) == (other.sha256, "image")
    assert found.score >= 95


def test_texts_are_compared_and_what_has_text_is_not_compared_by_its_looks(read):
    one = read("a.txt", b"a", STORY)
    other = read("b.txt", b"b", STORY.replace("luce", "gas"))
    read("c.txt", b"c", STORY[::-1])
    printed()
    (found,) = comparing.near([one.sha256])
    assert (found.other, found.kind) == (other.sha256, "text")
    assert not Fingerprint.objects.filter(kind="image").exists()


def test_the_crank_does_each_once_and_again_what_was_read_again(read):
    one = read("a.txt", b"a", STORY)
    assert comparing.print_batch() == 1
    assert comparing.print_batch() == 0
    before = set(Fingerprint.objects.values_list("value", flat=True))
    Page.objects.update(text=STORY[::-1])
    Content.objects.filter(pk=one.sha256).update(read_at=timezone.now())
    assert comparing.print_batch() == 1
    after = set(Fingerprint.objects.values_list("value", flat=True))
    assert len(after) == likeness.SLOTS
    assert not after & before


def test_a_turn_that_is_killed_leaves_nothing_behind(read):
    read("a.txt", b"a", STORY)
    with mock.patch.object(Fingerprint.objects, "bulk_create", side_effect=SystemExit), pytest.raises(SystemExit):
        comparing.print_batch()
    assert not Fingerprint.objects.exists()
    assert comparing.print_batch() == 1


def test_a_preview_that_is_gone_does_not_stop_the_crank(read):
    document = read("a.png", png(drawn("screenshot", 1)))
    comparing.blobs.preview_path(document.sha256).unlink()
    assert comparing.print_batch() == 1
    assert comparing.print_batch() == 0
    assert not Fingerprint.objects.exists()


def test_what_was_not_read_yet_waits(hand_in):
    hand_in("a.txt", b"a")
    scan_batch()
    assert comparing.print_batch() == 0


def test_a_text_that_everybody_sends_stays_cheap(read):
    one = read("a.txt", b"a", STORY)
    printed()
    values = list(Fingerprint.objects.values_list("part", "value"))
    Fingerprint.objects.bulk_create(
        Fingerprint(sha256=f"{number:064}", kind="text", part=part, value=value)
        for number in range(300)
        for part, value in values
    )
    with CaptureQueriesContext(connection) as queries:
        assert len(comparing.near([one.sha256])) <= 300
    assert len(queries) <= 3
