"""Opens archives and mails: yields (path, pieces) of each file inside, or a list of warnings.

The pieces are bytes; a text among them ends the file and says why it is left out.
"""

from email.errors import HeaderParseError
from email.generator import BytesGenerator
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from io import BytesIO
from zipfile import ZipFile

import olefile

from evidence.archives import ARCHIVES, DAMAGED, worth_opening
from evidence.names import extension

PIECE = 64 * 1024
MOST_PARTS = 200
# A picture inside the text of a mail that is smaller than this is a logo, not a document.
ORNAMENT = 20 * 1024
# Parts that belong to how a mail is sent or signed.
MACHINERY = {
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
    "message/delivery-status", "text/rfc822-headers", "message/disposition-notification",
}  # fmt: skip


def archive(path, most):
    with ZipFile(path) as opened:
        for member in worth_opening(opened):
            yield member.filename, unpacked(opened, member, most)


def unpacked(opened, member, most):
    if extension(member.filename) in ARCHIVES:
        yield "nested_archive"
    elif member.file_size > most:
        yield "too_large"
    else:
        try:
            # zipfile gives no more than the size that was announced, and checks the sum at the end.
            with opened.open(member) as file:
                while piece := file.read(PIECE):
                    yield piece
        except DAMAGED:
            yield "broken_inside"


def mail(path, most):
    try:
        with open(path, "rb") as file:
            message = BytesParser(policy=compat32).parse(file)
        parts = attachments_of(message)
    except RecursionError:
        yield ["too_many_parts"]
        return
    for number, part in enumerate(parts[:MOST_PARTS], 1):
        yield name_of(part, number), content_of(part, most)
    if len(parts) > MOST_PARTS:
        yield ["too_many_parts"]


def attachments_of(message):
    """Its parts, outermost first, that are files and not the text of the mail. A mail inside is one of them."""
    found, rest = [], [(message, "")]
    while rest and len(found) <= MOST_PARTS:
        part, within = rest.pop()
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            rest += [(each, kind) for each in reversed(part.get_payload())]
        elif is_file(part, kind, within):
            found.append(part)
    return found


def is_file(part, kind, within):
    if kind in MACHINERY or part.get_content_maintype() == "multipart":
        return False
    if kind == "message/rfc822":
        return True
    named = filename_of(part) or part.get_content_disposition() == "attachment"
    if part.get_content_maintype() == "text" and not named:
        return False
    ornament = within == "multipart/related" and part.get("Content-ID") and kind.startswith("image/")
    return not (ornament and len(part.get_payload() or "") * 3 // 4 < ORNAMENT)


def filename_of(part):
    try:
        name = part.get_filename()
        return str(make_header(decode_header(name))) if name else ""
    except (HeaderParseError, LookupError, ValueError, TypeError, AttributeError):
        return "attachment"


def name_of(part, number):
    name = filename_of(part)
    if part.get_content_type() == "message/rfc822" and extension(name) != "eml":
        return f"{name or f'message {number}'}.eml"
    return name or f"attachment {number}"


def content_of(part, most):
    try:
        data = whole(part)
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError, IndexError):
        data = None
    if data is None:
        yield "broken_inside"
    elif len(data) > most:
        yield "too_large"
    else:
        yield data


def whole(part):
    """The bytes of a part; of a mail inside a mail as it was sent, header lines unfolded by nobody."""
    if part.get_content_type() != "message/rfc822":
        return part.get_payload(decode=True)
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else payload
    if not isinstance(inner, Message):
        return inner.encode("utf-8", "surrogateescape") if isinstance(inner, str) else None
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, maxheaderlen=0, policy=compat32).flatten(inner)
    return out.getvalue()


def message(path, most):
    """The attachments of an Outlook message; one that is a message itself stays closed."""
    with olefile.OleFileIO(path) as ole:
        storages = sorted({entry[0] for entry in ole.listdir(storages=True) if entry[0].startswith("__attach_version")})
        for number, storage in enumerate(storages[:MOST_PARTS], 1):
            yield title_of(ole, storage) or f"attachment {number}", data_of(ole, storage, most)
        if len(storages) > MOST_PARTS:
            yield ["too_many_parts"]


def title_of(ole, storage):
    for tag in ("3707", "3704", "3001"):
        for kind, encoding in (("001F", "utf-16-le"), ("001E", "cp1252")):
            if ole.exists(f"{storage}/__substg1.0_{tag}{kind}"):
                data = ole.openstream(f"{storage}/__substg1.0_{tag}{kind}").read(2000)
                return data.decode(encoding, "replace").split("\0")[0]
    return ""


def data_of(ole, storage, most):
    stream = f"{storage}/__substg1.0_37010102"
    try:
        if not ole.exists(stream):
            yield "closed_message" if ole.exists(f"{storage}/__substg1.0_3701000D") else "empty_file"
        elif ole.get_size(stream) > most:
            yield "too_large"
        else:
            yield ole.openstream(stream).read()
    except OSError:
        yield "broken_inside"
