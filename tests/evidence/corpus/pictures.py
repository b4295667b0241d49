"""Pictures."""

import io
import zlib

from PIL import Image

from tests.evidence import files
from tests.evidence.corpus import case
from tests.evidence.corpus.documents import followed_by, half

JAR = {"META-INF/MANIFEST.MF": b"Main-Class: A", "A.class": b"\xca\xfe\xba\xbe"}


def png_with_wrong_sum():
    whole = bytearray(files.picture("PNG", (64, 64)))
    whole[whole.index(b"IDAT") + 10] ^= 0xFF
    return bytes(whole)


def png_without_picture():
    return files.png_header(10, 10) + files.png_chunk(b"IEND", b"")


def png_that_unpacks_to_more():
    """A hundred pixels are promised, a hundred megabytes are packed."""
    data = zlib.compress(bytes(100_000_000))
    return files.png_header(10, 10) + files.png_chunk(b"IDAT", data) + files.png_chunk(b"IEND", b"")


def tiff(pages, size=(60, 40)):
    out = io.BytesIO()
    first, *rest = [Image.new("1", size, number % 2) for number in range(pages)]
    first.save(out, "TIFF", save_all=True, append_images=rest)
    return out.getvalue()


def large_tiff():
    """49 million pixels in a few kilobytes: as much as may be unpacked."""
    out = io.BytesIO()
    Image.new("L", (7_000, 7_000)).save(out, "TIFF", compression="tiff_deflate")
    return out.getvalue()


def too_large_tiff():
    out = io.BytesIO()
    Image.new("L", (7_100, 7_100)).save(out, "TIFF", compression="tiff_deflate")
    return out.getvalue()


CASES = [
    case("photo.jpg", files.photo_with_place, preview=True),
    case("last third missing.jpg", lambda: files.picture()[:60_000], warnings=("incomplete_picture",), preview=True),
    case("head only.jpg", lambda: files.picture()[:300], reason="broken_picture"),
    case("and an archive.jpg", followed_by, files.picture, files.archive({"a.txt": b"a"}), reason="mixed_content"),
    case("gifar.jpg", followed_by, files.picture, files.archive(JAR), reason="mixed_content"),
    case("and a page.jpg", followed_by, files.picture, files.HTML, reason="mixed_content"),
    case("gifar.gif", lambda: b"GIF89a" + bytes(50) + files.archive(JAR), door="type_not_allowed"),
    case("page.jpg", files.HTML, door="content_mismatch"),
    case("plain.png", files.picture, "PNG", preview=True),
    case("one pixel.png", files.picture, "PNG", (1, 1), preview=True),
    case("60,000 by 60,000.png", files.png_bomb, 60_000, 60_000, reason="too_many_pixels"),
    case("the largest numbers.png", files.png_bomb, 2**31 - 1, 2**31 - 1, reason="too_many_pixels"),
    case("a text of 300 MB.png", files.png_text_bomb, reason="broken_picture"),
    case("unpacks to more.png", png_that_unpacks_to_more, preview=True),
    case("wrong sum.png", png_with_wrong_sum, warnings=("incomplete_picture",), preview=True),
    case("without a picture.png", png_without_picture, reason="broken_picture"),
    case("and a page.png", lambda: files.picture("PNG", (64, 64)) + files.SVG, reason="mixed_content"),
    case("65,535 by 65,535.tif", files.tiff_bomb, reason="too_many_pixels"),
    case("49 million pixels.tif", large_tiff, preview=True),
    case("50.4 million pixels.tif", too_large_tiff, reason="too_many_pixels"),
    case("three pages.tif", tiff, 3, preview=True),
    case("501 pages.tif", tiff, 501, (1, 1), reason="too_many_pixels"),
    case("plain.webp", files.picture, "WEBP", preview=True),
    case("cut.webp", half, files.picture, "WEBP", reason="broken_picture"),
    case("plain.heic", files.heic, preview=True),
    case("cut.heic", half, files.heic, reason="broken_picture"),
    case("script.svg", files.SVG, door="type_not_allowed"),
    case("script.png", files.SVG, door="content_mismatch"),
    case("outer file.xml", files.XXE, door="type_not_allowed"),
]
