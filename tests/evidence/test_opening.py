"""Files inside archives and messages: each is a document of its own, and a bad one spoils only itself."""

import pytest

from evidence import blobs, opening, scanning
from evidence.models import Document
from evidence.scanning import scan_batch
from tests.evidence import files


def opened(document):
    """{path inside: document}, once everything that hangs on it was judged."""
    while scan_batch():
        pass
    return {each.inside: each for each in Document.objects.filter(parent=document)}


def again(document):
    return Document.objects.get(pk=document.pk)


def test_the_members_of_an_archive_are_documents_judged_like_any_other(judged, anna):
    document = judged(
        "a.zip", files.archive({"one.pdf": files.pdf(), "notes/two.txt": b"hello", "foto.jpg": files.picture()})
    )
    assert (document.state, document.parts, document.left_out) == ("clean", 3, [])
    found = opened(document)
    assert {inside: (each.name, each.media_type, each.state, each.depth) for inside, each in found.items()} == {
        "one.pdf": ("one.pdf", "application/pdf", "clean", 1),
        "notes/two.txt": ("two.txt", "text/plain", "clean", 1),
        "foto.jpg": ("foto.jpg", "image/jpeg", "clean", 1),
    }
    assert {each.owner for each in found.values()} == {anna}
    assert found["foto.jpg"].has_preview
    assert blobs.path(found["notes/two.txt"].sha256).read_bytes() == b"hello"


BAD = {
    "setup.exe": (files.EXE, "type_not_allowed"),
    "invoice.pdf": (files.EXE, "type_not_allowed"),
    "page.html": (files.HTML, "type_not_allowed"),
    "foto.jpg": (files.HTML, "content_mismatch"),
    "letter.txt": (b"\x7fELF\x02\x01\x01", "type_not_allowed"),
    "script.txt": (b"#!/bin/sh\nrm -rf /\n", "type_not_allowed"),
    "inner.zip": (files.archive({"a.txt": b"a"}), "nested_archive"),
    "inner": (files.archive({"a.txt": b"a"}), "nested_archive"),
    "inner.jpg": (b"Rar!\x1a\x07\x01\0", "type_not_allowed"),
    "inner.rar": (b"Rar!\x1a\x07\x01\0", "nested_archive"),
    "nothing.txt": (b"", "empty_file"),
    "macro.docx": (files.docx(**{"word/vbaProject.bin": b"x"}), "type_not_allowed"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_member_is_left_out_alone_and_says_why(judged, name):
    content, reason = BAD[name]
    document = judged("a.zip", files.archive({"good.txt": b"good", name: content}))
    assert (document.state, document.parts, document.left_out) == ("clean", 2, [{"inside": name, "reason": reason}])
    assert list(opened(document)) == ["good.txt"]
    assert any(name in str(text) for text in document.texts)


@pytest.mark.parametrize(
    "members",
    [
        {"invoice.pdf": files.EXE},
        {"letter.txt": b"\x7fELF\x02\x01\x01"},
        {"photo.jpg": files.archive({"a": b"x"})},
        {"photo.jpg": b"Rar!\x1a\x07\x01\0", "nothing.txt": b""},
        {"macro.docx": files.docx(**{"word/vbaProject.bin": b"x"})},
    ],
)
def test_u_15_an_archive_without_a_single_good_member_is_refused(judged, members):
    document = judged("a.zip", files.archive(members))
    assert (document.state, document.reason, Document.objects.count()) == ("refused", "archive_unsafe", 1)


def test_a_damaged_member_is_left_out(judged):
    content = bytearray(files.archive({"bad.txt": bytes(range(256)) * 8, "good.txt": b"good"}))
    at = content.index(b"bad.txt") + 7
    content[at + 20 : at + 60] = bytes(40)
    document = judged("a.zip", bytes(content))
    assert document.left_out == [{"inside": "bad.txt", "reason": "broken_inside"}]
    assert list(opened(document)) == ["good.txt"]


def test_two_members_of_one_name_are_two_documents(judged):
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = files.archive_of([("a.txt", b"first"), ("a.txt", b"second")])
    assert sorted(opened(judged("a.zip", content))) == ["a.txt", "a.txt (2)"]


def test_a_member_larger_than_a_file_may_be_is_left_out(judged, settings):
    settings.EVIDENCE_MAX_BYTES = 50_000
    document = judged("a.zip", files.archive({"good.txt": b"good", "long.txt": bytes(range(32, 127)) * 1000}))
    assert document.left_out == [{"inside": "long.txt", "reason": "too_large"}]


def test_litter_of_computers_is_not_even_mentioned(judged):
    content = files.archive({"a.txt": b"a", "__MACOSX/._a.txt": b"x", ".DS_Store": b"x", "b/Thumbs.db": b"x"})
    document = judged("a.zip", content)
    assert (document.parts, document.left_out, list(opened(document))) == (1, [], ["a.txt"])


def test_a_message_gives_its_attachments_and_those_of_the_message_inside(judged):
    inner = files.mail([("scan.pdf", files.pdf())])
    document = judged(
        "a.eml", files.mail([("foto.jpg", files.picture()), ("inner.eml", inner), ("setup.exe", files.EXE)])
    )
    assert document.left_out == [{"inside": "setup.exe", "reason": "type_not_allowed"}]
    found = opened(document)
    assert {inside: each.state for inside, each in found.items()} == {"foto.jpg": "clean", "inner.eml": "clean"}
    [deeper] = opened(found["inner.eml"]).values()
    assert (deeper.name, deeper.state, deeper.depth) == ("scan.pdf", "clean", 2)


def test_a_message_without_attachments_has_none(judged):
    document = judged("a.eml", files.MAIL)
    assert (document.state, document.parts, document.members.count()) == ("clean", 0, 0)


def test_an_archive_attached_to_a_message_is_opened_but_not_one_inside_an_archive(judged):
    archive = files.archive({"a.txt": b"a"})
    document = judged("a.eml", files.mail([("papers.zip", archive)]))
    [papers] = opened(document).values()
    assert list(opened(papers)) == ["a.txt"]
    packed = judged("b.zip", files.archive({"mail.eml": files.mail([("papers.zip", archive)])}))
    [mail] = opened(packed).values()
    assert again(mail).left_out == [{"inside": "papers.zip", "reason": "nested_archive"}]


def test_u_32_messages_are_opened_five_deep(judged):
    content = files.mail([("scan.txt", b"found")])
    for _ in range(7):
        content = files.mail([("inner.eml", content)])
    document = judged("a.eml", content)
    opened(document)
    assert sorted(Document.objects.values_list("depth", flat=True)) == [0, 1, 2, 3, 4, 5]
    deepest = Document.objects.get(depth=5)
    assert (deepest.state, deepest.warnings, deepest.parts) == ("clean", ["too_deep"], None)


def test_u_32_no_more_than_200_parts_become_documents(judged):
    document = judged("a.eml", files.mail([(f"{number}.txt", b"%d" % number) for number in range(250)]))
    assert (document.state, document.warnings, document.parts) == ("clean", ["too_many_parts"], 200)
    assert document.members.count() == 200


def test_the_limit_counts_everything_that_hangs_on_one_file(judged, monkeypatch):
    monkeypatch.setattr(opening, "MAX_PARTS", 3)
    inner = files.mail([("a.txt", b"a"), ("b.txt", b"b"), ("c.txt", b"c")])
    document = judged("a.eml", files.mail([("inner.eml", inner)]))
    opened(document)
    [mail] = Document.objects.filter(depth=1)
    assert (mail.warnings, mail.members.count()) == (["too_many_parts"], 2)


def test_an_outlook_message_gives_its_attachments(judged):
    content = files.outlook(
        attachments=[("foto.jpg", files.picture(size=(64, 64))), ("setup.exe", files.EXE)], closed=1
    )
    document = judged("a.msg", content)
    assert document.state == "clean"
    assert document.left_out == [
        {"inside": "setup.exe", "reason": "type_not_allowed"},
        {"inside": "attachment 3", "reason": "closed_message"},
    ]
    assert list(opened(document)) == ["foto.jpg"]


def test_u_28_a_virus_in_a_member_refuses_the_archive_too(judged, scanner):
    document = judged("a.zip", files.archive({"good.txt": b"good", "a.csv": b"x;y\n" + files.EICAR}))
    found = opened(document)
    assert (found["a.csv"].state, found["a.csv"].reason) == ("refused", "malware")
    assert (again(document).state, again(document).reason) == ("refused", "malware")
    assert found["good.txt"].state == "clean"


def test_with_the_archive_refused_no_member_is_made(judged, scanner):
    scanner.signatures = [b"PK\x03\x04"]
    document = judged("a.zip", files.archive({"good.txt": b"good"}))
    assert (document.state, document.reason, Document.objects.count()) == ("refused", "malware", 1)


def test_without_a_verdict_of_the_scanner_no_member_is_made_and_nothing_stays_on_disk(hand_in, scanner, parts):
    scanner.behaviour = "closes"
    document = hand_in("a.zip", files.archive({"good.txt": b"good"}))
    assert scan_batch() == 0
    assert (again(document).state, Document.objects.count(), parts()) == ("pending", 1, [])


def test_a_full_disk_while_a_member_is_stored_leaves_the_whole_for_later(hand_in, monkeypatch, parts):
    document = hand_in("a.zip", files.archive({"one.txt": b"1", "two.txt": b"2"}))
    monkeypatch.setattr(blobs, "temporary", full)
    assert scan_batch() == 0
    monkeypatch.undo()
    assert (again(document).state, Document.objects.count(), parts()) == ("pending", 1, [])
    Document.objects.update(leased_until=None)
    assert sorted(opened(document)) == ["one.txt", "two.txt"]


def full():
    raise OSError(28, "No space left on device")


def test_a_worker_that_lost_its_lease_writes_no_members(hand_in):
    document = hand_in("a.zip", files.archive({"one.txt": b"1"}))
    [slept] = scanning.lease(document.received_at, 5)
    Document.objects.filter(pk=document.pk).update(leased_until=None)
    assert sorted(opened(document)) == ["one.txt"]
    with scanning.warm as bench:
        assert scanning.judge(slept, bench, []) == 0
    assert Document.objects.count() == 2
