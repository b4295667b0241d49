"""STORAGE_URL, what is checked before people are let in, and moving from one storage to another."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError

from config import checks_storage, health
from config.storage import storage_of
from evidence import blobs
from evidence.bucket import Bucket
from tests import make
from tests.referee import assert_laws_hold

HOME = Path("/srv/data/evidence")


def test_a_folder_is_a_folder():
    root, entries = storage_of("file:///srv/some%20where", HOME)
    assert (root, list(entries)) == (Path("/srv/some where"), ["default"])


def test_a_bucket_has_a_folder_beside_it():
    root, entries = storage_of("s3://evidence/a/b?endpoint=https://s3.example&region=eu-south-1", HOME)
    assert root == HOME
    assert entries["bucket"]["OPTIONS"] == {
        "bucket_name": "evidence",
        "location": "a/b",
        "region_name": "eu-south-1",
        "endpoint_url": "https://s3.example",
        "public_endpoint": "",
        "links": True,
        "addressing_style": "path",
    }
    root, entries = storage_of("s3://evidence?folder=/srv/here&links=no&addressing=virtual", HOME)
    assert (root, entries["bucket"]["OPTIONS"]["links"]) == (Path("/srv/here"), False)
    assert entries["bucket"]["OPTIONS"]["addressing_style"] == "virtual"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("evidence", "file:///an"),
        ("file://server/share", "file:///an"),
        ("https://s3.example/evidence", "not https"),
        ("s3://", "s3://bucket"),
        ("s3://key:secret@evidence", "credentials go into"),
        ("s3://evidence?endpiont=https://s3.example", "endpiont"),
        ("s3://evidence?endpoint=s3.example", "endpoint must be"),
        ("s3://evidence?public=ftp://s3.example", "public must be"),
        ("s3://evidence?links=perhaps", "links must be"),
        ("s3://evidence?addressing=dns", "addressing must be"),
        ("s3://evidence?folder=here", "folder must be absolute"),
        ("s3://evidence?region=a&region=b", "said twice"),
    ],
)
def test_a_storage_that_cannot_be_meant_is_refused_by_name(url, why):
    with pytest.raises(ImproperlyConfigured, match=why):
        storage_of(url, HOME)


# --- checks
def found():
    return [(each.id.partition(".")[2], each.msg) for each in checks_storage.the_bucket_is_safe(None)]


def ids():
    return [number for number, _text in found()]


@pytest.fixture
def private(into_bucket):
    return into_bucket("&public=https://files.ristoro.example")


def test_a_folder_has_no_bucket_to_be_checked(db):
    assert found() == []


def test_a_good_bucket_has_nothing_to_say_and_keeps_nothing_of_it(db, private):
    assert found() == []
    assert "Contents" not in private.client.list_objects_v2(Bucket=private.bucket_name)


def test_e040_links_without_tls(db, bucket):
    assert ids() == ["E040"]


def test_e040_a_bucket_that_everybody_may_read(db, private):
    private.client.put_bucket_acl(Bucket=private.bucket_name, ACL="public-read")
    private.client.put_bucket_policy(
        Bucket=private.bucket_name,
        Policy='{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}',
    )
    assert [text for _number, text in found()] == ["Everybody may read what lies in the bucket of STORAGE_URL."]


@pytest.mark.parametrize("fault", [("PUT", "500"), ("GET", "500"), ("DELETE", "500"), ("HEAD", "500")])
def test_e040_a_bucket_that_cannot_be_used(db, private, server, fault):
    server.fault = fault
    assert ids() == ["E040"]


def test_e040_a_bucket_that_keeps_what_is_deleted(db, private, monkeypatch):
    monkeypatch.setattr(private, "remove", lambda _sha256: None)
    assert ["keeps what is deleted" in text for _number, text in found()] == [True]


def test_w040_a_server_that_overwrites(db, private, server, monkeypatch):
    real = private.write
    monkeypatch.setattr(private, "write", lambda sha256, path, _condition: real(sha256, path, {}))
    assert ids() == ["W040"]


def test_readyz_tells_of_a_bucket_that_is_away(client, db, bucket, server):
    for fault, said in ((None, "ok"), (("HEAD", "500"), "away")):
        health.storage_state.cache_clear()
        server.fault = fault
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["storage"]) == (200, said)
    health.storage_state.cache_clear()


def test_readyz_does_not_ask_the_bucket_for_everybody_who_asks_us(client, db, bucket, server, monkeypatch):
    health.storage_state.cache_clear()
    monkeypatch.setattr(health, "ASKED_EVERY", 10**9)
    for _time in range(5):
        client.get("/readyz")
    health.storage_state.cache_clear()
    assert len(server.calls("HEAD")) == 1


# --- from here to there
def command(*words):
    out = StringIO()
    call_command("move_storage", *words, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def three(anna):
    return [make.document(anna, content=b"number %d" % number) for number in range(3)]


def test_a_folder_becomes_a_bucket_by_naming_it(db, three, into_bucket, read, anna):
    make.document(anna, content=b"not judged", state="pending")
    bucket = into_bucket()
    assert read(three[0]) == b"number 0"
    assert command() == "3 originals moved to the bucket."
    assert [bucket.hash_of(each.sha256) for each in three] == [each.sha256 for each in three]
    assert [read(each) for each in three] == [b"number 0", b"number 1", b"number 2"]
    assert command() == "0 originals moved to the bucket."
    assert_laws_hold()


def test_a_move_that_was_broken_off_goes_on(db, three, into_bucket, server):
    into_bucket()
    server.fault = ("GET", "500", 10, three[1].sha256)
    with pytest.raises(CommandError, match="does not answer"):
        command()
    server.fault = None
    command()
    assert not any(blobs.path(each.sha256).is_file() for each in three)


def test_an_original_that_is_spoilt_is_named_and_the_others_are_moved(db, three, into_bucket):
    blobs.path(three[0].sha256).write_bytes(b"spoilt")
    into_bucket()
    with pytest.raises(CommandError, match=three[0].sha256):
        command()
    assert [blobs.path(each.sha256).is_file() for each in three] == [True, False, False]


def test_and_back_into_a_folder(db, three, into_bucket, settings, server, read):
    url = f"s3://{into_bucket().bucket_name}/some/place?endpoint={server.url}"
    command()
    settings.STORAGES = {name: entry for name, entry in settings.STORAGES.items() if name != "bucket"}
    assert blobs.bucket() is None
    assert command("--from", url) == "3 originals brought into the folder."
    assert command("--from", url) == "0 originals brought into the folder."
    assert [read(each) for each in three] == [b"number 0", b"number 1", b"number 2"]
    assert_laws_hold()


def test_what_is_not_in_the_old_bucket_or_is_spoilt_there_is_named(db, three, into_bucket, settings, server):
    bucket = into_bucket()
    url = f"s3://{bucket.bucket_name}/some/place?endpoint={server.url}"
    command()
    bucket.remove(three[0].sha256)
    bucket.client.put_object(**bucket.at(three[1].sha256), Body=b"other")
    settings.STORAGES = {name: entry for name, entry in settings.STORAGES.items() if name != "bucket"}
    with pytest.raises(CommandError, match="2 are not"):
        command("--from", url)
    assert [blobs.path(each.sha256).is_file() for each in three] == [False, False, True]
    assert list(blobs.incoming().glob("*")) == []


def test_there_must_be_somewhere_to_move_to(db):
    with pytest.raises(CommandError, match="nothing to move"):
        command()
    with pytest.raises(CommandError, match="a folder is where it is"):
        command("--from", "file:///srv")


def test_nothing_is_asked_before_it_is_needed(server, settings):
    _root, entries = storage_of(f"s3://nowhere?endpoint={server.url}", HOME)
    assert isinstance(Bucket(**entries["bucket"]["OPTIONS"]), Bucket)
    assert server.asked == []
