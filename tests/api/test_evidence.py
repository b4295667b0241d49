"""Documents of a claim by API: at the door, in the list, on their way out."""

import errno
import json
from datetime import timedelta
from unittest import mock
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.actions import endings, notices
from claims.models import Attachment, IdempotencyKey
from evidence import blobs, reading
from evidence.models import Document, Mail, Reading
from evidence.scanning import scan_batch
from tests import make
from tests.evidence import files, mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident)


@pytest.fixture
def hers(call, anna):
    return call(anna)


def test_a_document_is_taken_in_and_told_of(hers, draft):
    answer = hers.attach(draft.reference, item=draft.items.get().pk)
    assert answer.status_code == 201
    row = Document.objects.get()
    assert answer.json() == {
        "id": str(row.pk),
        "name": "invoice.pdf",
        "kind": "invoice",
        "item": draft.items.get().pk,
        "parent": None,
        "inside": "",
        "sha256": row.sha256,
        "size": len(make.PDF),
        "media_type": "application/pdf",
        "state": "pending",
        "scanned": False,
        "reason": "",
        "notes": [],
    }
    assert hers.get(f"claims/{draft.reference}/evidence/").json()["results"] == [answer.json()]


AT_THE_DOOR = {
    "u_01_empty": ("a.pdf", b"", (422, "empty_file")),
    "u_07_html_as_picture": ("foto.jpg", files.HTML, (415, "content_mismatch")),
    "u_08_program_as_pdf": ("invoice.pdf", files.EXE, (415, "type_not_allowed")),
    "u_09_program": ("a.pdf.exe", files.EXE, (415, "type_not_allowed")),
    "u_13_svg": ("a.svg", files.SVG, (415, "type_not_allowed")),
    "u_38_mail_called_msg": ("a.msg", files.MAIL, (415, "content_mismatch")),
}


@pytest.mark.parametrize("name", AT_THE_DOOR)
def test_u_01_u_07_u_08_u_09_u_13_u_38_files_are_refused_at_the_door(hers, draft, problem, name):
    file, content, (status, code) = AT_THE_DOOR[name]
    assert problem(hers.attach(draft.reference, file, content)) == (status, code, [("file", code)])
    assert not Document.objects.exists()
    assert not list(blobs.incoming().glob("*"))


def test_u_02_a_file_over_the_limit_is_refused(hers, draft, refusal, settings):
    settings.EVIDENCE_MAX_BYTES = 100_000
    content = files.pdf() + b"\n" * 100_000
    assert refusal(hers.attach(draft.reference, "a.pdf", content)) == (413, "too_large")
    settings.EVIDENCE_MAX_BYTES = 1000
    assert refusal(hers.attach(draft.reference, "a.pdf", content)) == (413, "too_large"), "by its length alone"
    assert not list(blobs.incoming().glob("*"))


def test_u_03_a_body_without_a_length_is_refused(hers, draft, refusal):
    answer = hers.client.generic(
        "POST",
        f"/api/v1/claims/{draft.reference}/evidence/",
        b"",
        content_type="multipart/form-data; boundary=x",
        HTTP_TRANSFER_ENCODING="chunked",
        CONTENT_LENGTH="",
    )
    assert refusal(answer) == (411, "length_required")


def multipart(*parts, boundary="x"):
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
    return body + b"--" + boundary.encode() + b"--\r\n"


FILE = b'name="file"; filename="a.txt"\r\n\r\nhello'


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (multipart(FILE, FILE), "multipart/form-data; boundary=x", (422, "one_file_only")),
        (multipart(b'name="file"\r\n\r\nhello'), "multipart/form-data; boundary=x", (422, "file_required")),
        (multipart(b'name="kind"\r\n\r\ninvoice'), "multipart/form-data; boundary=x", (422, "file_required")),
        (multipart(FILE), "multipart/form-data", (400, "malformed_request")),
        (multipart(FILE, b'name="a"\r\n\r\nb'), "multipart/form-data; boundary=x", (422, "unknown_field")),
        (
            multipart(*[b'name="f%d"\r\n\r\n1' % n for n in range(1000)]),
            "multipart/form-data; boundary=x",
            (400, "malformed_request"),
        ),
        (multipart(FILE)[:60], "multipart/form-data; boundary=x", (422, "file_required")),
        (b"", "multipart/form-data; boundary=x", (422, "file_required")),
        (b"{}", "application/json", (415, "unsupported_media_type")),
    ],
    ids=["two files", "text", "none", "no boundary", "unknown field", "1000 fields", "half", "empty", "json"],
)
def test_u_42_forms_that_are_none_are_refused(hers, draft, refusal, body, content_type, expected):
    answer = hers.raw(f"claims/{draft.reference}/evidence/", body, content_type=content_type)
    assert refusal(answer) == expected
    assert not Document.objects.exists()


def test_u_06_the_41st_file_is_refused(hers, draft, refusal):
    for _ in range(39):
        make.attachment(draft)
    assert hers.attach(draft.reference).status_code == 201
    assert refusal(hers.attach(draft.reference)) == (409, "too_many_files")


def test_u_06_files_that_are_too_much_together_are_refused(hers, anna, incident, refusal):
    make.later_terms(incident, most_bytes=len(make.PDF) + 10)
    draft = make.draft(anna, incident)
    assert hers.attach(draft.reference).status_code == 201
    assert refusal(hers.attach(draft.reference)) == (409, "quota")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("..\\x.pdf", "x.pdf"),
        ("C:\\x.pdf", "x.pdf"),
        ("a.exe.pdf", "a_exe.pdf"),
        ("<img src=x onerror=alert(1)>.pdf", None),
        ("=cmd|' /C calc'!A0.pdf", None),
        ("invoice\u202egpj.pdf", None),
        ("x" * 5000 + ".pdf", None),
    ],
)
def test_u_09_u_10_u_11_u_12_names_are_cleaned_and_never_become_paths(hers, draft, name, told):
    answer = hers.attach(draft.reference, name)
    assert answer.status_code == 201
    shown = answer.json()["name"]
    assert told in (None, shown)
    assert len(shown) <= 150
    assert not {"/", "\\", "\x00", "\u202e"} & set(shown)
    assert blobs.path(answer.json()["sha256"]).name == answer.json()["sha256"]


@pytest.mark.parametrize("content_type", ["text/html", "image/png", "nonsense", "application/x-msdownload"])
def test_u_41_the_content_counts_not_what_it_is_called(hers, draft, content_type):
    file = SimpleUploadedFile("invoice.pdf", make.PDF, content_type=content_type)
    answer = hers.client.post(
        f"/api/v1/claims/{draft.reference}/evidence/", {"file": file, "kind": "invoice"}, format="multipart"
    )
    assert (answer.status_code, answer.json()["media_type"]) == (201, "application/pdf")


def test_u_43_a_foreign_loss_is_as_unknown_as_none(hers, bruno, incident, draft, problem):
    other = make.draft(bruno, incident, login="bruno@virgilio.example").items.get().pk
    for item in (other, 2**62, 0, "x", "-1", "1.5", "9" * 40):
        answer = hers.attach(draft.reference, item=item)
        assert problem(answer) == (422, "unknown_item", [("item", "unknown_item")]), item
    assert not Document.objects.exists()


def test_an_unknown_kind_is_refused(hers, draft, problem):
    assert problem(hers.attach(draft.reference, kind="poem")) == (422, "unknown_kind", [("kind", "unknown_kind")])
    assert problem(hers.attach(draft.reference, kind="a\x00b")) == (422, "unknown_kind", [("kind", "unknown_kind")])


def test_u_44_only_a_draft_of_ones_own_takes_documents(call, hers, anna, bruno, rita, incident, draft, refusal):
    submitted = make.submitted(anna, incident)
    assert refusal(hers.attach(submitted.reference)) == (409, "wrong_state")
    assert refusal(call(bruno).attach(draft.reference)) == (404, "not_found")
    assert refusal(call(rita).attach(submitted.reference)) == (403, "not_yours")
    assert refusal(call(None).attach(draft.reference)) == (401, "token_required")


def test_u_44_a_decided_claim_takes_them_for_an_appeal_and_no_longer(
    call, hers, anna, bruno, rita, sara, incident, refusal
):
    decided = make.decided(anna, incident, rita)
    notices.deliver_batch()
    for person, said in ((rita, (403, "not_yours")), (sara, (403, "not_yours")), (bruno, (404, "not_found"))):
        assert refusal(call(person).attach(decided.reference)) == said
    first = decided.attachments.get()
    assert hers.attach(decided.reference, "new.txt", b"a new paper").status_code == 201
    taken_out = hers.delete(f"claims/{decided.reference}/evidence/{first.document_id}/")
    assert refusal(taken_out) == (409, "wrong_state")  # what the decision rests on stays
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        assert refusal(call(anna).attach(decided.reference, "late.txt", b"late")) == (409, "wrong_state")
    sent = hers.post(f"claims/{decided.reference}/appeal/", {"grounds": "Read the new paper."})
    assert sent.status_code == 200
    assert refusal(hers.attach(decided.reference, "later.txt", b"later")) == (409, "wrong_state")


def test_u_44_what_was_accepted_takes_no_documents(hers, anna, rita, incident, refusal):
    claim = make.decided(anna, incident, rita, iban="IT60X0542811101000000123456")
    endings.accept(claim.reference, by=anna)
    assert refusal(hers.attach(claim.reference)) == (409, "wrong_state")


def test_u_47_a_full_disk_is_507_and_nothing_stays(hers, draft, refusal):
    with mock.patch("evidence.blobs.keep", side_effect=OSError(errno.ENOSPC, "full")):
        assert refusal(hers.attach(draft.reference)) == (507, "storage_full")
    assert not Document.objects.exists()
    assert not list(blobs.incoming().glob("*"))


def test_the_same_key_stores_one_document(hers, draft, refusal):
    first, again = hers.attach(draft.reference, key="one"), hers.attach(draft.reference, key="one")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again["Idempotency-Replayed"] == "true"
    assert Attachment.objects.count() == 1
    other = hers.attach(draft.reference, "other.txt", b"another file", key="one")
    assert refusal(other) == (409, "idempotency_key_reused")
    assert refusal(hers.attach(draft.reference, key="one", kind="other")) == (409, "idempotency_key_reused")
    assert IdempotencyKey.objects.count() == 1


def test_a_document_is_taken_out_of_a_draft(hers, draft, refusal):
    path = f"claims/{draft.reference}/evidence/{hers.attach(draft.reference).json()['id']}/"
    answer = hers.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert hers.get(f"claims/{draft.reference}/evidence/").json()["results"] == []
    assert refusal(hers.delete(path)) == (404, "not_found")


def test_a_submitted_claim_keeps_its_documents(hers, call, bruno, anna, incident, refusal):
    claim = make.submitted(anna, incident)
    path = f"claims/{claim.reference}/evidence/{claim.attachments.get().document_id}/"
    assert refusal(hers.delete(path)) == (409, "wrong_state")
    assert refusal(call(bruno).delete(path)) == (404, "not_found")


@pytest.fixture
def content(anna, incident):
    """The address of the content of a clean document in a submitted claim of anna's."""
    claim = make.submitted(anna, incident)
    return f"claims/{claim.reference}/evidence/{claim.attachments.get().document_id}/content"


def read(answer):
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("accept", ["*/*", "application/pdf", "text/xml"])
def test_u_45_content_leaves_as_an_attachment_that_nobody_keeps(hers, content, accept):
    answer = hers.get(content, Accept=accept)
    assert (answer.status_code, read(answer)) == (200, make.PDF)
    assert answer["Content-Disposition"] == 'attachment; filename="invoice.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert {"private", "no-store"} == set(answer["Cache-Control"].split(", "))


def test_u_45_ranges_and_etags_are_answered(hers, content):
    part = hers.get(content, Range="bytes=0-3")
    assert (part.status_code, read(part)) == (206, b"%PDF")
    assert part["Content-Range"] == f"bytes 0-3/{len(make.PDF)}"
    known = hers.get(content, If_None_Match=part["ETag"])
    assert (known.status_code, known.content) == (304, b"")
    assert hers.get(content, Range="bytes=999999-").status_code == 416
    whole = hers.get(content + "?download=0")
    assert (read(whole), whole["Content-Disposition"]) == (make.PDF, 'attachment; filename="invoice.pdf"')


@pytest.mark.parametrize("path", ["..%2f..%2fetc", "%2e%2e", "1", "0" * 36])
def test_u_45_paths_lead_nowhere(hers, draft, refusal, path):
    assert refusal(hers.get(f"claims/{draft.reference}/evidence/{path}/content")) == (404, "not_found")


def test_who_reads_a_document_is_written_down(call, hers, rita, content):
    read(call(rita).get(content))
    reading = Reading.objects.get()
    assert (reading.reader, reading.how) == (rita, "download")
    assert reading.request_id
    assert reading.why.startswith("API, claim ")


def test_the_document_of_another_claim_is_not_found(call, hers, bruno, anna, incident, content, refusal):
    other = make.submitted(bruno, incident, login="bruno@virgilio.example").attachments.get().document_id
    claim = content.partition("/evidence/")[0]
    foreign, unknown = hers.get(f"{claim}/evidence/{other}/content"), hers.get(f"{claim}/evidence/{uuid4()}/content")
    assert refusal(foreign) == refusal(unknown) == (404, "not_found")
    assert foreign.content == unknown.content
    assert refusal(call(bruno).get(content)) == (404, "not_found")
    assert not Reading.objects.exists()


def test_u_46_content_waits_for_the_check(hers, draft, refusal):
    path = f"claims/{draft.reference}/evidence/{hers.attach(draft.reference).json()['id']}/content"
    assert refusal(hers.get(path)) == (409, "not_checked_yet")
    assert scan_batch() == 1
    assert read(hers.get(path)) == make.PDF


def test_u_46_a_refused_file_is_handed_to_nobody_and_the_reason_is_told(hers, draft, refusal):
    answer = hers.attach(draft.reference, "big.png", files.png_bomb())
    assert scan_batch() == 1
    told = hers.get(f"claims/{draft.reference}/evidence/").json()["results"][0]
    assert (told["state"], told["reason"]) == ("refused", "too_many_pixels")
    assert told["notes"][0].startswith("This picture is too large")
    path = f"claims/{draft.reference}/evidence/{answer.json()['id']}/content"
    assert refusal(hers.get(path)) == (403, "refused_file")


def test_the_list_takes_as_many_queries_for_thirty_as_for_three(hers, anna, draft, django_assert_num_queries):
    for count in (3, 27):
        for _ in range(count):
            make.attachment(draft)
        with django_assert_num_queries(4):
            hers.get(f"claims/{draft.reference}/evidence/")


def mailed(claim, content, name="bounce.eml"):
    """A mail of the claim, taken in, judged and read."""
    attachment = make.attachment(claim, kind="bounce", content=content, name=name, media_type="message/rfc822")
    reading.read_batch(now=timezone.now() + timedelta(minutes=1))
    return attachment


def test_what_was_found_in_an_archive_says_where_it_lay(hers, draft):
    archive = make.attachment(draft, name="all.zip", content=b"PK\x03\x04 one", media_type="application/zip").document
    inner = make.attachment(draft, content=make.PDF + b"%in", parent=archive, depth=1, inside="mail/invoice.pdf")
    told = {each["id"]: each for each in hers.get(f"claims/{draft.reference}/evidence/").json()["results"]}
    assert (told[str(archive.pk)]["parent"], told[str(archive.pk)]["inside"]) == (None, "")
    within = told[str(inner.document_id)]
    assert (within["parent"], within["inside"]) == (str(archive.pk), "mail/invoice.pdf")


def test_staff_read_the_facts_of_a_mail_and_claimants_do_not(call, rita, hers, anna, incident):
    claim = make.taken(anna, incident, rita)
    mailed(claim, mailbox.bounce())
    path = f"claims/{claim.reference}/evidence/"
    told = call(rita).get(path).json()["results"]
    (mail,) = [each["mail"] for each in told if each["mail"]]
    assert mail["sender"] == [{"name": "Mail Delivery System", "address": "MAILER-DAEMON@libero.example"}]
    assert (mail["date"], mail["message_id"]) == ("2023-01-24T12:00:00Z", "<bounce-1@libero.example>")
    (failure,) = mail["bounce"]
    assert (failure["recipient"], failure["status"], failure["action"]) == ("rita@customer.example", "5.1.1", "failed")
    assert "mailbox" in failure["meaning"]
    assert mail["signatures"] == []
    assert "mail" not in json.dumps([list(each) for each in hers.get(path).json()["results"]])
    found = call(rita).get(path, {"q": "delivered"}).json()["results"]
    assert found[0]["mail"] == mail


def test_staff_read_who_signed_a_mail(call, rita, anna, incident):
    claim = make.taken(anna, incident, rita)
    attachment = mailed(claim, mailbox.mail(), "mail.eml")
    Mail.objects.filter(content_id=attachment.document.sha256).update(
        signatures=[{"kind": "dkim", "domain": "libero.example", "selector": "s", "verdict": "valid", "signed_at": ""}]
    )
    told = call(rita).get(f"claims/{claim.reference}/evidence/").json()["results"]
    (mail,) = [each["mail"] for each in told if each["mail"]]
    (signature,) = mail["signatures"]
    assert (signature["domain"], signature["verdict"], signature["signed_at"]) == ("libero.example", "valid", None)
    assert "libero.example" in signature["text"]


def test_the_list_asks_as_many_questions_for_three_mails_as_for_thirty(call, rita, anna, incident):
    claim, counts = make.taken(anna, incident, rita), []
    for numbers in (range(3), range(3, 30)):
        for number in numbers:
            fields = {"name": "a.eml", "content": b"%d" % number, "media_type": "message/rfc822"}
            Mail.objects.create(content_id=make.attachment(claim, **fields).document.sha256)
        with CaptureQueriesContext(connection) as queries:
            told = call(rita).get(f"claims/{claim.reference}/evidence/").json()["results"]
        assert len([each for each in told if each["mail"]]) == numbers.stop
        counts.append(len(queries))
    assert counts[0] == counts[1]
