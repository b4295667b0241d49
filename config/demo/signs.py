"""Papers of the demo that do not fit: of before or after the outage, changed later, of another account, of others."""

import io
import random
from datetime import UTC, datetime

import pikepdf
from PIL import Image

from config.demo import mails, papers

TAKEN, ZONE = 0x9003, 0x9011  # of EXIF
INNER = 0x8769
MOMENT = datetime(2023, 1, 24, 9, 30, tzinfo=UTC)


def draw(sign, facts):
    """(file name, bytes, kind of attachment) of the paper that shows this sign."""
    return MAKERS[sign](facts, random.Random(sign))  # noqa: S311 invented papers


def before(facts, rnd):
    """A screenshot whose clock says a day on which the mailbox worked, without a zone."""
    name, data = papers.screenshot({**facts, "moment": datetime(2023, 1, 20, 9, 12, tzinfo=UTC)}, rnd)
    return name.replace(".png", ".jpg"), photographed(opened(data), "2023:01:20 10:12:00"), "screenshot"


def after(facts, rnd):
    name, data = papers.screenshot({**facts, "moment": datetime(2023, 1, 27, 9, 40, tzinfo=UTC)}, rnd)
    return name.replace(".png", ".jpg"), photographed(opened(data), "2023:01:27 10:40:00", "+01:00"), "screenshot"


def edited(facts, rnd):
    """An invoice that was changed nine days after it was made."""
    name, data = papers.invoice({**facts, "moment": MOMENT}, rnd)
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        document.docinfo["/CreationDate"] = "D:20230124103000+01'00'"
        document.docinfo["/ModDate"] = "D:20230202181500+01'00'"
        document.save(file)
    return name, file.getvalue(), "invoice"


def other(facts, rnd):
    """The report of a mail that did not reach somebody else's account."""
    name, data = mails.bounce({**facts, "moment": MOMENT, "login": "c.deluca@libero.example"}, rnd)
    return name, data, "bounce"


def twin(facts, rnd):
    """The same picture, whoever hands it in."""
    same = {**facts, "login": "m.conti@virgilio.example", "moment": MOMENT, "number": 7314}
    name, data = papers.screenshot(same, random.Random("twin"))  # noqa: S311 invented papers
    return name, data, "screenshot"


def altered(facts, rnd):
    """The picture of twin(): cut, smaller, and saved again."""
    picture = opened(twin(facts, rnd)[1])
    wide, high = round(picture.width / 50), round(picture.height / 50)
    picture = picture.crop((wide, high, picture.width - wide, picture.height - high)).resize((548, 317))
    return "Screenshot_20230124.jpg", papers.encoded(picture, "JPEG", quality=70), "screenshot"


def opened(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def photographed(picture, taken, zone=""):
    """A JPEG with the moment of its EXIF."""
    exif = Image.Exif()
    exif.get_ifd(INNER).update({TAKEN: taken, **({ZONE: zone} if zone else {})})
    return papers.encoded(picture, "JPEG", quality=85, exif=exif)


MAKERS = {
    "before": before, "after": after, "edited": edited, "other": other, "twin": twin, "altered": altered,
}  # fmt: skip


def give(cases):
    """One sign each to the first of these cases."""
    for sign, case in zip(MAKERS, cases, strict=False):
        case.sign = sign
