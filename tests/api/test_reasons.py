"""The reasons a decision may give, by API, and the words that a decided item gives."""

import pytest

from claims.actions import decisions, wording
from claims.models import ReasonText
from tests import make


@pytest.mark.parametrize("person", ["rita", "sara", "mara"])
def test_who_reviews_reads_the_reasons_offered(api, request, person):
    answer = api(request.getfixturevalue(person)).get("/api/v1/reasons/").json()["results"]
    assert len(answer) == 19
    assert answer[3] == {
        "code": "no_evidence",
        "version": 1,
        "staff": {"it": "Nessuna prova", "en": "No evidence"},
        "claimant": {"it": "Nessun documento mostra questo danno.", "en": "No document shows this loss."},
    }


def test_others_do_not(api, anna, olga, ada, db):
    assert [api(person).get("/api/v1/reasons/").status_code for person in (anna, olga, ada, None)] == [
        403,
        403,
        403,
        401,
    ]


def test_a_filter_that_does_not_exist_is_refused(api, rita):
    assert api(rita).get("/api/v1/reasons/?code=x").status_code == 400


def test_a_decided_item_says_its_reasons_in_the_words_of_then(api, anna, incident, rita, mara):
    claim = make.taken(anna, incident, rita)
    items = make.findings(claim, awarded="0.00", reasons=["no_evidence"])
    decisions.decide(claim.reference, by=rita, outcome="rejected", items=items)
    first = ReasonText.objects.get(code="no_evidence")
    texts = {name: getattr(first, name) for name in ("staff_it", "staff_en", "claimant_it")}
    wording.write_reason("no_evidence", by=mara, version=1, claimant_en="Changed.", **texts)
    for language, text in (("en", "No document shows this loss."), ("it", "Nessun documento mostra questo danno.")):
        for person in (anna, rita):
            answer = api(person).get(f"/api/v1/claims/{claim.reference}/", headers={"accept-language": language})
            [item] = answer.json()["items"]
            assert item["reasons"] == ["no_evidence"]
            assert item["explanations"] == [{"code": "no_evidence", "version": 1, "text": text}]


def test_an_undecided_item_explains_nothing(api, anna, incident):
    claim = make.submitted(anna, incident)
    assert api(anna).get(f"/api/v1/claims/{claim.reference}/").json()["items"][0]["explanations"] == []
