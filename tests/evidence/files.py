"""Files that claimants send, and files that nobody should: each function returns bytes."""

import io
import struct
import zipfile
import zlib
from email import message_from_bytes, policy
from email.message import EmailMessage

import pikepdf
import pillow_heif
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from tests.evidence.compound import compound

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(52) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0" + bytes(200)
HTML = b"<!DOCTYPE html><html><script>alert(document.cookie)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XXE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
MAIL = b"From: Libero <no-reply@libero.example>\r\nTo: anna@libero.example\r\nSubject: Bounce\r\n\r\nNot delivered.\r\n"
GPS = {1: "N", 2: (45.0, 27.0, 51.0), 3: "E", 4: (9.0, 11.0, 22.0)}
GPS_TAG = 0x8825


def picture(kind="JPEG", size=(640, 480), mode="RGB", **options):
    """A colourful picture, so that its compressed bytes are many."""
    out = io.BytesIO()
    noise = Image.effect_noise(size, 80).convert(mode)
    noise.save(out, kind, **options)
    return out.getvalue()


def photo_with_place():
    """A JPEG as a phone takes it: turned, and with the place in its EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Canary Phones"
    exif.get_ifd(GPS_TAG).update(GPS)
    return picture(size=(800, 400), exif=exif, comment=b"canary comment")


def heic(size=(320, 240)):
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.effect_noise(size, 80).convert("RGB")).save(out, quality=50)
    return out.getvalue()


def png_chunk(kind, data):
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def png_header(width, height):
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0))


def png_bomb(width=65_535, height=65_535):
    """A few dozen bytes that promise billions of pixels."""
    return png_header(width, height) + png_chunk(b"IDAT", zlib.compress(b"\0" * 100)) + png_chunk(b"IEND", b"")


def png_text_bomb():
    """A small PNG with a text of 300 MB, packed."""
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    whole = picture("PNG", (8, 8))
    return whole[:33] + png_chunk(b"zTXt", b"Comment\0\0" + bomb) + whole[33:]


def tiff_bomb():
    """A TIFF directory that promises 65,535 by 65,535 pixels, with nothing behind it."""
    tags = [(256, 3, 65_535), (257, 3, 65_535), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1)]
    entries = b"".join(struct.pack("<HHLL", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<LH", 8, len(tags)) + entries + bytes(4)


def pdf(change=None, pages=1, **options):
    """A PDF of blank pages; `change(document)` may spoil it."""
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(200, 200))
    document.pages[0].Contents = Stream(document, b"1 0 0 rg 20 20 160 160 re f")
    if change:
        change(document)
    out = io.BytesIO()
    document.save(out, **options)
    return out.getvalue()


def pdf_with_password():
    return pdf(encryption=pikepdf.Encryption(user="secret", owner="owner"))


def action(kind, **more):
    return Dictionary(Type=Name.Action, S=Name("/" + kind), **more)


def pdf_that_acts(kind, *, where="open", **more):
    """A PDF with one action: when it is opened, behind a link, or in the chain after an innocent one."""

    def change(document):
        act = document.make_indirect(action(kind, **more))
        if where == "open":
            document.Root.OpenAction = act
        elif where == "link":
            document.pages[0].Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, A=act)])
        else:
            document.Root.OpenAction = action("GoTo", D=Array([document.pages[0].obj, Name.Fit]), Next=Array([act]))

    return pdf(change)


def pdf_with_attachment(name="notes.txt", content=b"hello"):
    return pdf(lambda document: document.attachments.__setitem__(name, content))


def pdf_that_bites_its_tail():
    """A tree of pages whose branch is its own root."""
    objects = (
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 2>>endobj\n"
        b"3 0 obj<</Type/Pages/Parent 2 0 R/Kids[2 0 R 3 0 R]/Count 2>>endobj\n"
    )
    return b"%PDF-1.4\n" + objects + b"trailer<</Root 1 0 R/Size 4>>\n%%EOF\n"


def pdf_with_xref_loop():
    """Two cross-reference tables, each of which says that the other one came before it."""
    body = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 3/Prev %010d>>\n"
    first = len(body)
    second = first + len(table % 0)
    return body + table % second + table % first + b"startxref\n%d\n%%%%EOF\n" % second


def pdf_changed_after_signing():
    """A PDF whose signature covers its first half; the rest came later."""

    def change(document):
        signature = Dictionary(Type=Name.Sig, Contents=b"\0" * 40, ByteRange=Array([0, 100, 150, 60]))
        document.Root.AcroForm = Dictionary(
            Fields=Array([Dictionary(FT=Name.Sig, V=document.make_indirect(signature))])
        )

    return pdf(change)


def archive(members, compression=zipfile.ZIP_DEFLATED):
    """A ZIP of {name: bytes}."""
    return archive_of(members.items(), compression)


def archive_of(members, compression=zipfile.ZIP_DEFLATED):
    """A ZIP of (name, bytes) pairs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name, content in members:
            made.writestr(name, content)
    return out.getvalue()


def mail(attachments, body="Hello."):
    """A message with (name, bytes) attached; .eml as a message inside it."""
    message = EmailMessage()
    message["From"], message["To"] = "Libero <no-reply@libero.example>", "anna@libero.example"
    message["Subject"], message["Date"] = "Papers", "Tue, 24 Jan 2023 10:00:00 +0100"
    message.set_content(body)
    for name, content in attachments:
        if name.endswith(".eml"):
            message.add_attachment(message_from_bytes(content, policy=policy.default), filename=name)
        else:
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def docx(**more):
    return archive({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:document/>", **more})


def xlsx(**more):
    return archive({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>", **more})


def odt(**more):
    return archive(
        {"mimetype": "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": "<m/>", "content.xml": "<c/>"}
        | more
    )


def encrypted_archive():
    """A ZIP whose one member asks for a password (its flag is set; the bytes do not matter)."""
    made = bytearray(archive({"secret.pdf": b"%PDF-1.4"}))
    made[6] |= 1
    made[made.index(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def msg():
    """An Outlook message with nothing in it but what it is."""
    return outlook()


def outlook(kind="IPM.Note", *, subject="Bounce", flags=0, attachments=(), closed=0, **texts):
    """A real Outlook message: `attachments` of (name, bytes), and `closed` messages attached to it.

    `texts` are further properties by their tag, such as {"007D": "the header lines"}.
    """
    properties = struct.pack("<LLQ", 0x0E070003, 6, flags)
    content = {
        "__nameid_version1.0": {"__substg1.0_00020102": b"", "__substg1.0_00030102": b"", "__substg1.0_00040102": b""},
        "__properties_version1.0": bytes(32) + properties,
        "__substg1.0_001A001F": kind.encode("utf-16-le"),
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
        **{f"__substg1.0_{tag}001F": text.encode("utf-16-le") for tag, text in texts.items()},
    }
    for number, (name, data) in enumerate(attachments):
        content[f"__attach_version1.0_#{number:08X}"] = {
            "__properties_version1.0": bytes(8),
            "__substg1.0_3707001F": name.encode("utf-16-le"),
            "__substg1.0_37010102": data,
        }
    for number in range(len(attachments), len(attachments) + closed):
        content[f"__attach_version1.0_#{number:08X}"] = {
            "__properties_version1.0": bytes(8),
            "__substg1.0_3701000D": {"__properties_version1.0": bytes(32)},
        }
    return compound(content)


def doc():
    """A Word file of the old kind."""
    return compound({"WordDocument": b"x" * 5000, "1Table": b"y"})
