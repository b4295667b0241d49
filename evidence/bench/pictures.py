"""Pictures: are they whole, are they bearable, and what do they look like without their metadata."""

import struct
from io import BytesIO

import pillow_heif
from PIL import Image, ImageFile, ImageOps

MAX_PIXELS = 50_000_000
MAX_FRAMES = 500
SIDE = 1200  # the longer side of a preview
# A JPEG of several pictures (MPO) is opened as JPEG.
FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"]
PALETTES = {"1", "P", "PA"}  # cannot be scaled smoothly as they are
# Sizes are compared before anything is decoded, see judge().
Image.MAX_IMAGE_PIXELS = None
pillow_heif.register_heif_opener()
pillow_heif.options.DECODE_THREADS = 1


def judge(path):
    """(reason, warnings, a function that returns the preview)."""
    try:
        if has_too_many_pixels(path):
            return "too_many_pixels", [], None
        picture, warnings = decoded(path)
    except MemoryError:
        raise
    except Exception:  # decoders raise anything on a crafted file: OSError, SyntaxError, struct.error, KeyError …
        return "broken_picture", [], None
    return "", warnings, lambda: jpeg(picture)


def has_too_many_pixels(path):
    with open(path, "rb") as file:
        start = file.read(24)
    if start.startswith(b"\x89PNG") and len(start) == 24 and is_too_large(struct.unpack(">LL", start[16:])):
        return True
    with Image.open(path, formats=FORMATS) as picture:
        # The frames of other formats share one canvas.
        frames = picture.n_frames if picture.format in ("TIFF", "HEIF") else 1
        return frames > MAX_FRAMES or any(is_too_large(size) for size in frame_sizes(picture, frames))


def frame_sizes(picture, frames):
    for frame in range(frames):
        picture.seek(frame)
        yield picture.size


def is_too_large(size):
    return size[0] * size[1] > MAX_PIXELS


def decoded(path):
    """(picture, warnings): whole, or as far as it goes. Raises what the decoder raises."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        return loaded(path), []
    except OSError:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        return loaded(path), ["incomplete_picture"]


def loaded(path):
    picture = Image.open(path, formats=FORMATS)
    # A JPEG is decoded at the size that is needed, which costs a tenth.
    picture.draft("RGB", (SIDE, SIDE))
    picture.load()
    return picture


def jpeg(picture):
    """`picture`, upright and at most 1,200 pixels wide or high, as a new JPEG: no EXIF, no place, no comment."""
    if picture.mode in PALETTES:
        picture = picture.convert("RGBA")
    picture.thumbnail((SIDE, SIDE))
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    page = Image.new("RGB", upright.size, "white")
    page.paste(upright, mask=upright.getchannel("A"))
    out = BytesIO()
    page.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()
