"""Deciding from the case page: the arithmetic while typing, what is refused and where, four eyes."""

import pytest

from claims.actions import review
from claims.models import Decision
from tests import make


@pytest.fixture
def claim(anna, incident, rita):
    return make.taken(anna, incident, rita)


def test_a_decision_within_the_limit_takes_effect(staff, at, words, typed, rita, claim):
    page = staff(rita).post(at("case-decide", claim), typed(claim), follow=True)
    assert "The claim is decided. The claimant will be told." in words(page)
    claim.refresh_from_db()
    decision = claim.decisions.get()
    assert (claim.status, decision.outcome, str(decision.net)) == ("approved", "approved", "120.00")
    assert decision.note == "Proven by the invoice."
    assert "To be paid 120.00 €" in words(page)


@pytest.mark.parametrize(
    ("awarded", "share", "reasons", "outcome", "net"),
    [
        ("120,00", "25", ("own_contribution",), "approved", "90.00"),
        ("120", "12,5 %", ("own_contribution",), "approved", "105.00"),
        ("€ 60.50", "", ("avoidable",), "partly_approved", "60.50"),
        ("0", "", ("no_evidence", "no_causation"), "rejected", "0.00"),
    ],
)
def test_the_outcome_follows_from_the_amounts(staff, at, typed, rita, claim, awarded, share, reasons, outcome, net):
    form = typed(claim, awarded=awarded, share=share, reasons=reasons)
    assert staff(rita).post(at("case-decide", claim), form).status_code == 302
    claim.refresh_from_db()
    assert (claim.status, str(claim.decisions.get().net)) == (outcome, net)
    assert claim.decisions.get().awards.get().reasons == list(reasons)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"awarded": "120,01"}, "awarded", "over_claimed"),
        ({"awarded": ""}, "awarded", "invalid_amount"),
        ({"awarded": "NaN"}, "awarded", "invalid_amount"),
        ({"awarded": "-1"}, "awarded", "invalid_amount"),
        ({"awarded": "1e2"}, "awarded", "invalid_amount"),
        ({"awarded": "١٢"}, "awarded", "invalid_amount"),
        ({"awarded": "9" * 30}, "awarded", "invalid_amount"),
        ({"share": "101"}, "share", "invalid_share"),
        ({"share": "-1"}, "share", "invalid_share"),
        ({"share": "nan"}, "share", "invalid_share"),
        ({"share": "٣"}, "share", "invalid_share"),
        ({"reasons": ("because",)}, "reasons", "unknown_reason"),
        ({"awarded": "10", "reasons": ()}, "reasons", "reason_required"),
        ({"note": "x" * 5001}, "note", "too_long"),
        ({"note": "\x00"}, "note", "invalid_characters"),
        ({"outcome": "rejected"}, "outcome", "outcome_mismatch"),
        ({"outcome": "paid"}, "outcome", "unknown_outcome"),
    ],
)
def test_i_25_what_is_not_right_comes_back_at_its_field_with_everything_typed(
    staff, at, typed, rita, claim, change, field, code
):
    form = typed(claim, **{"note": "kept note", "share": "5", "awarded": "77,70", "reasons": ("avoidable",), **change})
    answer = staff(rita).post(at("case-decide", claim), form)
    assert answer.status_code == 422
    assert answer.context["refused"].code == code
    shown = answer.context["form"]
    errors = shown.rows[0].errors if field in ("awarded", "share", "reasons") else shown.errors
    assert list(errors) == [field]
    body = answer.content.decode()
    assert str(errors[field]) in body.replace("&#x27;", "'")
    if "note" not in change:
        assert "kept note" in body
    if "awarded" not in change:
        assert 'value="77,70"' in body
    claim.refresh_from_db()
    assert claim.status == "in_review"
    assert not claim.decisions.exists()


def test_several_faults_are_shown_at_once(staff, at, typed, rita, anna, incident):
    claim = make.taken(anna, incident, rita, items=[make.item("10.00"), make.item("20.00")])
    first, second = claim.items.all()
    form = typed(claim) | {f"awarded-{first.pk}": "11", f"awarded-{second.pk}": "5", f"reasons-{second.pk}": []}
    answer = staff(rita).post(at("case-decide", claim), form)
    assert answer.status_code == 422
    assert [list(row.errors) for row in answer.context["form"].rows] == [["awarded"], ["reasons"]]


def test_i_25_only_who_took_it_decides(staff, at, typed, words, remo, claim):
    answer = staff(remo).post(at("case-decide", claim), typed(claim))
    assert answer.status_code == 403
    assert answer.context["refused"].code == "not_assignee"
    assert "Only the reviewer who took this claim may do this." in words(answer)
    assert not Decision.objects.exists()


def test_i_25_nobody_decides_an_own_claim(staff, at, typed, incident):
    both = make.person("both", "reviewer", "claimant")
    own = make.submitted(both, incident, login="both@x.example", login_explanation="An alias.")
    assert staff(both).post(at("case-decide", own), typed(own)).status_code == 403
    assert not Decision.objects.exists()


@pytest.mark.parametrize("role", ["claimant", "operator", "manager", "administrator"])
def test_who_does_not_review_cannot_decide(staff, at, typed, claim, role):
    browser = staff(make.person("other", role))
    for name in ("case-decide", "case-assess"):
        assert browser.post(at(name, claim), typed(claim)).status_code == 403


def test_deciding_without_taking_and_deciding_twice_are_refused(staff, at, typed, rita, bruno, incident, claim):
    free = make.submitted(bruno, incident, login="bruno@virgilio.example")
    assert staff(rita).post(at("case-decide", free), typed(free)).status_code == 403
    form = typed(claim)
    assert staff(rita).post(at("case-decide", claim), form).status_code == 302
    again = staff(rita).post(at("case-decide", claim), form)
    assert again.status_code == 409
    assert claim.decisions.count() == 1


def test_a_claim_that_changed_meanwhile_shows_what_happened_and_what_was_typed(
    staff, at, typed, words, rita, sara, remo, claim
):
    form = typed(claim, awarded="33,00", reasons=("avoidable",), note="my words")
    review.assign(claim.reference, by=sara, to=remo)
    review.assign(claim.reference, by=sara, to=rita)
    answer = staff(rita).post(at("case-decide", claim), form)
    assert answer.status_code == 409
    text = words(answer)
    assert "Somebody changed this claim in the meantime." in text
    assert f"You started from version {claim.version}; the claim is now at version {claim.version + 2}" in text
    assert "Given to Remo" in text
    assert "my words" in text
    assert 'value="33,00"' in answer.content.decode()


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_form_without_its_version_is_stale(staff, at, typed, rita, claim, version):
    answer = staff(rita).post(at("case-decide", claim), typed(claim) | {"version": version})
    assert answer.status_code == 409
    assert answer.context["refused"].code == "stale"


def test_the_arithmetic_is_shown_while_typing_line_by_line_with_its_caps(staff, at, typed, words, rita, anna, incident):
    items = [
        make.item("1200.00", head="missed_opportunity"),
        make.item("89.90"),
        make.item("500.00", head="non_material"),
    ]
    claim = make.taken(anna, incident, rita, items=items)
    chance, expense, harm = claim.items.all()
    form = typed(claim) | {
        f"awarded-{chance.pk}": "900",
        f"share-{chance.pk}": "25",
        f"awarded-{expense.pk}": "89,90",
        f"awarded-{harm.pk}": "0",
    }
    text = words(staff(rita).post(at("case-assess", claim), form))
    assert "Missed opportunity 675.00 € 600.00 € 600.00 €" in text
    assert "Extra expense 89.90 € – 89.90 €" in text
    assert "Total 689.90 €" in text
    assert "To be paid 689.90 €" in text
    assert "Partly approved" in text
    assert "A supervisor must sign this decision" in text
    claim.refresh_from_db()
    assert claim.status == "in_review"


def test_the_arithmetic_of_half_a_form_waits_for_the_rest(staff, at, typed, words, rita, claim):
    text = words(staff(rita).post(at("case-assess", claim), typed(claim, awarded="12,")))
    assert "1 loss has no amount yet." in text
    text = words(staff(rita).post(at("case-assess", claim), typed(claim, awarded="500")))
    assert "more than the 120.00 € claimed" in text


def test_over_the_limit_the_decision_waits_for_a_supervisor(staff, at, typed, words, rita, sara, anna, incident):
    claim = make.taken(anna, incident, rita, items=[make.item("800.00")])
    page = staff(rita).post(at("case-decide", claim), typed(claim, awarded="800"), follow=True)
    assert "Your decision waits for the signature of a supervisor." in words(page)
    assert "It waits for the signature of a supervisor." in words(page)
    assert at("case-countersign", claim) not in page.content.decode()
    claim.refresh_from_db()
    assert claim.status == "awaiting_countersignature"
    proposal = staff(sara).get(at("case", claim))
    assert "Sign: 800.00 € to be paid" in words(proposal)
    assert "Proven by the invoice." in words(proposal)
    signed = staff(sara).post(at("case-countersign", claim), {"version": claim.version}, follow=True)
    assert "Signed. The decision is in force and the claimant will be told." in words(signed)
    assert "Signed by Sara" in words(signed)
    claim.refresh_from_db()
    assert claim.status == "approved"


def test_i_26_the_decider_cannot_sign(staff, at, typed, words, sara, anna, incident):
    claim = make.taken(anna, incident, sara)
    browser = staff(sara)
    browser.post(at("case-decide", claim), typed(claim, ask_signature="on"))
    claim.refresh_from_db()
    page = browser.get(at("case", claim))
    assert "A second person must do this: you decided it yourself." in words(page)
    assert at("case-countersign", claim) not in page.content.decode()
    for name in ("case-countersign", "case-return"):
        answer = browser.post(at(name, claim), {"version": claim.version, "note": "x"})
        assert answer.status_code == 403
        assert "A second person must do this" in words(answer)
    claim.refresh_from_db()
    assert claim.status == "awaiting_countersignature"


@pytest.mark.parametrize("role", ["claimant", "operator", "reviewer", "manager", "administrator"])
def test_only_a_supervisor_signs_or_returns(staff, at, typed, rita, claim, role):
    staff(rita).post(at("case-decide", claim), typed(claim, ask_signature="on"))
    claim.refresh_from_db()
    browser = staff(make.person("other", role))
    assert browser.post(at("case-countersign", claim), {"version": claim.version}).status_code == 403
    assert browser.post(at("case-return", claim), {"note": "x"}).status_code == 403
    claim.refresh_from_db()
    assert claim.status == "awaiting_countersignature"


def test_a_returned_decision_is_in_the_form_again_with_the_note(staff, at, typed, words, rita, sara, claim):
    form = typed(claim, awarded="50,00", share="10", reasons=("avoidable",), ask_signature="on")
    staff(rita).post(at("case-decide", claim), form)
    page = staff(sara).post(at("case-return", claim), {"note": "Ask for the receipt."}, follow=True)
    assert "The reviewer has the claim back, with your note." in words(page)
    mine = staff(rita).get(at("case", claim))
    assert "Your decision was returned." in words(mine)
    assert "Ask for the receipt." in words(mine)
    row = mine.context["form"].rows[0]
    assert (row.awarded, row.share, row.reasons) == ("50.00", "10", ["avoidable"])


def test_a_return_needs_a_note(staff, at, typed, words, rita, sara, claim):
    staff(rita).post(at("case-decide", claim), typed(claim, ask_signature="on"))
    answer = staff(sara).post(at("case-return", claim), {"note": "  "})
    assert answer.status_code == 422
    assert "Fill in this field." in words(answer)


def test_signing_what_changed_or_what_waits_for_nobody_is_409(staff, at, typed, words, rita, sara, claim):
    staff(rita).post(at("case-decide", claim), typed(claim, ask_signature="on"))
    old = claim.version
    claim.refresh_from_db()
    stale = staff(sara).post(at("case-countersign", claim), {"version": old})
    assert stale.status_code == 409
    assert "Somebody changed this claim in the meantime." in words(stale)
    assert staff(sara).post(at("case-countersign", claim), {"version": claim.version}).status_code == 302
    claim.refresh_from_db()
    again = staff(sara).post(at("case-countersign", claim), {"version": claim.version})
    assert again.status_code == 409
