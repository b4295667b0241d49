"""What the claimant's page says of how long it takes: between what happens next and what there is to do."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from claims.actions import holds, review
from claims.models import Pace
from claims.rules.outage import ROME
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def pace(incident):
    fields = {"cases": 40, "still_open": 7, "quick": 12, "slow": 20, "as_of": timezone.now()}
    return Pace.objects.create(stage="decision", remedy="damages", incident=incident, **fields)


@pytest.fixture
def told(page, anna, text_of):
    return lambda claim: text_of(page(anna).get(f"/claims/{claim.reference}/"))


def day(days):
    return f"{timezone.now().astimezone(ROME) + timedelta(days=days):%-d %B %Y}"


def submitted_days_ago(anna, incident, days):
    with time_machine.travel(timezone.now() - timedelta(days=days)):
        return make.submitted(anna, incident)


def test_where_it_stands_what_next_by_when_and_what_to_do_in_this_order(told, anna, incident, pace):
    claim = make.submitted(anna, incident)
    shown = told(claim)
    parts = [
        "We have your claim.",
        "A reviewer reads what you wrote",
        f"You get the decision by {claim.due:%-d %B %Y}",
        "Most claims like yours took 12 to 20 days.",
        f"Yours would be decided between {day(12)} and {day(20)}.",
        f"As of {day(0)}, ",
        "40 claims decided in the last 90 days. 7 that are still open are counted in.",
        "You need not do anything.",
    ]
    places = [shown.index(part) for part in parts]
    assert places == sorted(places)
    assert "every outage" not in shown


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cases": 19}, "We have decided too few claims like yours lately to say how long it takes. Only the last day"),
        (
            {"slow": None},
            "So many claims like yours are still open that we cannot say how long it takes. Only the last",
        ),
        ({"quick": 0, "slow": 1}, "Most claims like yours were decided within a day."),
        ({"quick": 0, "slow": 9}, "Most claims like yours were decided within 9 days."),
        ({"quick": 9, "slow": 9}, "Most claims like yours took 9 days."),
        ({"slow": 80}, "That is later than we owe it to you: many claims are late at present."),
        ({"incident": None}, "They are about every outage."),
        ({"cases": 20, "still_open": 1}, "20 claims decided in the last 90 days. 1 that is still open is counted in."),
    ],
)
def test_it_is_said_honestly(told, anna, incident, pace, change, words):
    Pace.objects.update(**change)
    assert words in told(make.submitted(anna, incident))


def test_without_any_figure_only_the_last_day_is_told(told, anna, incident):
    claim = make.submitted(anna, incident)
    shown = told(claim)
    assert "We have decided too few claims like yours" in shown
    assert f"You get the decision by {claim.due:%-d %B %Y}" in shown
    assert "As of" not in shown


def test_longer_than_most_is_said_plainly_with_the_day_it_is_due(told, anna, incident, pace):
    Pace.objects.update(quick=0, slow=0)
    claim = submitted_days_ago(anna, incident, 30)
    shown = told(claim)
    assert "Yours takes longer than most of them." in shown
    assert f"You get the decision by {claim.due:%-d %B %Y}" in shown
    assert "Yours would be" not in shown


def test_what_is_overdue_is_not_promised_for_a_day_that_has_passed(told, anna, incident, pace):
    claim = submitted_days_ago(anna, incident, 90)
    shown = told(claim)
    assert f"It was due by {claim.due:%-d %B %Y} : we are late, and we are sorry." in shown
    assert "You get the decision by" not in shown


def test_a_pause_is_explained_and_no_date_is_given(told, anna, incident, rita, pace):
    claim = review.take(make.submitted(anna, incident).reference, by=rita)
    until = timezone.now().astimezone(ROME).date() + timedelta(days=5)
    holds.hold(claim.reference, by=rita, until=until, reason="expert")
    shown = told(claim)
    assert "Days on which the time to decide stands still do not count" in shown
    assert "Yours would be" not in shown


def test_decided_claims_and_drafts_have_no_estimate(told, anna, incident, rita, pace):
    for claim in (make.draft(anna, incident), make.decided(anna, incident, rita)):
        assert "claims like yours" not in told(claim)


def test_the_page_of_the_incident_says_how_long_it_takes_at_present(client, incident, pace, text_of):
    client.cookies["language"] = "en"
    assert "At present most claims are decided within 20 days." in text_of(client.get("/incidents/libero-2023/"))
    Pace.objects.update(cases=19)
    assert "At present" not in text_of(client.get("/incidents/libero-2023/"))
