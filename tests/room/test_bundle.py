"""All documents of a case as one PDF for court."""

import io
from datetime import timedelta

import pikepdf
import pypdfium2
import pytest
from django.db import transaction
from django.utils import timezone

from claims.actions import bundles
from claims.models import Bundle
from claims.rules.errors import Refused
from evidence import blobs, leaves, reading
from evidence.models import Content, Leaves, Page, Reading
from tests import make
from tests.evidence import files
from tests.faults.child import every_step

pytestmark = pytest.mark.django_db(transaction=True)


def pages(number, mark=b""):
    out = io.BytesIO()
    with pikepdf.new() as document:
        for _page in range(number):
            document.add_blank_page(page_size=(400, 600))
        document.save(out)
    return out.getvalue() + mark


@pytest.fixture
def claim(anna, incident):
    claim = make.draft(anna, incident)
    make.attachment(claim, name="contract.pdf", content=pages(3))
    make.attachment(claim, name="photo.jpg", media_type="image/jpeg", content=files.picture())
    make.attachment(claim, name="bounce.eml", media_type="message/rfc822", content=files.MAIL, kind="bounce")
    make.attachment(claim, name="broken.pdf", content=b"%PDF-1.4 nothing")
    make.attachment(claim, name="bad.pdf", content=pages(1, b"%v"), state="refused", reason="malware")
    make.put(claim, "submitted", submitted_at=claim.created_at, due="2023-03-01")
    while reading.read_batch():
        pass
    return claim


def bound(claim, by):
    bundle = bundles.request_bundle(claim.reference, by=by)
    assert bundles.bind_batch() == 1
    bundle.refresh_from_db()
    return bundle


def text_of(path):
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range() for page in document]


def picture_of(path, number):
    with pypdfium2.PdfDocument(path) as document:
        return document[number].render(scale=1).to_pil().tobytes()


def test_every_page_says_which_it_is_and_what_cannot_be_shown_is_named(claim, rita):
    rita.language = "en"
    bundle = bound(claim, rita)
    assert (bundle.state, bundle.error, bundle.done) == ("ready", "", 5)
    said = text_of(bundles.path_of(bundle))
    assert bundle.pages == len(said) == 6  # cover with index, three, one, one
    for expected in ("contract.pdf", "photo.jpg", "bounce.eml", "broken.pdf", "bad.pdf", "A virus was found"):
        assert expected in said[0]
    assert "It cannot be shown on paper" in said[0]
    assert "Doc. 1, p. 2/3" in said[2]
    assert "page 3 of 6" in said[2]
    assert "Not delivered." in said[5]
    assert "Doc. 3, p. 1/1" in said[5]
    with pikepdf.open(bundles.path_of(bundle)) as document:
        assert len(document.pages[1].get_images()) == 1


def test_the_same_documents_make_the_same_bytes(claim, rita, sara):
    first = bound(claim, rita)
    assert bundles.request_bundle(claim.reference, by=sara).pk == first.pk
    digest = first.sha256
    bundles.path_of(first).unlink()
    Leaves.objects.all().delete()
    again = bound(claim, sara)
    assert (again.pk, again.sha256) == (first.pk, digest)


def test_what_was_read_on_a_page_lies_behind_its_picture(claim, rita):
    """It can be found and copied, it is not seen, it is data and no markup, and nothing in the file acts."""
    before = bound(claim, rita)
    plain = picture_of(bundles.path_of(before), 2)
    contract = claim.attachments.get(document__name="contract.pdf").document.sha256
    said = "Canone annuo 19,99 € #let x = 1 \\ $y$ *forte* <begin>\n" + "Riga di testo della pagina due. " * 400
    Page.objects.filter(content_id=contract).delete()
    Page.objects.create(content_id=contract, number=2, text=said)
    Content.objects.filter(pk=contract).update(state="read", read_at=timezone.now())
    after = bound(claim, rita)
    assert after.pk != before.pk, "what was read since makes another bundle"
    pages = text_of(bundles.path_of(after))
    assert "Canone annuo 19,99 € #let x = 1 \\ $y$ *forte* <begin>" in pages[2]
    assert pages[2].count("Riga di testo della pagina due.") > 200
    assert "Riga" not in pages[1] + pages[3]
    counts = "conta l’immagine"
    assert (counts in pages[0], counts in text_of(bundles.path_of(before))[0]) == (True, False)
    assert picture_of(bundles.path_of(after), 2) == plain
    with pikepdf.open(bundles.path_of(after)) as document:
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(document.Root.keys())
        assert not any("/AA" in page for page in document.pages)


def test_another_document_makes_another_bundle(claim, rita):
    first = bound(claim, rita)
    make.attachment(claim, name="more.pdf", content=pages(1))
    assert bound(claim, rita).pk != first.pk


def test_it_is_written_down_who_gets_which_documents(claim, rita):
    bound(claim, rita)
    _bundle, file = bundles.opened(claim.reference, by=rita, request_id="r-7")
    file.close()
    rows = Reading.objects.filter(reader=rita, request_id="r-7", why=f"bundle of {claim.reference}")
    assert sorted(row.document.name for row in rows) == ["bounce.eml", "broken.pdf", "contract.pdf", "photo.jpg"]


def test_a_bundle_with_a_withdrawn_document_is_not_handed_out(claim, rita):
    bound(claim, rita)
    document = claim.attachments.first().document
    document.state, document.reason = "refused", "malware"
    document.save()
    with pytest.raises(Refused) as refused:
        bundles.opened(claim.reference, by=rita)
    assert (refused.value.code, refused.value.status) == ("stale", 409)


def test_neither_the_claimant_nor_strangers_may_ask(claim, anna, bruno, olga):
    for person, status in ((anna, 403), (bruno, 404), (olga, 404)):
        for act in (bundles.request_bundle, bundles.opened):
            with pytest.raises(Refused) as refused:
                act(claim.reference, by=person)
            assert refused.value.status == status


def test_one_that_is_interrupted_too_often_has_failed_and_can_be_asked_for_again(claim, rita):
    bundle = bundles.request_bundle(claim.reference, by=rita)
    for _try in range(bundles.MOST_TRIES):
        assert bundles.lease().pk == bundle.pk
        Bundle.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert bundles.bind_batch() == 0
    bundle.refresh_from_db()
    assert (bundle.state, bundle.error) == ("failed", "It was interrupted 3 times.")
    assert bound(claim, rita).state == "ready"


def test_killed_at_any_step_it_is_bound_once_and_the_same(anna, incident, rita):
    claim = make.draft(anna, incident)
    make.attachment(claim, name="contract.pdf", content=pages(2))
    make.put(claim, "submitted", submitted_at=claim.created_at, due="2023-03-01")
    digests = set()

    def fresh():
        Bundle.objects.all().delete()
        bundles.request_bundle(claim.reference, by=rita)
        return None, bundles.bind_batch

    killed = 0
    for _step, _prepared in every_step(fresh, by=4):
        killed += 1
        Bundle.objects.filter(state="running").update(leased_until=timezone.now() - timedelta(seconds=1))
        while bundles.bind_batch():
            pass
        bundle = Bundle.objects.get()
        assert bundle.state == "ready"
        digests.add(bundle.sha256)
        assert [each.name for each in bundles.path_of(bundle).parent.glob("incoming/*")] == []
    assert killed > 2
    assert len(digests) == 1


def test_pages_are_made_for_what_has_some(claim, rita):
    leaves.want([each.document for each in claim.attachments.select_related("document")])
    while leaves.render_batch():
        pass
    found = {row.sha256: (row.state, row.pages, row.made) for row in Leaves.objects.all()}
    documents = {each.document.name: each.document.sha256 for each in claim.attachments.all()}
    assert found[documents["contract.pdf"]] == ("ready", 3, 3)
    assert found[documents["photo.jpg"]] == ("ready", 1, 1)
    assert found[documents["broken.pdf"]] == ("failed", 0, 0)
    assert documents["bad.pdf"] not in found
    assert blobs.leaf_path(documents["contract.pdf"], 3).read_bytes()[:2] == b"\xff\xd8"


def test_a_bundle_goes_with_the_documents_that_it_shows(claim, rita):
    bundle = bound(claim, rita)
    with transaction.atomic():
        bundles.forget(claim)
        assert bundles.path_of(bundle).is_file()
    assert not bundles.path_of(bundle).exists()
    assert not Bundle.objects.exists()
