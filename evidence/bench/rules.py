"""Which content rules a type of file has to pass, and what is said of it."""

import json
import sys

from evidence.archives import DOCX, ODT, XLSX, ZIP
from evidence.bench import hidden, mails, office, opening, pdf, pictures
from evidence.bench.hand import frame
from evidence.sniffing import EML, MSG, PDF, PICTURES

# The harmless string every scanner calls a virus; known here so that a refusal can be tried without a scanner.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

JUDGES = {
    PDF: pdf.judge,
    **dict.fromkeys(PICTURES, pictures.judge),
    **dict.fromkeys((DOCX, ODT, XLSX), office.judge),
    MSG: mails.judge_message,
    EML: mails.judge_mail,
}
OPENERS = {ZIP: opening.archive, EML: opening.mail, MSG: opening.message}
PIECE = 64 * 1024


def frames(path, media_type, most):
    """Yields the frames of evidence.bench: the verdict, then the preview or the files inside, each of `most` bytes."""
    try:
        reason, warnings, preview = look(path, media_type)
    except MemoryError:
        reason, warnings, preview = "too_complex", [], None
    yield frame(b"V", json.dumps({"reason": reason, "warnings": warnings}).encode())
    if preview and not reason:
        try:
            yield frame(b"P", preview())
        except Exception as error:  # a decoder may raise anything; a document without a preview is still a document
            sys.stderr.write(f"no preview of {media_type}: {type(error).__name__}\n")
    if media_type in OPENERS and not reason:
        yield from inside(OPENERS[media_type](path, most))
    yield frame(b"Z", b"")


def is_simple(media_type):
    """Whether a file of this type is only looked at and never taken apart."""
    return media_type not in JUDGES and media_type not in OPENERS


def inside(found):
    """The files that an opener found: (path, pieces), or a list of warnings."""
    for each in found:
        if isinstance(each, list):
            yield frame(b"W", json.dumps(each).encode())
            continue
        path, pieces = each
        yield frame(b"M", path.encode("utf-8", "replace"))
        reason = ""
        for piece in pieces:
            if isinstance(piece, str):
                reason = piece
                break
            for at in range(0, len(piece), PIECE):
                yield frame(b"D", piece[at : at + PIECE])
        yield frame(b"E", json.dumps(reason).encode())


def look(path, media_type):
    with open(path, "rb") as file:
        if file.read(len(EICAR)) == EICAR:
            return "malware", [], None
    if hidden.is_mixed(path, media_type):
        return "mixed_content", [], None
    look_closer = JUDGES.get(media_type)
    return look_closer(path) if look_closer else ("", [], None)
