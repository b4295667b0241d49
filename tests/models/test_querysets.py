"""What may be seen, found and counted: questions the tables answer themselves."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from psycopg.types.range import Range

from claims.models import Claim, Customer, Incident
from tests import make

START, END = datetime(2023, 1, 22, 23, tzinfo=UTC), datetime(2023, 1, 26, 17, tzinfo=UTC)


def test_who_may_know_of_a_claim(anna, bruno, olga, rita, remo, sara, mara, ada, incident):
    draft, submitted = make.draft(anna, incident), make.submitted(anna, incident)
    seen = {
        person.name: set(Claim.objects.visible_to(person))
        for person in (anna, bruno, olga, rita, remo, sara, mara, ada)
    }
    everything, no_draft = {draft, submitted}, {submitted}
    assert seen == {
        "Anna": everything,
        "Bruno": set(),
        "Olga": set(),
        "Rita": no_draft,
        "Remo": no_draft,
        "Sara": no_draft,
        "Mara": no_draft,
        "Ada": set(),
    }


def test_an_operator_sees_what_that_operator_filed_while_being_one(anna, olga, incident):
    claim = make.draft(anna, incident)
    Claim.objects.filter(pk=claim.pk).update(filed_by=olga)
    assert list(Claim.objects.visible_to(olga)) == [claim]
    olga.groups.clear()
    olga.forget_roles()
    assert not Claim.objects.visible_to(olga).exists()


def test_somebody_who_left_sees_only_what_is_their_own(anna, rita, incident):
    make.submitted(anna, incident)
    own = make.submitted(rita, incident)
    rita.is_active = False
    assert list(Claim.objects.visible_to(rita)) == [own]


def test_i_09_a_claim_is_found_by_its_reference_however_it_was_typed(anna, incident):
    claim = make.draft(anna, incident)
    for typed in (claim.reference, claim.reference.lower(), claim.reference.replace("-", " ")):
        assert Claim.objects.with_reference(typed).get() == claim
    for typed in ("", "../", "%00", "\0", "x" * 5000, "АВСЕН", claim.reference[:-1]):
        assert not Claim.objects.with_reference(typed).exists()


def test_i_12_a_search_finds_reference_account_and_claimant_and_fears_no_text(anna, bruno, incident):
    claim = make.submitted(anna, incident)
    make.submitted(bruno, incident, login="bruno@virgilio.example")
    for text in (claim.reference, claim.reference[:4].lower(), "anna@libero", "  ANNA ", "anna@example.org"):
        assert list(Claim.objects.matching(text)) == [claim], text
    for text in ("%", "_", "\\", "'; DROP TABLE", "a" * 10_000, "(((", "&|!", "\0", "\ud800"):
        assert not Claim.objects.matching(text).exists(), text


def test_what_is_overdue_is_undecided_and_past_its_day(anna, incident, rita):
    late, decided = make.submitted(anna, incident), make.decided(anna, incident, rita)
    Claim.objects.filter(pk__in=[late.pk, decided.pk]).update(due=date(2023, 5, 4))
    assert not Claim.objects.overdue(date(2023, 5, 4)).exists()
    assert list(Claim.objects.overdue(date(2023, 5, 5))) == [late]


@pytest.mark.parametrize(
    ("intervals", "outage"),
    [
        (None, ()),
        ([], ()),
        ([Range(empty=True)], ()),
        ([Range(START, END)], ((START, END),)),
        ([Range(START + timedelta(hours=1), None)], ((START + timedelta(hours=1), END),)),
        ([Range(None, END - timedelta(hours=1))], ((START, END - timedelta(hours=1)),)),
    ],
)
def test_an_account_has_its_own_outage_or_that_of_the_incident(incident, intervals, outage):
    Customer.objects.filter(login="anna@libero.example").update(intervals=intervals)
    customer = Customer.objects.select_related("incident").get(login="anna@libero.example")
    assert customer.own_outage == outage
    assert customer.outage == (outage or ((START, END),))


@pytest.mark.parametrize(
    ("state", "closes_in", "accepts"),
    [
        ("open", None, True),
        ("open", 1, True),
        ("open", 0, False),
        ("open", -1, False),
        ("draft", None, False),
        ("closed", None, False),
        ("closed", 1, False),
    ],
)
def test_an_incident_takes_claims_while_it_is_open_and_its_last_moment_is_to_come(db, state, closes_in, accepts):
    now = timezone.now()
    closes_at = None if closes_in is None else now + timedelta(seconds=closes_in)
    made = make.incident(state=state, closes_at=closes_at)
    assert made.accepts_claims(now) is accepts
    assert Incident.objects.open_for_claims(now).exists() is accepts


def test_a_draft_incident_is_not_public(db):
    make.incident(state="draft")
    assert not Incident.objects.public().exists()
