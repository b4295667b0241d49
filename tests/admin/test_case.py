"""The case page: what it shows to whom, assigning and giving back, documents."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import decisions, review
from claims.models import Claim
from evidence.models import Reading
from tests import make


@pytest.fixture
def claim(anna, incident, rita):
    return make.taken(anna, incident, rita)


def test_story_evidence_and_decision_are_on_one_page(staff, at, words, rita, claim):
    text = words(staff(rita).get(at("case", claim)))
    for part in (
        make.NARRATIVE,
        "A new mailbox elsewhere",
        "120.00 €",
        "anna@libero.example",
        "Paid mailbox",
        "19.99 €",
        "23 Jan 2023 00:00",
        "Outage days 4",
        "invoice.pdf",
        "Not virus-scanned",
        "Taken for review",
        "Awarded, €",
        "The loss is proven and granted in full.",
    ):
        assert part in text, part


def test_times_are_romes_with_utc_on_hover(staff, at, rita, claim):
    page = staff(rita).get(at("case", claim)).content.decode()
    assert 'title="2023-01-24 09:30 UTC">24 Jan 2023 10:30</time>' in page


@pytest.mark.parametrize("role", ["reviewer", "supervisor", "manager"])
def test_case_readers_see_it_without_the_form_of_somebody_else(staff, at, role, claim):
    page = staff(make.person("other", role)).get(at("case", claim))
    assert page.status_code == 200
    assert at("case-decide", claim) not in page.content.decode()


@pytest.mark.parametrize("role", ["claimant", "operator", "administrator"])
def test_nobody_else_opens_a_case(staff, at, role, claim):
    assert staff(make.person("other", role)).get(at("case", claim)).status_code == 403


def test_a_draft_and_an_unknown_reference_are_the_same_404(staff, at, rita, anna, incident):
    draft = make.draft(anna, incident)
    browser = staff(rita)
    assert browser.get(at("case", draft)).status_code == 404
    assert browser.get(at("case", "AAAAA-AAAAA")).status_code == 404
    for name in ("case-take", "case-release", "case-decide", "case-assess"):
        assert browser.post(at(name, draft)).status_code == 404, name


@pytest.mark.parametrize("reference", ["..%2F", "%00", "x" * 5000, "ΑΒΓΔΕ-ΑΒΓΔΕ", "' OR 1=1"])
def test_i_09_what_is_no_reference_is_404(staff, rita, reference):
    assert staff(rita).get(f"/admin/cases/{reference}/").status_code == 404


def test_i_09_a_reference_in_small_letters_leads_to_the_right_case(staff, at, rita, claim):
    answer = staff(rita).get(at("case", claim.reference.lower()))
    assert (answer.status_code, answer.url) == (302, at("case", claim))


def test_ones_own_claim_shows_nothing_of_what_colleagues_see(staff, at, words, incident):
    both = make.person("both", "reviewer", "claimant")
    own = make.submitted(both, incident, login="both@x.example", login_explanation="An alias.")
    page = staff(both).get(at("case", own))
    assert page.status_code == 403
    assert "This is your own claim." in words(page)
    assert "Not on the roster" not in page.content.decode()
    taking = staff(both).post(at("case-take", own))
    assert taking.status_code == 403
    own.refresh_from_db()
    assert own.status == "submitted"
    document = own.attachments.get().document_id
    assert staff(both).get(at("case-document", own, document)).status_code == 404


def test_i_07_what_a_claimant_wrote_is_text(staff, at, rita, anna, incident):
    evil = "<script>alert(1)</script>{{7*7}}"
    claim = make.draft(anna, incident, narrative=evil, items=[make.item(description=evil)])
    make.attachment(claim, name='"><img src=x onerror=alert(1)>.pdf')
    claim = Claim.objects.get(pk=claim.pk)
    review_of = make.intake.submit_claim(claim.reference, by=anna, declaration=True)
    page = staff(rita).get(at("case", review_of)).content.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page


def test_a_case_with_many_losses_and_documents_costs_no_more_queries(staff, at, rita, bruno, anna, incident):
    small = make.taken(anna, incident, rita)
    draft = make.draft(bruno, incident, login="bruno@virgilio.example", items=[make.item("10.00") for _ in range(20)])
    for number in range(10):
        make.attachment(draft, content=b"%PDF-1.4 " + str(number).encode(), name=f"{number}.pdf")
    large = make.intake.submit_claim(draft.reference, by=bruno, declaration=True)
    make.checked(review.take(large.reference, by=rita))
    browser, counts = staff(rita), []
    browser.get(at("queue"))  # the session is written once
    for claim in (small, large):
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(at("case", claim)).status_code == 200
        counts.append(len(queries))
    # Three for the checklist, nine for fit and like claims, two for the room, two for notices, one for what is paid.
    assert counts[0] == counts[1] <= 44


def test_the_same_file_elsewhere_is_named(staff, at, words, rita, bruno, anna, incident):
    make.taken(anna, incident, rita)
    twin = make.submitted(bruno, incident, login="bruno@virgilio.example")
    hers = Claim.objects.get(claimant=anna)
    assert f"The same file is in: {hers.reference}" in words(staff(rita).get(at("case", twin)))


def test_giving_back_frees_the_claim_and_keeps_the_reason_for_colleagues(staff, at, words, rita, sara, claim):
    page = staff(rita).post(at("case-release", claim), {"reason": "I know the claimant."}, follow=True)
    assert "The claim is free again." in words(page)
    claim.refresh_from_db()
    assert (claim.status, claim.assigned_to) == ("submitted", None)
    assert "I know the claimant." in words(staff(sara).get(at("case", claim)))


def test_only_who_has_it_or_a_supervisor_gives_it_back(staff, at, words, remo, sara, claim):
    refused = staff(remo).post(at("case-release", claim))
    assert refused.status_code == 403
    assert "Only the reviewer who took this claim may do this." in words(refused)
    assert staff(sara).post(at("case-release", claim)).status_code == 302


def test_taking_what_is_taken_is_409_on_the_case_page(staff, at, words, remo, claim):
    refused = staff(remo).post(at("case-take", claim))
    assert refused.status_code == 409
    assert "Somebody else took this claim just now." in words(refused)


def test_a_supervisor_gives_a_claim_to_somebody_else(staff, at, words, sara, remo, claim):
    page = staff(sara).post(at("case-assign", claim), {"to": remo.pk}, follow=True)
    assert "The claim is now with Remo." in words(page)
    claim.refresh_from_db()
    assert claim.assigned_to == remo


def test_a_claim_is_not_given_to_who_may_not_have_it(staff, at, sara, rita, anna, olga, claim):
    browser = staff(sara)
    assert browser.post(at("case-assign", claim), {"to": anna.pk}).status_code == 403
    assert browser.post(at("case-assign", claim), {"to": olga.pk}).status_code == 403
    for nonsense in ("", "x", "-1", "99999999", "٣"):
        assert browser.post(at("case-assign", claim), {"to": nonsense}).status_code == 422, nonsense
    claim.refresh_from_db()
    assert claim.assigned_to == rita


def test_a_reviewer_assigns_nothing(staff, at, rita, remo, claim):
    assert staff(rita).post(at("case-assign", claim), {"to": remo.pk}).status_code == 403


def test_a_document_is_downloaded_as_an_attachment_and_the_reading_is_written_down(staff, at, rita, claim):
    document = claim.attachments.get().document
    answer = staff(rita).get(at("case-document", claim, document.pk))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invoice.pdf"'
    assert b"".join(answer.streaming_content) == make.PDF
    reading = Reading.objects.get()
    assert (reading.reader, reading.how, reading.why) == (rita, "download", f"case {claim.reference}")


def test_a_document_is_never_shown_but_by_the_preview_we_made(staff, at, words, rita, claim):
    document = claim.attachments.get().document
    assert staff(rita).get(at("case-preview", claim, document.pk)).status_code == 404
    assert not Reading.objects.exists()
    assert "There is no preview of this file." in words(staff(rita).get(at("case", claim)))


@pytest.mark.parametrize(("state", "reason", "status"), [("refused", "malware", 403)])
def test_u_28_a_refused_document_is_seen_but_not_opened(staff, at, words, rita, anna, incident, state, reason, status):
    claim = make.draft(anna, incident)
    make.attachment(claim, name="invoice.pdf")
    bad = make.attachment(claim, name="virus.pdf", content=b"%PDF-1.4 bad", state=state, reason=reason).document
    claim = make.intake.submit_claim(claim.reference, by=anna, declaration=True)
    page = staff(rita).get(at("case", claim))
    assert "A virus was found in this file." in words(page)
    assert at("case-document", claim, bad.pk) not in page.content.decode()
    answer = staff(rita).get(at("case-document", claim, bad.pk))
    assert answer.status_code == status
    assert "nobody can open it" in words(answer)
    assert not Reading.objects.exists()


def test_a_document_of_another_claim_is_404(staff, at, rita, bruno, incident, claim):
    other = make.submitted(bruno, incident, login="bruno@virgilio.example")
    document = other.attachments.get().document_id
    assert staff(rita).get(at("case-document", claim, document)).status_code == 404
    assert staff(rita).get(at("case-preview", claim, document)).status_code == 404


def test_operators_meet_nothing_of_claims_that_are_not_theirs(staff, at, olga, anna, incident, rita):
    anna.name = "Canary Claimant"
    anna.save()
    claim = make.taken(anna, incident, rita, narrative="canary narrative")
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim), note="canary note")
    document = claim.attachments.get().document_id
    browser = staff(olga)
    for address in (
        at("index"),
        at("queue"),
        at("case", claim),
        at("case-document", claim, document),
        at("claims_claim_changelist"),
        at("evidence_document_changelist"),
        at("incidents"),
        at("incident", incident.code),
        at("claims_problemreport_changelist"),
        at("claims_journalentry_changelist"),
    ):
        body = browser.get(address).content.decode()
        for canary in ("Canary Claimant", "canary narrative", "canary note", "invoice.pdf", "anna@"):
            assert canary not in body, address
