"""Which content rules a type of file has to pass."""

import json
import sys

from evidence.archives import DOCX, ODT, XLSX, ZIP
from evidence.bench import archives, hidden, pdf, pictures
from evidence.sniffing import PDF, PICTURES

# The harmless string every scanner calls a virus; known here so that a refusal can be tried without a scanner.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

JUDGES = {
    PDF: pdf.judge,
    **dict.fromkeys(PICTURES, pictures.judge),
    **dict.fromkeys((DOCX, ODT, XLSX, ZIP), archives.judge),
}


def judge(path, media_type):
    """Yields the verdict as a JSON line and then, if there is one, the preview as JPEG bytes."""
    try:
        reason, warnings, preview = look(path, media_type)
    except MemoryError:
        reason, warnings, preview = "too_complex", [], None
    yield json.dumps({"reason": reason, "warnings": warnings}).encode() + b"\n"
    if preview and not reason:
        try:
            yield preview()
        except Exception as error:  # a decoder may raise anything; a document without a preview is still a document
            sys.stderr.write(f"no preview of {media_type}: {type(error).__name__}\n")


def look(path, media_type):
    with open(path, "rb") as file:
        if file.read(len(EICAR)) == EICAR:
            return "malware", [], None
    if hidden.is_mixed(path, media_type):
        return "mixed_content", [], None
    look_closer = JUDGES.get(media_type)
    return look_closer(path) if look_closer else ("", [], None)
