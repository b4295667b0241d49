"""What STORAGE_URL says: a folder, or an S3-compatible bucket with a folder beside it for what is on its way.

file:///an/absolute/folder
s3://bucket/prefix?endpoint=https://…&region=…&public=https://…&links=no&addressing=path&folder=/an/absolute/folder
"""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

WORDS = {"endpoint", "region", "public", "links", "addressing", "folder"}
ADDRESSING = {"auto", "path", "virtual"}


def storage_of(url, folder):
    """(folder of evidence, entries for STORAGES); `folder` is where a bucket's folder lies unless it says otherwise."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        said = words_of(parts.query)
        root = Path(said.get("folder", folder))
        if not root.is_absolute():
            raise wrong("folder must be absolute")
        return root, {"default": files_in(root), "bucket": bucket_of(parts, said)}
    if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
        raise wrong(f"it must be file:///an/absolute/folder or s3://bucket, not {parts.scheme}:…")
    root = Path(unquote(parts.path))
    return root, {"default": files_in(root)}


def files_in(root):
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": root}}


def words_of(query):
    found = parse_qs(query, keep_blank_values=True)
    if unknown := found.keys() - WORDS:
        raise wrong(f"it does not know {', '.join(sorted(unknown))}")
    if twice := [name for name, values in found.items() if len(values) > 1]:
        raise wrong(f"{', '.join(twice)} is said twice")
    return {name: value for name, (value,) in found.items()}


def bucket_of(parts, said):
    """Credentials are not among it: boto3 finds them where every S3 client does."""
    if not parts.hostname or parts.netloc != parts.hostname:
        raise wrong("it must be s3://bucket/prefix; credentials go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    for name in ("endpoint", "public"):
        if name in said and urlsplit(said[name]).scheme not in ("https", "http"):
            raise wrong(f"{name} must be https://…")
    if said.get("links", "yes") not in ("yes", "no"):
        raise wrong("links must be yes or no")
    addressing = said.get("addressing", "path" if "endpoint" in said else "auto")
    if addressing not in ADDRESSING:
        raise wrong("addressing must be auto, path or virtual")
    options = {
        "bucket_name": parts.hostname,
        "location": unquote(parts.path).strip("/"),
        "region_name": said.get("region") or "us-east-1",
        "endpoint_url": said.get("endpoint"),
        "public_endpoint": said.get("public", ""),
        "links": said.get("links", "yes") == "yes",
        "addressing_style": addressing,
    }
    return {"BACKEND": "evidence.bucket.Bucket", "OPTIONS": options}


def wrong(why):
    return ImproperlyConfigured(f"STORAGE_URL: {why} (see README.md).")
