"""Pictures: when, with what and where they were taken, as their EXIF tells it."""

import math

import pillow_heif
from PIL import Image

from evidence.texts import moments, recognising
from evidence.texts.cleaning import Writer, line

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"]
EXIF, GPS = 0x8769, 0x8825
MAKE, MODEL, SOFTWARE, CHANGED = 0x010F, 0x0110, 0x0131, 0x0132
# (date, its zone) by what they are
TAKEN = {"photo_taken": (0x9003, 0x9011), "photo_stored": (0x9004, 0x9012)}
CHANGED_ZONE = 0x9010
GPS_TIME, GPS_DAY = 7, 29
# Compared with our limit on the bench, before anything was decoded.
Image.MAX_IMAGE_PIXELS = None
pillow_heif.register_heif_opener()
pillow_heif.options.DECODE_THREADS = 1


def read(path, ocr):
    try:
        with Image.open(path, formats=FORMATS) as picture:
            yield {"pages": 1, **told(picture)}
            if not ocr:
                yield {"skipped": "picture"}
                return
            writer = Writer()
            yield from writer.page(recognising.picture(picture, ocr))
            yield writer.end(notes=["recognised"])
    except (OSError, ValueError, SyntaxError):
        yield {"unreadable": "damaged"}


def told(picture):
    """{"facts", "location"}. Decoders of metadata raise anything on a crafted file; then there are none."""
    try:
        exif = picture.getexif()
        inner, place = exif.get_ifd(EXIF), exif.get_ifd(GPS)
    except Exception:
        return {"facts": {}, "location": None}
    facts = {
        "camera": line(f"{text(exif.get(MAKE))} {text(exif.get(MODEL))}"),
        "software": line(text(exif.get(SOFTWARE))),
    }
    dates = dated("file_changed", exif.get(CHANGED), inner.get(CHANGED_ZONE))
    for what, (date, zone) in TAKEN.items():
        dates += dated(what, inner.get(date), inner.get(zone))
    dates += satellite_time(place)
    made = picture.info.get("Creation Time") or picture.info.get("creation_time")
    if isinstance(made, str):
        dates += moments.fact("file_created", made, lambda said: moments.from_iso(said) or moments.from_mail(said))
    return {
        "facts": {key: value for key, value in facts.items() if value} | {"dates": dates},
        "location": location(place),
    }


def text(value):
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.strip("\0 ") if isinstance(value, str) else ""


def dated(what, date, zone):
    return moments.fact(what, text(date) + text(zone), moments.from_iso)


def satellite_time(place):
    try:
        hour, minute, second = (int(part) for part in place[GPS_TIME])
        written = f"{text(place[GPS_DAY])} {hour:02}:{minute:02}:{second:02}Z"
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return []
    return moments.fact("satellite_time", written, moments.from_iso)


def location(place):
    """{"latitude", "longitude"} in degrees, None if it is not told."""
    try:
        latitude = degrees(place[2]) * (-1 if text(place.get(1)) == "S" else 1)
        longitude = degrees(place[4]) * (-1 if text(place.get(3)) == "W" else 1)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return {"latitude": round(latitude, 6), "longitude": round(longitude, 6)}


def degrees(parts):
    whole, minute, second = (float(part) for part in parts)
    value = whole + minute / 60 + second / 3600
    if not math.isfinite(value):
        raise ValueError(value)
    return value
