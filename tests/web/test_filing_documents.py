"""Documents of a draft: many in one form, each with its own answer; described, judged and removed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from claims.models import Attachment
from claims.rules.terms import Terms
from evidence.models import Document
from evidence.scanning import scan_batch
from tests import make
from tests.evidence import files


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident)


@pytest.fixture
def send(page, anna, draft):
    """send((name, content), …) posts those files in one form, as a browser does."""

    def go(*chosen, htmx=False, **values):
        uploads = []
        for name, content in chosen:
            upload = SimpleUploadedFile("x", content)
            upload._name = name  # the client sends it as it is; SimpleUploadedFile would clean it
            uploads.append(upload)
        headers = {"HX-Request": "true"} if htmx else {}
        return page(anna).post(f"/claims/{draft.reference}/documents/", {"file": uploads, **values}, headers=headers)

    return go


def problems_of(response):
    return [(problem.name, problem.code) for problem in response.context["problems"]]


def names_of(draft):
    return list(draft.attachments.values_list("document__name", flat=True))


def test_several_files_in_one_form_are_several_documents(send, draft):
    assert send(("a.pdf", make.PDF), ("b.jpg", files.picture())).url == f"/claims/{draft.reference}/documents/"
    assert names_of(draft) == ["a.pdf", "b.jpg"]
    assert set(draft.attachments.values_list("document__state", "kind", "item")) == {("pending", "other", None)}


def test_the_bad_one_among_several_is_named_and_the_others_are_kept(send, draft, text_of):
    response = send(("a.pdf", make.PDF), ("b.pdf", b""), ("c.pdf", files.EXE), ("d.png", files.picture("PNG")))
    assert response.status_code == 422
    assert problems_of(response) == [("b.pdf", "empty_file"), ("c.pdf", "type_not_allowed")]
    assert names_of(draft) == ["a.pdf", "d.png"]
    assert "b.pdf: This file is empty." in text_of(response)


@pytest.mark.parametrize(
    ("row", "name", "content", "code"),
    [
        ("u_01", "a.pdf", b"", "empty_file"),
        ("u_07", "foto.jpg", files.HTML, "content_mismatch"),
        ("u_07", "invoice.pdf", files.HTML, "content_mismatch"),
        ("u_08", "invoice.pdf", files.EXE, "type_not_allowed"),
        ("u_09", "a.pdf.exe", make.PDF, "type_not_allowed"),
        ("u_13", "a.svg", files.SVG, "type_not_allowed"),
        ("u_13", "a.png", files.SVG, "content_mismatch"),
        ("u_13", "a.xml", files.XXE, "type_not_allowed"),
    ],
)
def test_u_01_u_07_u_08_u_09_u_13_a_file_that_is_not_taken_says_why_in_its_row(send, draft, row, name, content, code):
    response = send((name, content))
    assert response.status_code == 422
    assert problems_of(response) == [(name, code)]
    assert f'data-code="{code}"' in response.content.decode()
    assert not Document.objects.exists()


def test_u_02_a_file_over_the_limit_is_named_and_the_rest_is_taken(send, draft, settings):
    settings.EVIDENCE_MAX_BYTES = 1000
    response = send(("large.pdf", make.PDF + bytes(1000)), ("small.pdf", make.PDF))
    assert response.status_code == 422
    assert problems_of(response) == [("large.pdf", "too_large")]
    assert names_of(draft) == ["small.pdf"]


def test_u_02_a_body_beyond_every_limit_is_not_read_and_the_page_says_so(page, anna, draft, settings):
    settings.EVIDENCE_MAX_BYTES = 1000
    upload = SimpleUploadedFile("large.pdf", bytes(90_000))
    response = page(anna).post(f"/claims/{draft.reference}/documents/", {"file": upload})
    assert response.status_code == 422
    assert problems_of(response) == [("", "too_large")]


@pytest.mark.parametrize(
    ("terms", "code"), [(Terms(most_files=1), "too_many_files"), (Terms(most_bytes=len(make.PDF) + 1), "quota")]
)
def test_u_06_one_file_too_many_is_refused_in_its_row(page, anna, db, terms, code):
    draft = make.draft(anna, make.incident(terms=terms))
    chosen = [make.upload("a.pdf"), make.upload("b.pdf")]
    response = page(anna).post(f"/claims/{draft.reference}/documents/", {"file": chosen})
    assert response.status_code == 422
    assert problems_of(response) == [("b.pdf", code)]
    assert names_of(draft) == ["a.pdf"]


@pytest.mark.parametrize(
    ("row", "name", "shown"),
    [
        ("u_09", "a.exe.pdf", "a_exe.pdf"),
        ("u_10", "../../etc/passwd.pdf", "passwd.pdf"),
        ("u_10", "..\\x.pdf", "x.pdf"),
        ("u_10", "C:\\x.pdf", "x.pdf"),
        ("u_11", "invoice\u202efdp.pdf", "invoicefdp.pdf"),
        ("u_11", "a" * 500 + ".pdf", "a" * 146 + ".pdf"),
        ("u_11", "CON.pdf", "_CON.pdf"),
        ("u_12", "=cmd.pdf", "=cmd.pdf"),
    ],
)
def test_u_09_u_10_u_11_u_12_a_name_is_made_harmless(send, draft, row, name, shown):
    assert send((name, make.PDF)).status_code == 302
    assert names_of(draft) == [shown]


def test_u_12_a_name_with_markup_is_shown_as_text(page, anna, send, draft):
    document = make.document(anna, name="x onerror=alert(1) & <b>.pdf")
    Attachment.objects.create(claim=draft, document=document)
    for step in ("documents", "check"):
        shown = page(anna).get(f"/claims/{draft.reference}/{step}/").content.decode()
        assert "<b>.pdf" not in shown
        assert "&amp; &lt;b&gt;.pdf" in shown
    refused = send(("<img src=x onerror=alert(1)>.pdf", b""))
    assert "<img src=x" not in refused.content.decode()


def test_u_14_an_archive_of_documents_is_taken_and_one_that_is_unsafe_is_not(send, draft):
    assert send(("a.zip", files.archive({"one.pdf": files.pdf()}))).status_code == 302
    assert problems_of(send(("b.zip", files.archive({"run.exe": files.EXE})))) == [("b.zip", "archive_unsafe")]


def test_no_file_chosen_is_said(send):
    response = send()
    assert response.status_code == 422
    assert problems_of(response) == [("", "required")]


def test_u_42_a_file_field_that_holds_text_is_no_file(page, anna, draft):
    response = page(anna).post(f"/claims/{draft.reference}/documents/", {"file": "just text"})
    assert (response.status_code, problems_of(response)) == (422, [("", "required")])


def test_going_on_needs_no_file(send, draft):
    assert send(go="on").url == f"/claims/{draft.reference}/bank/"


def test_going_on_takes_the_files_that_were_chosen(send, draft):
    assert send(("a.pdf", make.PDF), go="on").url == f"/claims/{draft.reference}/bank/"
    assert names_of(draft) == ["a.pdf"]


def test_a_document_is_described_with_the_form(page, anna, draft, send):
    send(("a.pdf", make.PDF))
    attachment, item = draft.attachments.get(), draft.items.get()
    said = {f"kind-{attachment.document_id}": "invoice", f"item-{attachment.document_id}": item.pk}
    assert send(go="on", **said).status_code == 302
    attachment.refresh_from_db()
    assert (attachment.kind, attachment.item) == ("invoice", item)
    assert "selected>Invoice" in page(anna).get(f"/claims/{draft.reference}/documents/").content.decode()


@pytest.mark.parametrize("item", ["999999", "x", "-1", "1" * 40, "other"])
def test_u_43_an_item_of_another_claim_is_unknown(page, anna, bruno, incident, draft, send, item):
    send(("a.pdf", make.PDF))
    attachment = draft.attachments.get()
    other = make.draft(bruno, incident).items.get().pk if item == "other" else item
    said = {f"kind-{attachment.document_id}": "invoice", f"item-{attachment.document_id}": other}
    response = send(go="on", **said)
    assert (response.status_code, problems_of(response)) == (422, [("a.pdf", "unknown_item")])
    attachment.refresh_from_db()
    assert (attachment.kind, attachment.item) == ("other", None)


def test_an_unknown_kind_is_refused(send, draft):
    send(("a.pdf", make.PDF))
    document = draft.attachments.get().document_id
    assert problems_of(send(go="on", **{f"kind-{document}": "gold", f"item-{document}": ""})) == [
        ("a.pdf", "unknown_kind")
    ]


def test_one_file_by_htmx_is_answered_with_its_row(send):
    taken = send(("a.pdf", make.PDF), htmx=True)
    assert taken.status_code == 200
    assert taken.content.decode().strip().startswith("<li")
    assert "<html" not in taken.content.decode()
    refused = send(("b.pdf", files.EXE), htmx=True)
    assert refused.status_code == 422
    assert 'data-code="type_not_allowed"' in refused.content.decode()


def test_a_row_asks_again_until_the_file_is_judged(page, anna, draft, send, text_of):
    send(("a.pdf", files.pdf()), ("b.png", files.png_bomb()))
    client = page(anna)
    first, second = draft.attachments.all()
    row = f"/claims/{draft.reference}/documents/{first.document_id}/row/"
    assert f'hx-get="{row}"' in client.get(row).content.decode()
    assert scan_batch() == 2
    judged = client.get(row)
    assert 'hx-trigger="load' not in judged.content.decode()
    assert "Checked" in text_of(judged)
    assert "Not virus-scanned" in text_of(judged)
    refused = client.get(f"/claims/{draft.reference}/documents/{second.document_id}/row/")
    assert "Not accepted" in text_of(refused)
    assert "too large" in text_of(refused)


def test_a_choice_in_a_row_is_saved_at_once_by_htmx(page, anna, draft, send):
    send(("a.pdf", make.PDF))
    attachment, item = draft.attachments.get(), draft.items.get()
    row = f"/claims/{draft.reference}/documents/{attachment.document_id}/row/"
    said = {f"kind-{attachment.document_id}": "receipt", f"item-{attachment.document_id}": item.pk}
    assert "selected>Receipt" in page(anna).post(row, said).content.decode()
    attachment.refresh_from_db()
    assert (attachment.kind, attachment.item) == ("receipt", item)


def test_a_document_is_removed(page, anna, draft, send):
    send(("a.pdf", make.PDF))
    address = f"/claims/{draft.reference}/documents/{draft.attachments.get().document_id}/remove/"
    assert page(anna).get(address).status_code == 405
    assert page(anna).post(address).url == f"/claims/{draft.reference}/documents/"
    assert not draft.attachments.exists()
    assert page(anna).post(address).status_code == 404


def test_u_44_nothing_is_added_to_changed_in_or_taken_out_of_a_claim_that_was_sent(page, anna, incident):
    claim = make.submitted(anna, incident)
    document = claim.attachments.get().document_id
    client, base = page(anna), f"/claims/{claim.reference}/documents"
    assert client.post(f"{base}/", {"file": make.upload()}).status_code == 409
    assert client.post(f"{base}/{document}/remove/").status_code == 409
    assert client.post(f"{base}/{document}/row/", {f"kind-{document}": "receipt"}).status_code == 409
    assert claim.attachments.get().kind == "invoice"
    assert Document.objects.count() == 1


def test_u_44_somebody_elses_draft_is_not_there(page, bruno, draft):
    client = page(bruno)
    assert client.get(f"/claims/{draft.reference}/documents/").status_code == 404
    assert client.post(f"/claims/{draft.reference}/documents/", {"file": make.upload()}).status_code == 404
    assert not Document.objects.exists()


def test_the_page_costs_the_same_for_three_documents_and_for_thirty(page, anna, incident, queries_of):
    few, many = make.draft(anna, incident), make.draft(anna, incident)
    for claim, count in ((few, 3), (many, 30)):
        for _each in range(count):
            make.attachment(claim)
    assert queries_of(page(anna), f"/claims/{few.reference}/documents/") == queries_of(
        page(anna), f"/claims/{many.reference}/documents/"
    )
