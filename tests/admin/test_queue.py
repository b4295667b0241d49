"""The queue: what it lists, how it is narrowed down, and taking from it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.models import Claim
from claims.rules.outage import ROME
from tests import make


@pytest.fixture
def today():
    return timezone.now().astimezone(ROME).date()


@pytest.fixture
def two(anna, bruno, incident, today):
    """anna's claim, due tomorrow, and bruno's, overdue, with a flag and another head."""
    hers = make.submitted(anna, incident)
    later = make.DURING + timedelta(days=60)
    his = make.submitted(
        bruno,
        incident,
        login="bruno@virgilio.example",
        items=[make.item("900.00", head="missed_opportunity", occurred_at=later), make.item("10.00")],
    )
    Claim.objects.filter(pk=hers.pk).update(due=today + timedelta(days=1))
    Claim.objects.filter(pk=his.pk).update(due=today - timedelta(days=3))
    return hers, his


def shown(response):
    return [claim.reference for claim, _free in response.context["rows"]]


def test_the_most_urgent_claim_stands_on_top(staff, at, words, rita, two):
    hers, his = two
    page = staff(rita).get(at("queue"))
    assert shown(page) == [his.reference, hers.reference]
    text = words(page)
    assert "3 days late" in text
    assert "tomorrow" in text
    assert "Missed opportunity" in text
    assert "910.00" in text
    assert "Outside the outage" in text


def test_drafts_and_decided_claims_are_not_in_the_queue(staff, at, rita, remo, anna, bruno, incident):
    make.draft(anna, incident)
    decided = make.decided(bruno, incident, remo, login="bruno@virgilio.example")
    browser = staff(rita)
    assert shown(browser.get(at("queue"))) == []
    assert shown(browser.get(at("queue"), {"status": "all"})) == [decided.reference]
    assert shown(browser.get(at("queue"), {"status": "approved"})) == [decided.reference]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"head": "missed_opportunity"}, {"his"}),
        ({"head": "extra_expense"}, {"hers", "his"}),
        ({"flag": "outside_outage"}, {"his"}),
        ({"flag": "late"}, set()),
        ({"overdue": "1"}, {"his"}),
        ({"soon": "1"}, {"hers"}),
        ({"status": "submitted"}, {"hers", "his"}),
        ({"status": "in_review"}, set()),
        ({"assignee": "nobody"}, {"hers", "his"}),
        ({"assignee": "me"}, set()),
        ({"incident": "libero-2023"}, {"hers", "his"}),
        ({"q": "BRUNO"}, {"his"}),
        ({"q": "anna@libero"}, {"hers"}),
        ({"q": "%"}, set()),
        ({"q": "' OR 1=1 --"}, set()),
        ({"q": "bruno", "soon": "1"}, set()),
    ],
)
def test_filters_and_search_narrow_the_list(staff, at, rita, two, query, found):
    names = {two[0].reference: "hers", two[1].reference: "his"}
    assert {names[reference] for reference in shown(staff(rita).get(at("queue"), query))} == found


def test_a_reference_is_found_however_it_is_typed(staff, at, rita, two):
    hers, _his = two
    typed = hers.reference.lower().replace("-", " ")
    assert shown(staff(rita).get(at("queue"), {"q": typed})) == [hers.reference]


def test_each_filter_is_a_chip_whose_link_takes_it_away(staff, at, rita, two):
    page = staff(rita).get(at("queue"), {"status": "submitted", "flag": "outside_outage", "q": "bruno"})
    chips = {chip.label: chip.without for chip in page.context["filters"].chips}
    assert set(chips) == {"Search", "Status", "Flag"}
    assert chips["Flag"] == "q=bruno&status=submitted"
    assert f'href="{at("queue")}?q=bruno&amp;status=submitted"' in page.content.decode()


def test_an_empty_queue_says_what_would_be_here(staff, at, words, rita):
    browser = staff(rita)
    assert "No claim is open." in words(browser.get(at("queue")))
    assert "No claim matches these filters." in words(browser.get(at("queue"), {"q": "nobody"}))


@pytest.mark.parametrize("query", ["q=" + "x" * 201, "page=-1", "page=x", "q=%00"])
def test_i_12_odd_searches_and_pages_never_break(staff, at, rita, query):
    assert staff(rita).get(f"{at('queue')}?{query}").status_code in (200, 400)


def test_thirty_rows_cost_as_many_queries_as_three(staff, at, rita, incident):
    def file(numbers):
        for number in numbers:
            person = make.person(f"claimant{number}", "claimant")
            make.submitted(person, incident, login=f"{person.name}@x.example", login_explanation="An alias.")

    browser = staff(rita)
    browser.get(at("queue"))  # the session is written once
    counts = []
    for numbers in (range(3), range(3, 30)):
        file(numbers)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(at("queue")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15


def test_take_next_opens_the_most_urgent_claim(staff, at, rita, two):
    _hers, his = two
    answer = staff(rita).post(at("queue-next"))
    assert answer.url == at("case", his)
    his.refresh_from_db()
    assert (his.status, his.assigned_to) == ("in_review", rita)


def test_take_next_with_nothing_free_says_so(staff, at, words, rita, db):
    page = staff(rita).post(at("queue-next"), follow=True)
    assert page.status_code == 200
    assert "There is no free claim for you at the moment." in words(page)


def test_two_reviewers_want_the_same_claim_and_one_is_told(staff, at, words, rita, remo, two):
    hers, _his = two
    assert staff(rita).post(at("queue-take", hers)).url == at("case", hers)
    late = staff(remo).post(f"{at('queue-take', hers)}?status=submitted")
    assert late.status_code == 409
    assert "Somebody else took this claim just now." in words(late)
    assert late.context["filters"].values["status"] == "submitted"
    hers.refresh_from_db()
    assert hers.assigned_to == rita


@pytest.mark.parametrize("role", ["claimant", "operator", "manager", "administrator"])
def test_only_reviewers_and_supervisors_take_claims(staff, at, two, role):
    hers, _his = two
    browser = staff(make.person("other", role))
    assert browser.post(at("queue-next")).status_code == 403
    assert browser.post(at("queue-take", hers)).status_code == 403
    assert browser.post(at("case-take", hers)).status_code == 403
    hers.refresh_from_db()
    assert hers.status == "submitted"


def test_a_claim_that_is_not_there_cannot_be_taken(staff, at, rita, db):
    assert staff(rita).post(at("queue-take", "AAAAA-AAAAA")).status_code == 404


def test_taking_is_never_done_by_a_link(staff, at, rita, two):
    assert staff(rita).get(at("queue-next")).status_code == 405
    assert staff(rita).get(at("queue-take", two[0])).status_code == 405


def test_ones_own_claim_is_not_in_the_queue(staff, at, incident):
    both = make.person("both", "reviewer", "claimant")
    own = make.submitted(both, incident, login="both@x.example", login_explanation="An alias.")
    page = staff(both).get(at("queue"), {"status": "all"})
    assert own.reference not in page.content.decode()


def test_the_supervisors_badge_counts_what_waits_for_a_signature(staff, at, words, rita, sara, anna, incident, typed):
    claim = make.taken(anna, incident, rita)
    staff(rita).post(at("case-decide", claim), typed(claim, ask_signature="on"))
    page = staff(sara).get(at("queue"), {"status": "awaiting_countersignature"})
    assert shown(page) == [claim.reference]
    badge = [item for group in page.context["sidebar_navigation"] for item in group["items"] if item.get("badge")]
    assert [item["badge"] for item in badge] == ["1"]
