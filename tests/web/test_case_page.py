"""The page of a claim: its story, its decision in figures and words, and nothing that is not the claimant's."""

import re

import pytest

from claims.actions import decisions, review
from claims.models import Claim
from claims.rules.statuses import LABELS, Status
from tests import make

PDF_ATTACHED = "invoice.pdf"


def case(claim):
    return f"/claims/{claim.reference}/"


def test_a_claim_that_was_sent_says_now_next_by_when_and_what_to_do(page, anna, incident, text_of):
    claim = make.submitted(anna, incident)
    shown = text_of(page(anna).get(case(claim)))
    for told in ("We have your claim.", "You need not do anything.", make.NARRATIVE, "120.00 €", PDF_ATTACHED):
        assert told in shown
    assert f"{claim.due:%-d %B %Y}" in shown


def test_a_draft_says_how_to_go_on(page, anna, incident):
    draft = make.draft(anna, incident)
    assert f"/claims/{draft.reference}/check/" in page(anna).get(case(draft)).content.decode()


def test_a_decision_shows_its_arithmetic_and_reasons(page, anna, incident, rita, sara, text_of):
    items = [
        make.item("1200.00", head="missed_opportunity", description="An offer I could not read"),
        make.item("89.90", description="A new mailbox"),
        make.item("500.00", head="non_material", description="Distress"),
    ]
    claim = make.taken(anna, incident, rita, items=items)
    first, second, third = claim.items.all()
    found = [
        {"id": first.pk, "awarded": 900, "share": 25, "reasons": ["own_contribution", "above_cap"]},
        {"id": second.pk, "awarded": second.amount, "share": 0, "reasons": ["accepted_in_full"]},
        {"id": third.pk, "awarded": 0, "share": 0, "reasons": ["not_serious"]},
    ]
    found = [
        {**each, "awarded": type(first.amount)(each["awarded"]), "share": type(first.amount)(each["share"])}
        for each in found
    ]
    decisions.decide(claim.reference, by=rita, outcome="partly_approved", items=found, note="The offer was real.")
    waiting = text_of(page(anna).get(case(claim)))
    assert "689.90" not in waiting
    assert "The offer was real." not in waiting
    decisions.countersign(claim.reference, by=sara)
    shown = text_of(page(anna).get(case(claim)))
    for told in (
        "Partly approved · 689.90 €",
        "The offer was real.",
        "You claimed 1,200.00 €",
        "Granted 900.00 €",
        "Less your own share of 25 % 675.00 €",
        "675.00 €, at most 600.00 € by the terms",
        "You get 689.90 €",
        "Part of the loss was in your own hands.",
        "The harm is not serious enough to be compensated in money.",
    ):
        assert told in shown


def test_a_claimant_never_sees_flags_staff_or_internal_notes(page, anna, incident, sara, rita):
    rita.name, rita.email = "Canary Reviewer", "canary.reviewer@example.org"
    rita.save()
    sara.name = "Canary Supervisor"
    sara.save()
    claim = make.taken(anna, incident, rita, items=[make.item("900.00")])
    Claim.objects.filter(pk=claim.pk).update(flags=["canary_flag"])
    review.release(claim.reference, by=rita, reason="canary release")
    make.checked(review.take(claim.reference, by=rita))
    decisions.decide(
        claim.reference, by=rita, outcome="approved", items=make.findings(claim), note="first canary wording"
    )
    decisions.return_to_reviewer(claim.reference, by=sara, note="canary return")
    client = page(anna)
    bodies = [client.get(address).content.decode() for address in addresses_of(claim)]
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim), note="Proven.")
    decisions.countersign(claim.reference, by=sara)
    bodies += [client.get(address).content.decode() for address in addresses_of(claim)]
    assert any("Proven." in body for body in bodies)
    assert not [found for body in bodies for found in re.findall(r"(?i).{30}canary.{30}", body)]


def addresses_of(claim):
    base = case(claim)
    document = claim.attachments.get().document_id
    return ["/claims/", base, f"{base}done/", f"{base}withdraw/", f"{base}documents/{document}/row/"]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{7*7}} ${x}", "👩‍👩‍👧 عربي"])
def test_i_07_words_of_people_are_text_on_the_page(page, anna, incident, text, text_of):
    items = [make.item(description=text)]
    claim = make.submitted(anna, incident, narrative=text, login="x@y.example", login_explanation=text, items=items)
    shown = page(anna).get(case(claim))
    assert "<script>alert(1)" not in shown.content.decode()
    assert text_of(shown).count(text) == 3


def test_staff_who_may_read_the_claim_go_to_their_own_page_of_it(page, anna, incident, rita, sara, mara):
    claim = make.submitted(anna, incident)
    for person in (rita, sara, mara):
        response = page(person).get(case(claim))
        assert (response.status_code, response.url) == (302, f"/admin/cases/{claim.reference}/")


def test_staff_with_a_claim_of_their_own_see_it_as_a_claimant(page, rita, incident):
    claim = make.submitted(rita, incident)
    assert page(rita).get(case(claim)).status_code == 200


def test_a_draft_is_nobody_elses_not_even_a_reviewers(page, anna, incident, rita):
    assert page(rita).get(case(make.draft(anna, incident))).status_code == 404


def test_the_page_costs_the_same_for_three_and_for_thirty(page, anna, incident, rita, queries_of):
    claims = []
    for count in (3, 30):
        claim = make.draft(anna, incident, items=[make.item("1.00")] * count)
        for _each in range(count):
            make.attachment(claim)
        claims.append(make.intake.submit_claim(claim.reference, by=anna, declaration=True))
    for claim in claims:
        make.checked(review.take(claim.reference, by=rita))
        decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))
    few, many = claims
    assert queries_of(page(anna), case(few)) == queries_of(page(anna), case(many))


@pytest.mark.parametrize("status", list(Status))
def test_every_state_has_its_words(page, anna, incident, status, text_of, rita):
    claim = make.draft(anna, incident) if status in (Status.DRAFT, Status.EXPIRED) else make.submitted(anna, incident)
    make.put(claim, status, assigned_to=rita)
    shown, listed = page(anna).get(case(claim)), page(anna).get("/claims/")
    assert shown.status_code == listed.status_code == 200
    assert str(LABELS[status]) in text_of(listed)
