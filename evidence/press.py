"""The process that makes pictures of pages: `python -m evidence.press <path> <media type> <most pages>`.

It reads one hostile file with limits and without network, secrets or a pen. It says how many pages there are (four
bytes), then each of the first of them as a JPEG with its length before it.
"""

import sys
from io import BytesIO

import pypdfium2
from PIL import Image, ImageOps

from evidence import cell
from evidence.bench import pictures

SIDE = 1654  # the longer side in pixels: A4 at 140 dots an inch
MEMORY = 1024 * 1024 * 1024
CPU = 90  # seconds
PDF = "application/pdf"


def main(path, media_type, most):
    cell.lock_up(memory=MEMORY, cpu=CPU)
    count, pages = pdf(path) if media_type == PDF else frames(path)
    say(count.to_bytes(4, "big"))
    for number in range(min(count, int(most))):
        data = jpeg(pages(number))
        say(len(data).to_bytes(4, "big") + data)


def pdf(path):
    """(how many pages, a function that renders one)."""
    document = pypdfium2.PdfDocument(path)

    def page(number):
        sheet = document[number]
        picture = sheet.render(scale=min(4, SIDE / max(*sheet.get_size(), 1))).to_pil()
        sheet.close()
        return picture

    return len(document), page


def frames(path):
    picture = Image.open(path, formats=pictures.FORMATS)

    def frame(number):
        picture.seek(number)
        return ImageOps.exif_transpose(picture.copy())

    return (picture.n_frames if picture.format in ("TIFF", "HEIF") else 1), frame


def jpeg(picture):
    if picture.mode in pictures.PALETTES or picture.mode not in ("RGB", "L"):
        picture = picture.convert("RGBA")
        page = Image.new("RGB", picture.size, "white")
        page.paste(picture, mask=picture.getchannel("A"))
        picture = page
    picture.thumbnail((SIDE, SIDE))
    out = BytesIO()
    picture.save(out, "JPEG", quality=80, optimize=True)
    return out.getvalue()


def say(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
