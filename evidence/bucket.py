"""The S3-compatible bucket of STORAGE_URL=s3://…: originals under their hash, written once and read back.

Named in settings.STORAGES and asked for by blobs.bucket(), so that boto3 is loaded only where there is a bucket. Every
method that asks the server raises StorageAway while it does not answer, and refuses to be called inside a transaction.
"""

import os
import threading
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256 as new_sha256

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.db import connection
from django.utils.http import content_disposition_header
from storages.backends.s3 import S3Storage

from evidence.errors import StorageAway

OCTETS = "application/octet-stream"
PIECE = 256 * 1024
PART = 8 * 2**20  # a larger file goes up in parts of this size; one of them is in memory
LINK_LIVES = 60  # seconds: it is followed at once
ABSENT = {"NoSuchKey", "NoSuchUpload", "404"}
# A server that has no versions, or lists no begun uploads, says so to whoever asks for them.
UNKNOWN = {"NotImplemented", "MethodNotAllowed"}
ONLY = ""  # the version of what lies in such a server
# Checksums only where the protocol demands them: many servers know no others, and everything is read back anyway.
ALL = {
    "signature_version": "s3v4",
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}
WORKER = {"connect_timeout": 3, "read_timeout": 20, "retries": {"mode": "standard", "total_max_attempts": 3}}
# Somebody waits for the answer.
REQUEST = {"connect_timeout": 1, "read_timeout": 2, "retries": {"mode": "standard", "total_max_attempts": 1}}


class Spoilt(OSError):
    """What lies in the bucket under a hash are other bytes. They are never overwritten."""


@contextmanager
def asking():
    """Whatever goes wrong with the server is StorageAway, but for what is not there: FileNotFoundError."""
    if any(not block._from_testcase for block in connection.atomic_blocks):
        raise RuntimeError("the bucket is never asked inside a transaction")
    try:
        yield
    except ClientError as error:
        if error.response["Error"].get("Code") in ABSENT:
            raise FileNotFoundError(str(error)) from error
        raise StorageAway(str(error)) from error
    except BotoCoreError as error:
        raise StorageAway(str(error)) from error


class Server(S3Storage):
    """One client for all threads of a process: it is made for that, and making it takes a quarter of a second."""

    making = threading.Lock()

    @property
    def connection(self):
        with self.making:
            if getattr(self, "of_process", None) != os.getpid():
                self.made, self.of_process = super().connection, os.getpid()
            return self.made

    def _create_session(self):
        return session_of(os.getpid(), self.access_key, self.secret_key, self.security_token)


@cache
def session_of(_pid, *keys):
    return boto3.Session(*keys)


class Bucket(Server):
    """`public_endpoint` is where browsers reach the server, if elsewhere; without `links` we pass its bytes on."""

    def __init__(self, *, public_endpoint="", links=True, addressing_style="auto", **options):
        ways = {"s3": {"addressing_style": addressing_style}, **ALL}
        super().__init__(client_config=Config(**ways, **WORKER), **options)
        self.links = links
        self.hurried = Server(client_config=Config(**ways, **REQUEST), **options)
        shown = {**options, "endpoint_url": public_endpoint or options.get("endpoint_url")}
        self.shown = Server(client_config=Config(**ways), querystring_expire=LINK_LIVES, **shown)

    @property
    def client(self):
        return self.connection.meta.client

    def name_of(self, sha256):
        return f"sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def at(self, sha256):
        return {"Bucket": self.bucket_name, "Key": self.key(self.name_of(sha256))}

    def key(self, name):
        return f"{self.location.strip('/')}/{name}".lstrip("/")

    # --- in ---------------------------------------------------------------------------------------------
    def put(self, sha256, path):
        """The file `path` under its hash, unless it is there; returns once what lies there was read back and is it.

        What is there is never overwritten: Spoilt if it is something else. What of ours arrives damaged is removed.
        """
        new = self.size_of(sha256) is None and self.written(sha256, path)
        if self.hash_of(sha256) != sha256:
            if new:
                self.remove(sha256)
            raise Spoilt(f"{sha256} is not what lies in the bucket under this name")

    def written(self, sha256, path):
        """True if it was written; False if somebody else did meanwhile. Raises StorageAway: nothing is half-written."""
        with asking():
            try:
                self.write(sha256, path, {"IfNoneMatch": "*"})
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 412:
                    return False
                if error.response["Error"].get("Code") != "NotImplemented":
                    raise
                self.write(sha256, path, {})  # a server that knows no conditions: we looked before
        return True

    def write(self, sha256, path, condition):
        with path.open("rb") as file:
            if path.stat().st_size <= PART:
                self.client.put_object(**self.at(sha256), Body=file, ContentType=OCTETS, **condition)
            else:
                self.write_parts(sha256, file, condition)

    def write_parts(self, sha256, file, condition):
        upload = {**self.at(sha256)}
        upload["UploadId"] = self.client.create_multipart_upload(**upload, ContentType=OCTETS)["UploadId"]
        parts = []
        try:
            while data := file.read(PART):
                number = len(parts) + 1
                done = self.client.upload_part(**upload, PartNumber=number, Body=data)
                parts.append({"PartNumber": number, "ETag": done["ETag"]})
            self.client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **condition)
        except BaseException:
            self.give_up(upload)
            raise

    def give_up(self, upload):
        """Takes back what came of an upload; if that fails too, abandoned() finds it an hour later."""
        with suppress(ClientError, BotoCoreError):
            self.client.abort_multipart_upload(**upload)

    # --- out --------------------------------------------------------------------------------------------
    def size_of(self, sha256, *, hurried=False):
        """Bytes, None if it is not there."""
        client = (self.hurried if hurried else self).connection.meta.client
        try:
            with asking():
                return client.head_object(**self.at(sha256))["ContentLength"]
        except FileNotFoundError:
            return None

    def pieces(self, sha256):
        with asking(), closing(self.client.get_object(**self.at(sha256))["Body"]) as body:
            yield from body.iter_chunks(PIECE)

    def fetch(self, sha256, file):
        """Writes it into an open file. Raises FileNotFoundError."""
        for piece in self.pieces(sha256):
            file.write(piece)

    def hash_of(self, sha256):
        """What it hashes to now, "" if it is not there."""
        digest = new_sha256()
        try:
            for piece in self.pieces(sha256):
                digest.update(piece)
        except FileNotFoundError:
            return ""
        return digest.hexdigest()

    def opened(self, sha256, start, length):
        """`length` bytes from `start` on as an open file."""
        with asking():
            span = f"bytes={start}-{start + length - 1}"
            return self.hurried.connection.meta.client.get_object(**self.at(sha256), Range=span)["Body"]

    def link(self, sha256, name):
        """An address that gives it as a file to be saved, called `name`, to whoever has it, for a minute."""
        says = {
            "ResponseContentType": OCTETS,
            "ResponseContentDisposition": content_disposition_header(True, name),
            "ResponseCacheControl": "private, no-store",
        }
        return self.shown.url(self.name_of(sha256), parameters=says)

    # --- gone -------------------------------------------------------------------------------------------
    def remove(self, sha256):
        """Every version, delete marker and begun upload of it; left_of() says what became of that."""
        with asking():
            for version in self.versions(sha256):
                self.client.delete_object(**self.at(sha256), **({"VersionId": version} if version else {}))
            for upload in list(self.begun(self.at(sha256)["Key"])):
                self.client.abort_multipart_upload(**upload["at"])

    def left_of(self, sha256):
        """What the bucket still has under this hash, as a list of names."""
        with asking():
            names = [f"bucket: version {version or 'without a name'}" for version in self.versions(sha256)]
            return names + [f"bucket: upload {each['at']['UploadId']}" for each in self.begun(self.at(sha256)["Key"])]

    def versions(self, sha256):
        """The ids of its versions and delete markers; "null" in a bucket that keeps none, ONLY if the server cannot."""
        at = self.at(sha256)
        found = []
        try:
            for page in self.pages_of("list_object_versions", Prefix=at["Key"]):
                listed = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                found += [each["VersionId"] for each in listed if each["Key"] == at["Key"]]
        except ClientError as error:
            if error.response["Error"].get("Code") not in UNKNOWN:
                raise
            return [] if self.size_of(sha256) is None else [ONLY]
        return found

    def begun(self, prefix):
        try:
            for page in self.pages_of("list_multipart_uploads", Prefix=prefix):
                for each in page.get("Uploads", ()):
                    at = {"Bucket": self.bucket_name, "Key": each["Key"], "UploadId": each["UploadId"]}
                    yield {"at": at, "since": each["Initiated"]}
        except ClientError as error:
            if error.response["Error"].get("Code") not in UNKNOWN:
                raise

    def pages_of(self, call, **more):
        return self.client.get_paginator(call).paginate(Bucket=self.bucket_name, **more)

    # --- all of it --------------------------------------------------------------------------------------
    def older(self, before):
        """The hashes of what was written before the epoch second `before`, a thousand at a time."""
        moment = datetime.fromtimestamp(before, UTC)
        pages = iter(self.pages_of("list_objects_v2", Prefix=self.key("sha256/")))
        while True:
            with asking():
                page = next(pages, None)
            if page is None:
                return
            yield {each["Key"].rpartition("/")[2] for each in page.get("Contents", ()) if each["LastModified"] < moment}

    def abandoned(self, before):
        """Takes back what came of uploads begun before the epoch second `before`; returns how many."""
        moment = datetime.fromtimestamp(before, UTC)
        with asking():
            old = [each["at"] for each in self.begun(self.key("sha256/")) if each["since"] < moment]
            for upload in old:
                self.client.abort_multipart_upload(**upload)
        return len(old)

    def is_public(self, sha256):
        """Whether a stranger may read it."""
        try:
            with asking():
                self.unsigned_connection.meta.client.head_object(**self.at(sha256))
        except (StorageAway, FileNotFoundError):
            return False
        return True

    def answers(self):
        """Raises StorageAway unless the bucket is there for us."""
        try:
            with asking():
                self.hurried.connection.meta.client.head_bucket(Bucket=self.bucket_name)
        except FileNotFoundError as error:
            raise StorageAway(str(error)) from error
