"""The first page, for each who works here; and sending a notice again."""

import pytest

from claims.actions import review
from claims.models import JournalEntry, Notice
from tests import make


def test_a_reviewer_finds_the_claims_on_the_desk_and_the_button(staff, at, words, rita, anna, incident):
    browser = staff(rita)
    empty = words(browser.get(at("index")))
    assert "Your desk is empty." in empty
    claim = make.taken(anna, incident, rita)
    page = browser.get(at("index"))
    assert claim.reference in words(page)
    assert at("queue-next") in page.content.decode()


def test_a_supervisor_finds_what_waits_for_a_signature_but_not_the_own_decisions(
    staff, at, words, typed, rita, sara, anna, bruno, incident
):
    hers = make.taken(anna, incident, rita)
    own = make.taken(bruno, incident, sara, login="bruno@virgilio.example")
    for reviewer, claim in ((rita, hers), (sara, own)):
        staff(reviewer).post(at("case-decide", claim), typed(claim, ask_signature="on"))
    page = staff(sara).get(at("index"))
    assert [claim.reference for claim in page.context["to_sign"]] == [hers.reference]


def test_an_operator_finds_the_claims_filed_for_others_and_where_to_file(staff, at, words, olga, rita, incident):
    caller = {"email": "caller@example.org", "name": "Carla", "phone": "", "identity_check": "Asked for the birthday."}
    filed = make.draft(olga, incident, on_behalf_of=caller, channel="phone")
    page = staff(olga).get(at("index"))
    assert filed.reference in words(page)
    assert "Mail outage" in words(page)
    assert "Take next" not in words(page)


def test_an_administrator_is_led_to_the_people(staff, at, ada):
    assert f'href="{at("people")}"' in staff(ada).get(at("index")).content.decode()


@pytest.fixture
def failed(anna, incident):
    notice = make.submitted(anna, incident).notices.get()
    Notice.objects.filter(pk=notice.pk).update(state="failed", tries=13, last_error="SMTPDataError 550")
    return notice


def test_a_notice_that_failed_is_sent_again(staff, at, words, mara, failed):
    browser = staff(mara)
    assert "Send again" in words(browser.get(at("claims_notice_change", failed.pk)))
    page = browser.post(at("notice-retry", failed.pk), follow=True)
    assert "The notice is in the outbox again." in words(page)
    failed.refresh_from_db()
    assert (failed.state, failed.tries) == ("queued", 0)
    entry = JournalEntry.objects.get(chain=f"notice:{failed.pk}")
    assert (entry.action, entry.old, entry.new, entry.actor) == ("retry", "failed", "queued", mara)


def test_nobody_sends_a_notice_to_themselves_again(staff, at, words, sara, incident):
    notice = make.submitted(sara, incident).notices.get()
    Notice.objects.filter(pk=notice.pk).update(state="failed", tries=13)
    refused = staff(sara).post(at("notice-retry", notice.pk))
    assert refused.status_code == 403
    assert "This notice is to you." in words(refused)
    notice.refresh_from_db()
    assert (notice.state, JournalEntry.objects.filter(action="retry").exists()) == ("failed", False)


def test_what_did_not_fail_is_not_sent_again(staff, at, words, mara, failed):
    Notice.objects.update(state="sent")
    refused = staff(mara).post(at("notice-retry", failed.pk))
    assert refused.status_code == 409
    assert "Only a notice that failed can be sent again." in words(refused)
    assert staff(mara).post(at("notice-retry", 999999)).status_code == 404


@pytest.mark.parametrize("role", ["claimant", "operator", "reviewer", "administrator"])
def test_only_a_supervisor_or_manager_sends_again(staff, at, failed, role):
    assert staff(make.person("other", role)).post(at("notice-retry", failed.pk)).status_code == 403
    failed.refresh_from_db()
    assert failed.state == "failed"


def test_a_desk_is_left_when_the_claim_is_given_back(staff, at, words, rita, anna, incident):
    claim = make.taken(anna, incident, rita)
    review.release(claim.reference, by=rita)
    assert "Your desk is empty." in words(staff(rita).get(at("index")))
    assert claim.reference not in words(staff(rita).get(at("index")))
