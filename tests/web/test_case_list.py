"""My cases: what is there, in which order, and in how many questions."""

from claims.actions import decisions
from tests import make


def test_an_empty_list_says_what_will_be_here_and_how_to_begin(page, anna, incident, text_of):
    shown = page(anna).get("/claims/")
    assert "You have no cases yet" in text_of(shown)
    assert "/incidents/libero-2023/claim/" in shown.content.decode()


def test_drafts_come_first_with_a_way_to_go_on(page, anna, incident, text_of):
    draft = make.draft(anna, incident)
    sent = make.submitted(anna, incident)
    shown = page(anna).get("/claims/")
    page_text = text_of(shown)
    assert page_text.index(draft.reference) < page_text.index(sent.reference)
    assert f"/claims/{draft.reference}/check/" in shown.content.decode()
    for told in ("Submitted", "It waits for a reviewer", "You get the decision by", "120.00 € claimed", "Mail outage"):
        assert told in page_text


def test_a_decided_claim_no_longer_promises_a_date(page, anna, incident, rita, text_of):
    make.decided(anna, incident, rita)
    shown = text_of(page(anna).get("/claims/"))
    assert "Approved" in shown
    assert "You get the decision by" not in shown


def test_only_ones_own_claims_are_listed_even_for_those_who_may_read_all(page, anna, rita, incident, text_of):
    claim = make.submitted(anna, incident)
    assert claim.reference not in text_of(page(rita).get("/claims/"))


def test_the_list_costs_the_same_for_three_claims_and_for_thirty(page, anna, bruno, incident, queries_of):
    for person, count in ((anna, 3), (bruno, 30)):
        for _each in range(count):
            make.draft(person, incident, items=[])
    assert queries_of(page(anna), "/claims/") == queries_of(page(bruno), "/claims/")


def test_many_claims_come_in_pages(page, anna, incident, text_of):
    drafts = [make.draft(anna, incident, items=[]) for _each in range(26)]
    client = page(anna)
    assert drafts[0].reference not in text_of(client.get("/claims/"))
    assert drafts[0].reference in text_of(client.get("/claims/?page=2"))
    for odd in ("-1", "x", "99999999999", "\0"):
        assert client.get("/claims/", {"page": odd}).status_code == 200


def test_a_proposed_decision_is_not_told(page, anna, incident, rita, text_of):
    claim = make.taken(anna, incident, rita, items=[make.item("900.00")])
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim), note="Canary note")
    shown = text_of(page(anna).get("/claims/"))
    assert "A reviewer is looking at your claim." in shown
    assert "900.00 € claimed" in shown
