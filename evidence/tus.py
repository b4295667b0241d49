"""The tus 1.0 protocol for resumable uploads: core, creation, checksum, expiration and termination.

The doors say what an upload is for, who may touch it and how a refusal looks; here are headers and statuses only.
https://tus.io/protocols/resumable-upload
"""

import base64
import binascii

from django.http import HttpResponse
from django.utils.http import http_date

from evidence import resuming
from evidence.reasons import max_bytes
from evidence.uploading import BYTES

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,expiration,termination"
ALGORITHMS = ("sha1", "sha256", "md5")
CHECKSUM_MISMATCH = 460
LONGEST_METADATA = 16 * 1024


class Malformed(Exception):
    """What was sent is not the protocol; `status` says how."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def method_of(request):
    """What is asked for: some networks let nothing but GET and POST pass."""
    return (
        request.headers.get("X-HTTP-Method-Override", "").upper() or "POST"
        if request.method == "POST"
        else (request.method)
    )


def options():
    """What this server can do."""
    headers = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(max_bytes())}
    return answer(204, **headers, **{"Tus-Checksum-Algorithm": ",".join(ALGORITHMS)})


def answer(status, upload=None, **headers):
    """An answer without a body; about `upload` if there is one."""
    return marked(HttpResponse(status=status, headers=headers), upload)


def marked(response, upload=None):
    """`response` with the headers that every answer of the protocol has."""
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    if upload is not None:
        response.headers["Upload-Offset"] = str(upload.offset)
        response.headers["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return response


def malformed(error):
    response = HttpResponse(str(error), status=error.status, content_type="text/plain; charset=utf-8")
    if error.status == 412:
        response.headers["Tus-Version"] = VERSION
    return marked(response)


def check_version(request):
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Malformed(412, f"Send Tus-Resumable: {VERSION}.")


def announced(request):
    """(size, {name: text}) of a file that is about to be sent."""
    check_version(request)
    if "Upload-Length" not in request.headers:
        raise Malformed(400, "Send Upload-Length: lengths told later are not supported.")
    return number(request, "Upload-Length"), metadata_of(request.headers.get("Upload-Metadata", ""))


def number(request, name):
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Malformed(400, f"{name} is not a number of bytes.")
    return int(text)


def metadata_of(header):
    """Key and base64 value, apart by a space; pairs by commas."""
    if len(header) > LONGEST_METADATA:
        raise Malformed(400, "Upload-Metadata is too long.")
    found = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        name, _space, value = pair.partition(" ")
        try:
            text = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Malformed(400, "Upload-Metadata is not base64 of UTF-8.") from error
        if name in found:
            raise Malformed(400, "Upload-Metadata names something twice.")
        found[name] = text
    return found


def begun(upload, address):
    return answer(201, upload, Location=address)


def told(request, upload):
    """How far it is, once nobody is writing."""
    check_version(request)
    try:
        resuming.settle(upload)
    except resuming.Busy:
        raise Malformed(423, "A piece of this file is being received.") from None
    return answer(200, upload, **{"Upload-Length": str(upload.size)})


def take(request, upload, body):
    """Appends the bytes of a PATCH, which `body` reads; returns the answer. Raises Malformed and FileRefused."""
    check_version(request)
    if request.headers.get("Content-Type", "").partition(";")[0].strip() != BYTES:
        raise Malformed(415, f"Send the bytes as {BYTES}.")
    offset, checksum = number(request, "Upload-Offset"), checksum_of(request)
    length = number(request, "Content-Length") if request.headers.get("Content-Length") else 0
    try:
        resuming.append(upload, body, offset=offset, length=length, checksum=checksum)
    except resuming.WrongOffset:
        raise Malformed(409, f"The file ends at {upload.offset} so far.") from None
    except resuming.Busy:
        raise Malformed(423, "Another piece of this file is being received.") from None
    except resuming.WrongChecksum:
        raise Malformed(CHECKSUM_MISMATCH, "The piece does not match its checksum.") from None
    except FileNotFoundError:
        raise Malformed(410, "This upload is gone. Begin again.") from None
    return answer(204, upload)


def checksum_of(request):
    """(algorithm, digest) of the piece, None if it has none."""
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _space, value = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Malformed(400, "This checksum algorithm is not supported.")
    try:
        return algorithm, base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise Malformed(400, "Upload-Checksum is not base64.") from error


def drop(request, upload):
    """Ends the upload; its bytes are gone."""
    check_version(request)
    try:
        resuming.drop(upload)
    except resuming.Busy:
        raise Malformed(423, "A piece of this file is being received.") from None
    return answer(204)
