"""Every file of the corpus goes in at the door, is judged, opened and told of, exactly as the corpus says."""

import resource
import time
from pathlib import Path

import pytest

from evidence import reasons, scanning
from evidence.errors import FileRefused
from evidence.models import Document
from evidence.scanning import scan_batch
from tests.evidence import files
from tests.evidence.corpus import archives, documents, messages, pictures

CASES = documents.CASES + pictures.CASES + messages.CASES + archives.CASES
AT_THE_DOOR = 2  # seconds of work
MEMORY = 100 * 1024  # kilobytes that one file may take beyond what it is itself
# What people read. Whoever changes a sentence changes it here too, and asks whether it still tells what to do.
MESSAGES = {
    "empty_file": "This file is empty. Choose it again, or choose another one.",
    "too_large": "This file is too large. Send one of at most 25 MB, or split it into several files.",
    "type_not_allowed": "We cannot accept this kind of file. Send a PDF or a picture instead, for example a"
    " screenshot.",
    "content_mismatch": "The content of this file is not what its name says. Save it again in the right format, or"
    " send a PDF.",
    "archive_unsafe": "We cannot look inside this archive safely. Send the files in it one by one, without a password.",
    "refused archive_unsafe": "This archive holds files we cannot accept. Send the documents in it one by one, as PDF.",
    "malware": "A virus was found in this file. Check your device, then send a new copy from the original source.",
    "mixed_content": "Other content is hidden in this file. Take a screenshot of it, or print it to a new PDF.",
    "too_many_pixels": "This picture is too large: at most 50 million pixels. Send a smaller copy of it.",
    "broken_picture": "This picture is damaged. Open it on your device, save it again and send the new copy.",
    "broken_document": "This document is damaged. Open it on your device, save it as a PDF and send the new copy.",
    "active_content": "This file tries to start something when it is opened. Print it to a PDF and send that one.",
    "too_complex": "This file is too complicated to be checked. Print it to a new PDF and send that one.",
    "nested_archive": "An archive inside an archive is not opened. Send the files in it one by one.",
    "broken_inside": "It is damaged inside. Send it on its own.",
    "closed_message": "A message attached to an Outlook message is not opened. Save it and send it on its own.",
    "warning incomplete_picture": "Part of this picture is missing. If you can, send a complete copy.",
    "warning unreadable_password": "This file has a password, so we cannot read it. Send a copy without the password.",
    "warning active_content": "This document holds scripts. Use the preview, or open it with care.",
    "warning external_content": "This document refers to files elsewhere, which are not fetched. Send them too if they"
    " matter.",
    "warning embedded_files": "This document has other files inside. They are not shown: send them one by one.",
    "warning changed_after_signing": "This PDF was changed after it was signed.",
    "warning several_senders": "This message names more than one sender.",
    "warning date_unreadable": "The date of this message cannot be read.",
    "warning encrypted_mail": "This message is encrypted, so we cannot read it. Save its text as a PDF and send that"
    " too.",
    "warning not_a_mail": "This Outlook file is no message, but a contact, an appointment or the like.",
    "warning never_sent": "This message is a draft: it was never sent.",
    "warning too_many_parts": "There are too many files inside. Send those that are not listed here one by one.",
}


def test_the_corpus_has_at_least_60_files_of_different_names(capsys):
    assert len(CASES) == len({case.name for case in CASES}) >= 60
    with capsys.disabled():
        print(f"\ncorpus: {len(CASES)} files")


@pytest.fixture
def at_the_door(hand_in):
    """at_the_door(case) is its document or the refusal; the door does little work and takes little memory."""

    def go(case):
        content = case.make()
        before, started = peak(), time.process_time()
        try:
            return hand_in(case.name, content)
        except FileRefused as refused:
            return refused
        finally:
            assert time.process_time() - started < AT_THE_DOOR
            assert peak() - before < MEMORY + len(content) // 1024

    return go


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case.name)[1:60])
def test_the_corpus(at_the_door, case):
    found = at_the_door(case)
    if isinstance(found, FileRefused):
        assert (found.code, str(found.message)) == (case.door, MESSAGES[case.door])
        assert not Document.objects.exists()
        return
    assert case.door == ""
    while scan_batch():
        pass
    document = Document.objects.get(pk=found.pk)
    assert (document.state, document.reason) == ("refused" if case.reason else "clean", case.reason)
    assert tuple(document.warnings) == case.warnings
    assert {each["inside"]: each["reason"] for each in document.left_out} == case.left_out
    assert {each.inside: each.reason for each in document.members.all()} == case.inside
    assert [str(text) for text in document.texts] == told(case)
    assert document.name == (case.shown or case.name)
    assert case.preview in (None, document.has_preview)


def told(case):
    """What stands beside the document, in this order: the refusal, or warnings, what was left out, and no scanner."""
    if case.reason:
        return [MESSAGES.get(f"refused {case.reason}") or MESSAGES[case.reason]]
    warnings = [MESSAGES[f"warning {code}"] for code in case.warnings]
    left_out = [f"{inside}: {MESSAGES[reason]}" for inside, reason in case.left_out.items()]
    return [*warnings, *left_out, "Not virus-scanned"]


def test_no_sentence_is_tried_by_nobody():
    """Every reason, warning and refusal of a file inside is the fate of a file here, or of one in another test.

    Only what became of a file that is gone from the storage ("lost") says nothing about the file.
    """
    met = {each.reason for each in CASES} | {code for each in CASES for code in each.left_out.values()}
    assert set(reasons.REASONS) | set(reasons.INSIDE) <= met | {"no_room", "lost"}
    warned = {code for each in CASES for code in each.warnings}
    assert set(reasons.WARNINGS) <= warned | {"made_here", "too_deep"}


def test_u_28_eicar_in_a_pdf_in_an_archive_is_found(judged, scanner):
    """The scanner here does not unpack, so it is the member that gives the archive away."""
    content = files.pdf(lambda document: document.attachments.__setitem__("a.txt", files.EICAR), compress_streams=False)
    document = judged("a.zip", files.archive({"letter.pdf": content, "good.txt": b"good"}))
    while scan_batch():
        pass
    states = dict(Document.objects.values_list("name", "reason"))
    assert states == {"a.zip": "malware", "letter.pdf": "malware", "good.txt": ""}
    assert Document.objects.get(pk=document.pk).withdrawn_at is not None


def test_what_a_child_of_the_bench_may_take_is_bounded(tmp_path):
    """The largest of the corpus, one after the other: no child of the bench grew beyond its limit."""
    with scanning.warm as bench:
        assert Path(f"/proc/{bench.process.pid}/status").exists()
        peak_of = Path(f"/proc/{bench.process.pid}/status").read_text().split("VmHWM:")[1].split()[0]
    assert int(peak_of) < 300 * 1024
