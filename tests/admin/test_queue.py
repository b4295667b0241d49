"""The queue: what it lists, how it is narrowed down, and taking from it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.actions import stories
from claims.models import Claim
from claims.rules.outage import ROME
from evidence.models import Fingerprint
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


STORY = (
    "The electricity bill comes by mail only. It was due on Monday 23 January, I could not see it and paid the fee for"
    " being late. I called the hotline three times and nobody could give me a date for the mailbox to work again."
)


def prints(digest, kind, *values):
    Fingerprint.objects.bulk_create(
        Fingerprint(sha256=digest, kind=kind, part=part, value=value, detail=b"" if kind == "image" else None)
        for part, value in enumerate(values)
    )


def filed(incident, number, content, **more):
    person = make.person(f"person{number}", "claimant")
    own = " ".join(f"word{number}x{place}" for place in range(40))
    more = {"login": f"{number}@libero.example", "login_explanation": "An alias.", "narrative": own, **more}
    claim = make.submitted(person, incident, **more)
    claim.attachments.all().delete()  # it was the same for all
    return claim, make.attachment(claim, content=content).document.sha256


def test_claims_that_share_something_with_somebody_else_are_found(staff, at, rita, anna, incident):
    """The same file, a text and a picture nearly the same, the same story; not what one person filed twice."""
    same = [filed(incident, n, b"the same bytes", narrative=f"{n} {STORY}")[0] for n in (1, 2)]
    text = [filed(incident, n, b"text %d" % n) for n in (3, 4, 5)]
    for (_claim, digest), numbers in zip(text, (range(12), [*range(8), 91, 92, 93, 94], range(5, 17)), strict=True):
        prints(digest, "text", *numbers)
    seen = [filed(incident, n, b"picture %d" % n) for n in (6, 7, 8)]
    for (_claim, digest), number in zip(seen, (2**50 + 7, 2**50 + 7, 2**50 + 6), strict=True):
        prints(digest, "image", number)
    for login in ("anna@libero.example", "anna@inwind.example"):
        twice = make.submitted(anna, incident, login=login, login_explanation="An alias.")
        twice.attachments.all().delete()
        make.attachment(twice, content=b"only mine")
    late = make.draft(make.person("late", "claimant"), incident, login="l@x.example")
    make.attachment(late, content=b"only mine")
    stories.print_batch()
    browser = staff(rita)

    def found(**query):
        return set(shown(browser.get(at("queue"), query)))

    near = {text[0][0].reference, text[1][0].reference, seen[0][0].reference, seen[1][0].reference}
    assert found(alike="document") == {claim.reference for claim in same} | near
    assert found(alike="story") == {claim.reference for claim in same}
    assert found(alike="document", q="1@libero.example") == {same[0].reference}
    page = browser.get(at("queue"), {"alike": "story"})
    assert [chip.value for chip in page.context["filters"].chips] == ["the story, or nearly"]
    assert staff(rita).get(at("queue"), {"alike": "x"}).status_code == 400


def test_claims_with_documents_that_are_being_checked_are_found(staff, at, rita, two):
    hers, his = two
    make.attachment(hers, state="pending")
    make.attachment(his, content=b"judged")
    page = staff(rita).get(at("queue"), {"files": "checking"})
    assert shown(page) == [hers.reference]
    assert [(chip.label, chip.value) for chip in page.context["filters"].chips] == [("Documents", "being checked")]


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
            claim = make.submitted(person, incident, login=f"{person.name}@x.example", login_explanation="An alias.")
            make.attachment(claim, content=b"the same for all", state="clean")
            make.attachment(claim, content=b"%d" % number, state="pending")

    browser = staff(rita)
    browser.get(at("queue"))  # the session is written once
    counts = []
    for numbers in (range(3), range(3, 30)):
        file(numbers)
        with CaptureQueriesContext(connection) as queries:
            for query in ({}, {"alike": "document"}, {"alike": "story", "files": "checking"}):
                assert browser.get(at("queue"), query).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 45


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
