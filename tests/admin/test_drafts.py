"""The decision form keeps what is typed, offers what may be given beside money, and takes a proposal back."""

import pytest

from claims.models import DecisionDraft
from tests import make


@pytest.fixture
def claim(anna, incident, rita):
    return make.taken(anna, incident, rita)


def test_while_one_types_the_draft_is_kept_and_it_is_there_again(staff, at, typed, words, rita, claim):
    form = typed(claim, awarded="12,", share="x", note="As far as I", **{"benefit-storage_gb": "5"})
    kept = staff(rita).post(at("case-draft", claim), form, headers={"HX-Request": "true"})
    assert "Draft kept" in words(kept)
    page = staff(rita).get(at("case", claim))
    form = page.context["form"]
    assert (form.rows[0].awarded, form.rows[0].share, form.note) == ("12,", "x", "As far as I")
    assert form.rows[0].reasons == ["accepted_in_full"]
    assert [gift.quantity for gift in form.gifts if gift.kind == "storage_gb"] == ["5"]
    assert "Draft kept" in words(page)


def test_without_scripts_a_button_keeps_it(staff, at, typed, words, rita, claim):
    page = staff(rita).post(at("case-draft", claim), typed(claim, note="Mine"), follow=True)
    assert "Your draft is kept. Only you see it." in words(page)
    assert at("case-draft", claim) in page.content.decode()


def test_nobody_else_reads_it_or_keeps_one(staff, at, typed, words, rita, remo, sara, claim):
    staff(rita).post(at("case-draft", claim), typed(claim, note="Hush, a secret"))
    assert "Hush" not in words(staff(sara).get(at("case", claim)))
    assert staff(remo).post(at("case-draft", claim), typed(claim)).status_code == 403
    refused = staff(remo).post(at("case-draft", claim), typed(claim), headers={"HX-Request": "true"})
    assert "Take it first." in words(refused)
    assert DecisionDraft.objects.get().by == rita


def test_a_proposal_is_taken_back_and_is_in_the_form_again(staff, at, typed, words, rita, sara, claim):
    browser = staff(rita)
    form = typed(claim, awarded="50,00", reasons=("avoidable",), ask_signature="on", **{"benefit-storage_gb": "7"})
    page = browser.post(at("case-decide", claim), form, follow=True)
    assert "The reviewer asks for it." in words(page)
    assert "The reviewer asks for it." in words(staff(sara).get(at("case", claim)))
    assert at("case-recall", claim) not in staff(sara).get(at("case", claim)).content.decode()
    claim.refresh_from_db()
    assert staff(sara).post(at("case-recall", claim), {"version": claim.version}).status_code == 403
    page = browser.post(at("case-recall", claim), {"version": claim.version}, follow=True)
    assert "The decision is void." in words(page)
    form = page.context["form"]
    assert (form.rows[0].awarded, form.rows[0].reasons) == ("50.00", ["avoidable"])
    assert [gift.quantity for gift in form.gifts if gift.kind == "storage_gb"] == ["7"]


def test_benefits_are_given_in_the_form_and_a_wrong_number_is_said_beside_it(staff, at, typed, words, rita, claim):
    for wrong in ("101", "x", "-1", "1.5"):
        answer = staff(rita).post(at("case-decide", claim), typed(claim, **{"benefit-storage_gb": wrong}))
        assert answer.status_code == 422
        assert 'id="benefit-error-storage_gb"' in answer.content.decode()
    page = staff(rita).post(at("case-decide", claim), typed(claim, **{"benefit-storage_gb": "10"}), follow=True)
    assert "Gigabytes of storage: 10" in words(page)
    claim.refresh_from_db()
    assert claim.decisions.get().benefits.get().quantity == 10
