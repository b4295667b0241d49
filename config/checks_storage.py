"""`manage.py check --deploy`, third part: what the bucket of STORAGE_URL=s3://… does with a file of ours."""

import tempfile
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from django.core.checks import Tags, Warning, register  # noqa: A004 (Django's own word)

from config.checks import error
from evidence import blobs


@register(Tags.security, deploy=True)
def the_bucket_is_safe(app_configs, **kwargs):
    bucket = blobs.bucket()
    if bucket is None:
        return
    if bucket.links and (bucket.shown.endpoint_url or "").startswith("http:"):
        hint = "Say public=https://… in STORAGE_URL, or links=no: then documents go through this server."
        yield error(40, "Browsers would fetch documents from the bucket without TLS.", hint)
    content = uuid4().hex.encode()
    name = sha256(content).hexdigest()
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "probe"
            path.write_bytes(content)
            yield from tried(bucket, name, path)
    except OSError as reason:
        yield error(40, f"The bucket of STORAGE_URL cannot be used: {str(reason)[:300]}")


def tried(bucket, name, path):
    """What a file shows that is written, read by a stranger, written again, and removed for good."""
    try:
        bucket.put(name, path)
        if bucket.is_public(name):
            yield error(40, "Everybody may read what lies in the bucket of STORAGE_URL.", "Block public access to it.")
        if bucket.written(name, path):
            text = "The bucket's server overwrites what it is told to leave: only our looking before keeps originals."
            yield Warning(text, id="ristoro.W040")
    finally:
        bucket.remove(name)
    if left := bucket.left_of(name):
        yield error(40, f"The bucket of STORAGE_URL keeps what is deleted from it: {', '.join(left)[:200]}")
