"""What the API says about how long a claim will probably take."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.models import Pace
from claims.rules.outage import ROME
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pace(incident):
    return Pace.objects.create(
        stage="decision",
        remedy="damages",
        incident=incident,
        cases=40,
        still_open=7,
        quick=12,
        slow=20,
        as_of=timezone.now(),
    )


def test_it_says_the_dates_the_days_and_what_they_rest_on(anna, incident, pace, call):
    claim = make.submitted(anna, incident)
    told = call(anna).get(f"claims/{claim.reference}/").json()["estimate"]
    today = timezone.now().astimezone(ROME).date()
    assert told == {
        "from": (today + timedelta(days=12)).isoformat(),
        "to": (today + timedelta(days=20)).isoformat(),
        "days_from": 12,
        "days_to": 20,
        "cases": 40,
        "open": 7,
        "as_of": pace.as_of.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def test_without_experience_for_a_draft_and_after_the_decision_it_is_null(anna, incident, rita, pace, call):
    for claim in (make.draft(anna, incident), make.decided(anna, incident, rita)):
        assert call(anna).get(f"claims/{claim.reference}/").json()["estimate"] is None
    Pace.objects.update(cases=19)
    waiting = make.submitted(anna, incident)
    assert call(anna).get(f"claims/{waiting.reference}/").json()["estimate"] is None


def test_the_list_has_it_in_as_many_questions_for_three_as_for_thirty(anna, incident, pace, call):
    counts = []
    for number in (3, 27):
        for _each in range(number):
            make.submitted(anna, incident)
        with CaptureQueriesContext(connection) as queries:
            shown = call(anna).get("claims/", {"limit": 50}).json()["results"]
        counts.append(len(queries))
    assert (len(shown), {claim["estimate"]["days_to"] for claim in shown}) == (30, {20})
    assert counts[0] == counts[1]
