"""What the mails say: the same three first lines, the arithmetic, the code; text as good as HTML; nothing injected."""

import re

import pytest
from django.utils import timezone

from claims.actions import intake, mails, notices
from claims.models import Notice
from tests import make

HOSTILE = "<script>alert(1)</script>\r\nBcc: victim@example.org {{ 7|add:7 }} %s"


def message_of(claim, kind, language="en"):
    notice = Notice.objects.get(claim=claim, kind=kind)
    notice.language = language
    return notice, mails.render(notice)


def html_of(message):
    return message.alternatives[0][0]


@pytest.fixture
def half_granted(anna, incident, rita):
    """Two losses: one reduced by an own share, one over the cap of its head; a reason for each."""
    items = [make.item("1200.00", head="missed_opportunity", description="The job\nin Turin"), make.item("89.90")]
    claim = make.taken(anna, incident, rita, items=items)
    findings = make.findings(claim)
    findings[0].update(awarded="900.00", share="25.00", reasons=["own_contribution", "above_cap"])
    findings = [{**f, "awarded": make.Decimal(f["awarded"]), "share": make.Decimal(f["share"])} for f in findings]
    claim = make.decisions.decide(
        claim.reference, by=rita, outcome="partly_approved", items=findings, note="Two invoices were missing."
    )
    return make.decisions.countersign(claim.reference, by=make.person("sara", "supervisor"))


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("kind", ["claim_submitted", "claim_decided", "claim_withdrawn"])
def test_every_mail_has_three_first_lines_a_reference_and_a_code_to_verify(
    anna, bruno, incident, rita, settings, kind, language
):
    claim = make.submitted(bruno, incident, login="bruno@virgilio.example")
    if kind == "claim_withdrawn":
        intake.withdraw(claim.reference, by=bruno)
    elif kind == "claim_decided":
        claim = make.decided(anna, incident, rita)
    notice, message = message_of(claim, kind, language)
    lines = message.body.splitlines()
    assert all(lines[:3])
    assert lines[3] == ""
    assert "\n\n\n" not in message.body
    code = " ".join(re.findall("....", notice.code))
    for part in (message.body, html_of(message)):
        for needed in (claim.reference, code, f"{settings.SITE_URL}/verify/", f"{settings.SITE_URL}/claims/"):
            assert needed in part
    assert f'lang="{language}"' in html_of(message)
    assert claim.reference in message.subject


def test_the_decision_is_explained_item_by_item(half_granted):
    _notice, message = message_of(half_granted, "claim_decided")
    for part in (message.body, html_of(message).replace("&nbsp;", " ")):
        for needed in (
            "1,200.00 €",
            "900.00 €",
            "675.00 €",
            "600.00 €",
            "89.90 €",
            "689.90 €",
            "25",
            "in your own hands",
        ):
            assert needed in part, needed
        assert "Two invoices were missing." in part
    assert "of 1,289.90 € you get 689.90 €" in message.body


def test_a_rejection_gives_its_reasons(anna, incident, rita):
    claim = make.taken(anna, incident, rita)
    items = make.findings(claim, awarded="0.00", reasons=["no_causation"])
    make.decisions.decide(claim.reference, by=rita, outcome="rejected", items=items)
    _notice, message = message_of(claim, "claim_decided")
    assert "It is rejected" in message.body
    assert "do not show that the outage caused this loss" in message.body


def test_i_07_text_of_a_claimant_is_escaped_in_html_and_plain_in_text(anna, incident, rita):
    items = [make.item(description=HOSTILE)]
    claim = make.decided(anna, incident, rita, items=items)
    _notice, message = message_of(claim, "claim_decided")
    assert "<script>" not in html_of(message)
    assert "&lt;script&gt;" in html_of(message)
    assert "<script>alert(1)</script>" in message.body
    assert "{{ 7|add:7 }} %s" in message.body


def test_i_07_a_line_break_adds_no_header(anna, incident):
    incident.title_en = incident.title_it = "Outage\r\nBcc: victim@example.org"
    incident.save()
    anna.name = "Anna\r\nBcc: victim@example.org"
    anna.save()
    _notice, message = message_of(make.submitted(anna, incident), "claim_submitted")
    sent = message.message()
    assert "Bcc" not in sent
    assert sent.get_all("To") == ["anna@example.org"]
    assert message.recipients() == ["anna@example.org"]


def test_mails_load_nothing_from_elsewhere_and_style_nothing_inline(half_granted, settings):
    _notice, message = message_of(half_granted, "claim_decided")
    html = html_of(message)
    assert not re.search(r"<img|<link|<script|url\(|\sstyle=", html)
    assert all(url.startswith(settings.SITE_URL) for url in re.findall(r'href="([^"]+)"', html))


def test_the_mail_of_the_outbox_is_what_a_worker_sends(half_granted, mailoutbox):
    Notice.objects.exclude(kind="claim_decided").update(state="sent", sent_at=timezone.now())
    notices.deliver_batch()
    [message] = mailoutbox
    assert message.subject == f"Abbiamo deciso la tua pratica {half_granted.reference}"


def test_explaining_a_decision_costs_the_same_for_many_items(anna, incident, rita, django_assert_num_queries):
    claim = make.decided(anna, incident, rita, items=[make.item(amount="5.00") for _number in range(12)])
    rows = Notice.objects.select_related("claim__incident", "claim__terms", "recipient")
    notice = rows.get(claim=claim, kind="claim_decided")
    with django_assert_num_queries(4):  # the decision, its awards with items, the words of reasons, benefits
        mails.render(notice)
