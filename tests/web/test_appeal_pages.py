"""After the decision: the case page says what one can do until when; accepting, appealing, bank details."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.actions import attachments, intake, review
from claims.models import Appeal, Message
from evidence.uploading import StreamedUpload
from tests import make
from tests.appeals.conftest import IBAN, days_later, decide, tell


@pytest.fixture
def decided(anna, incident, rita):
    claim = decide(make.taken(anna, incident, rita, iban=IBAN), rita, awarded="50.00")
    tell()
    return claim


def address(claim, name=""):
    return f"/claims/{claim.reference}/{name}"


def test_the_case_page_says_what_one_can_do_and_until_when(page, anna, decided, text_of):
    shown = text_of(page(anna).get(address(decided)))
    for told in ("What you can do now", "You get 50.00 €", "you can appeal until", "You will not get less than now."):
        assert told in shown
    with days_later(40):
        shown = text_of(page(anna).get(address(decided)))
    assert "The time to appeal is over." in shown
    assert "It is paid with the next payment run." in shown
    assert "you can appeal until" not in shown
    assert "or the time to appeal is over" not in shown


def test_it_asks_for_bank_details_where_there_are_none(page, anna, incident, rita, text_of):
    claim = decide(make.taken(anna, incident, rita), rita)
    shown = page(anna).get(address(claim))
    assert "Give us your bank details, so that we can pay." in text_of(shown)
    assert address(claim, "accept/") not in shown.content.decode()
    assert page(anna).post(address(claim, "accept/")).status_code == 409


def test_an_appeal_is_sent_with_grounds_and_documents(page, anna, decided, text_of, current):
    client = page(anna)
    assert "It is final, and nothing is paid until then." in text_of(client.get(address(decided, "appeal/")))
    sent = {
        "grounds": "You did not read this.",
        "file": [make.upload("one.pdf"), make.upload("two.pdf", make.PDF + b"%")],
    }
    response = client.post(address(decided, "appeal/"), sent)
    assert (response.status_code, response.url) == (302, address(decided))
    assert (current(decided).status, current(decided).attachments.count()) == ("appealed", 3)
    shown = text_of(client.get(response.url))
    assert "We have your appeal. Another reviewer will look at it." in shown
    assert "You did not read this." in shown
    assert "What you can do now" not in shown


def test_a_file_that_is_not_taken_keeps_the_appeal_back_and_the_words(page, anna, decided, text_of, current):
    sent = {
        "grounds": "You did not read this.",
        "file": [make.upload("a.exe", b"MZ\x90\x00" * 50), make.upload("ok.pdf")],
    }
    response = page(anna).post(address(decided, "appeal/"), sent)
    shown = text_of(response)
    assert response.status_code == 422
    assert "Your appeal has not been sent yet." in shown
    assert "You did not read this." in response.content.decode()
    assert "ok.pdf" in shown
    assert (current(decided).status, Appeal.objects.count()) == ("partly_approved", 0)


def test_an_appeal_without_grounds_is_corrected_at_its_field(page, anna, decided, text_of):
    response = page(anna).post(address(decided, "appeal/"), {"grounds": "  "})
    assert response.status_code == 422
    assert "Fill in this field." in text_of(response)


def test_too_late_is_said_on_a_page_that_keeps_the_words(page, anna, decided, text_of):
    with days_later(40):
        assert page(anna).get(address(decided, "appeal/")).status_code == 302
        response = page(anna).post(address(decided, "appeal/"), {"grounds": "You did not read this."})
    assert response.status_code == 409
    assert "The time to appeal is over." in text_of(response)
    assert "You did not read this." in text_of(response)


def test_accepting_names_what_is_given_up_and_leads_to_the_payment(page, anna, decided, text_of, current):
    client = page(anna)
    shown = text_of(client.get(address(decided, "accept/")))
    for told in ("Accept 50.00 €", "IT** 3456", "You give up the appeal"):
        assert told in shown
    assert current(decided).status == "partly_approved"
    assert client.post(address(decided, "accept/")).status_code == 302
    assert current(decided).status == "payment_due"
    assert client.post(address(decided, "accept/")).status_code == 409


def test_bank_details_are_given_corrected_and_never_shown_whole(page, anna, incident, text_of, current):
    claim = make.submitted(anna, incident)
    client = page(anna)
    response = client.post(address(claim, "bank-details/"), {"iban": "IT60", "holder": ""})
    assert response.status_code == 422
    assert client.post(address(claim, "bank-details/"), {"iban": IBAN, "holder": "Anna"}).status_code == 302
    assert current(claim).iban_hint == "IT** 3456"
    for name in ("", "bank-details/"):
        shown = client.get(address(claim, name)).content.decode()
        assert "IT** 3456" in shown
        assert IBAN not in shown


def test_a_claim_that_is_over_takes_no_bank_details(page, anna, incident):
    claim = make.submitted(anna, incident)
    intake.withdraw(claim.reference, by=anna)
    assert page(anna).get(address(claim, "bank-details/")).status_code == 302
    assert page(anna).post(address(claim, "bank-details/"), {"iban": IBAN}).status_code == 409


def test_both_decisions_stay_on_the_page_and_the_second_is_final(page, anna, decided, remo, text_of):
    page(anna).post(address(decided, "appeal/"), {"grounds": "Too little."})
    review.take(decided.reference, by=remo)
    decide(decided, remo)
    shown = text_of(page(anna).get(address(decided)))
    for told in ("The decision before", "50.00", "120.00", "This is the decision on your appeal: it is final."):
        assert told in shown
    assert "Your appeal" in shown
    assert "It is paid with the next payment run." in shown
    assert "or the time to appeal is over" not in shown
    assert "Remo" not in shown


def test_a_final_rejection_says_that_nothing_is_left_to_do(page, anna, decided, incident, rita, remo, text_of):
    claim = decide(make.taken(anna, incident, rita), rita, awarded="0.00", reasons=["no_evidence"])
    tell()
    page(anna).post(address(claim, "appeal/"), {"grounds": "Look again."})
    review.take(claim.reference, by=remo)
    decide(claim, remo, awarded="0.00", reasons=["no_evidence"])
    shown = text_of(page(anna).get(address(claim)))
    for told in ("Nothing is left to do", "The claim is closed now.", "it is final."):
        assert told in shown
    for gone in ("What you can do now", "When the time to appeal is over"):
        assert gone not in shown


def test_the_page_costs_the_same_after_an_appeal_with_many_documents(page, anna, decided, remo):
    page(anna).post(address(decided, "appeal/"), {"grounds": "Too little."})
    review.take(decided.reference, by=remo)
    decide(decided, remo)
    client, counts = page(anna), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(decided)).status_code == 200
        counts.append(len(queries))
        for _number in range(20):
            make.attachment(decided)
    assert counts[0] == counts[1]


def test_a_claim_that_ended_says_how_it_may_be_opened_again_and_a_discarded_draft_does_not(client, anna, incident):
    client.force_login(anna)
    client.cookies["language"] = "en"
    sent = intake.withdraw(make.submitted(anna, incident).reference, by=anna)
    page = client.get(f"/claims/{sent.reference}/").text
    assert "a supervisor can open it again" in page
    assert f"/problems/new/?incident={incident.code}" in page
    discarded = intake.withdraw(make.draft(anna, incident).reference, by=anna)
    assert "a supervisor can open it again" not in client.get(f"/claims/{discarded.reference}/").text


def test_while_somebody_looks_again_the_first_decision_is_shown_as_the_one_before(page, anna, decided, text_of):
    assert "The decision so far" not in text_of(page(anna).get(address(decided)))
    page(anna).post(address(decided, "appeal/"), {"grounds": "Why?"})
    shown = text_of(page(anna).get(address(decided)))
    assert "The decision so far" in shown
    assert "nothing is paid until the new decision" in shown


def test_removing_a_document_keeps_the_grounds_that_were_typed(page, anna, decided, text_of):
    client, grounds = page(anna), "You overlooked the second invoice & more"
    attachments.attach(decided.reference, StreamedUpload.of("more.pdf", [make.PDF + b"%more"]), by=anna)
    document = decided.attachments.latest("pk").document_id
    shown = client.get(address(decided, "appeal/"))
    assert "more.pdf" in text_of(shown)
    assert f"documents/{document}/remove/" in shown.content.decode()
    sent = {"grounds": grounds, f"kind-{document}": "other"}
    response = client.post(address(decided, f"documents/{document}/remove/"), sent)
    assert response.url.startswith(address(decided, "appeal/") + "?kept=")
    shown = client.get(response.url)
    assert grounds in text_of(shown)
    assert "more.pdf" not in text_of(shown)
    assert decided.attachments.count() == 1


def test_what_a_message_holds_is_shown_on_the_appeal_page_without_a_button_that_would_fail(
    page, anna, decided, text_of
):
    attachments.attach(decided.reference, StreamedUpload.of("said.pdf", [make.PDF + b"%said"]), by=anna)
    held = decided.attachments.latest("pk")
    message = Message.objects.create(
        claim=decided, author=anna, from_staff=False, text="Here", written_at=timezone.now()
    )
    message.documents.add(held)
    shown = page(anna).get(address(decided, "appeal/"))
    assert "said.pdf" in text_of(shown)
    assert "/remove/" not in shown.content.decode()
