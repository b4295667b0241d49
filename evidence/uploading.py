"""Files of a request stream to the storage's own disk while they are hashed; a request holds 64 KB of them."""

import os
from hashlib import sha256

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import QueryDict, multipartparser
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict

from evidence import blobs
from evidence.errors import FileRefused
from evidence.names import clean_name
from evidence.reasons import max_bytes

# Boundaries, part headers and short fields beside one file.
FIELDS_ROOM = 64 * 1024
# A browser may send all files of a claim at once: domain.md allows 200 MB.
FILES_PER_FORM = 8
# What a piece of a file that is sent in pieces calls itself.
BYTES = "application/offset+octet-stream"
# The headers of a part hold the file's name; Django's 1,024 bytes would answer 400 to a long one.
multipartparser.MAX_TOTAL_HEADER_SIZE = 32 * 1024


def most_bytes(*, strict):
    """The longest body anybody may send; a program (`strict`) sends one file at a time."""
    return max_bytes() * (1 if strict else FILES_PER_FORM) + FIELDS_ROOM


class StreamedUpload(UploadedFile):
    """One file part on disk, with its `sha256`. `problem` is the door code that spoils it, "" for none.

    A spoilt upload has no bytes; intake.store() raises its problem, so that a page can show it beside
    the field with everything else that was typed.
    """

    def __init__(self, name, content_type=None):
        super().__init__(None, clean_name(name), content_type, size=0)
        self.problem = ""
        self.digest = sha256()
        try:
            with blobs.room():
                self.file = blobs.temporary()
        except FileRefused as error:
            self.spoil(error.code)

    @classmethod
    def of(cls, name, chunks):
        """An upload made of `chunks` (an iterable of bytes) outside of a request."""
        upload = cls(name)
        for chunk in chunks:
            upload.take(chunk)
        return upload.ready()

    def take(self, chunk):
        self.size += len(chunk)
        if self.size > max_bytes():
            self.spoil("too_large")
        if self.problem:
            return
        try:
            with blobs.room():
                self.file.write(chunk)
        except FileRefused as error:
            self.spoil(error.code)
        self.digest.update(chunk)

    def spoil(self, code):
        self.problem = self.problem or code
        self.close()

    def ready(self):
        """Itself, to be read from the start; bytes still buffered may be the ones that no longer fit."""
        if not self.problem:
            try:
                with blobs.room():
                    self.file.flush()
            except FileRefused as error:
                self.spoil(error.code)
            else:
                self.file.seek(0, os.SEEK_SET)
        return self

    @property
    def sha256(self):
        return self.digest.hexdigest()

    def temporary_file_path(self):
        return self.file.name

    def close(self):
        """Called when the request ends; what was not stored by then is gone."""
        if self.file is not None:
            blobs.discard(self.file)


class ToDisk(FileUploadHandler):
    """Feeds each part into a StreamedUpload. With `strict` a spoilt one ends the reading at once."""

    def __init__(self, request, strict):
        super().__init__(request)
        self.strict = strict
        self.uploads = []

    def new_file(self, field_name, file_name, content_type, *args, **kwargs):
        super().new_file(field_name, file_name, content_type, *args, **kwargs)
        self.uploads.append(StreamedUpload(file_name, content_type))

    def receive_data_chunk(self, raw_data, start):
        upload = self.uploads[-1]
        upload.take(raw_data)
        if upload.problem and self.strict:
            raise FileRefused(upload.problem)

    def file_complete(self, file_size):
        return self.uploads[-1].ready()

    def close(self):
        for upload in self.uploads:
            upload.close()


class Parts(MultiPartParser):
    """Takes any file name: Django would drop a file called ".", we call it "document"."""

    def sanitize_file_name(self, file_name):
        return clean_name(file_name)


class Counted:
    """The body, and how much of it came. A server passes on a lost connection as an early end."""

    def __init__(self, body):
        self.body, self.received = body, 0

    def read(self, size):
        data = self.body.read(size)
        self.received += len(data)
        return data


class StreamingUploadHandler(FileUploadHandler):
    """Reads a whole multipart body in Django's place (FILE_UPLOAD_HANDLERS).

    A program (it sends an Authorization header) gets FileRefused as soon as its file is too large, even
    before the body is read if Content-Length says so. A browser's form holds typed text and the CSRF
    token in the same body: it is read to the end, only the file's bytes are dropped. Beyond what any
    form may hold nothing is read and `request.upload_problem` tells the error pages why.
    """

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):  # noqa: N803
        strict = bool(META.get("HTTP_AUTHORIZATION"))
        if content_length > most_bytes(strict=strict):
            return self.refuse(strict)
        body, to_disk = Counted(input_data), ToDisk(self.request, strict)
        try:
            post, files = Parts(META, body, [to_disk], encoding).parse()
            if body.received < content_length:
                raise MultiPartParserError("The body ended before its announced length.")
        except Exception:
            to_disk.close()
            raise
        return post, files

    def refuse(self, strict):
        problem = FileRefused("too_large")
        if strict:
            raise problem
        self.request.upload_problem = problem
        return QueryDict(), MultiValueDict()
