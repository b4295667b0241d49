"""Appeal, acceptance and the clock at the same moment; by the method of test_races.py, with its negative control."""

import threading
from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from django.db.models import QuerySet
from django.utils import timezone

from claims.actions import appeals, banking, clock, decisions, endings, intake, review
from claims.models import Appeal
from claims.reports import appealing
from tests import make
from tests.appeals.conftest import IBAN, tell
from tests.races.test_races import Cast, acts, told
from tests.races.together import at_once, split
from tests.referee import assert_laws_hold
from tests.soak import rounds

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def decided(cast, **more):
    claim = cast.taken()
    decisions.decide(
        claim.reference,
        by=cast.rita,
        outcome="partly_approved",
        items=make.findings(claim, awarded="50.00", reasons=["accepted_equitably"]),
        **more,
    )
    banking.give_bank_details(claim.reference, by=cast.anna, iban=IBAN)
    tell()
    return claim


def appeal(cast, claim):
    return appeals.appeal(claim.reference, by=cast.again(cast.anna), grounds="Too little.")


def accept(cast, claim):
    return endings.accept(claim.reference, by=cast.again(cast.anna))


def appeal_against_accept(cast):
    claim = decided(cast)
    done, refused = split(at_once(lambda: appeal(cast, claim), lambda: accept(cast, claim)))
    claim.refresh_from_db()
    assert (len(done), refused) == (1, [(409, "illegal_move")])
    assert claim.status in ("appealed", "payment_due")
    assert Appeal.objects.filter(claim=claim).count() == (claim.status == "appealed") == claim.round - 1
    assert acts(claim).count("appeal") + acts(claim).count("accept") == 1


def appeal_twice(cast):
    claim = decided(cast)
    done, refused = split(at_once(lambda: appeal(cast, claim), lambda: appeal(cast, claim)))
    claim.refresh_from_db()
    assert (len(done), refused, claim.round) == (1, [(409, "illegal_move")], 2)
    assert (acts(claim).count("appeal"), told(claim, "appeal_received")) == (1, 1)


def r15_appeal_against_the_clock(cast):
    appeal_against_the_clock(cast, decided(cast), "payment_due", "lapse")


def r15_appeal_against_the_closing(cast):
    claim = cast.taken()
    items = make.findings(claim, awarded="0.00", reasons=["no_evidence"])
    decisions.decide(claim.reference, by=cast.rita, outcome="rejected", items=items)
    tell()
    appeal_against_the_clock(cast, claim, "closed", "close")


def appeal_against_the_clock(cast, claim, end, act):
    """The last second of the window: the appeal's today is its last day, the clock's today the day after."""
    until = appealing.window_of(claim, appealing.decision_in_force(claim), today=clock.today()).until
    threads = threading.local()
    today = clock.today

    def todays():
        return getattr(threads, "today", None) or today()

    def after():
        threads.today = until + timedelta(days=1)
        return endings.pass_window(claim.pk)

    with mock.patch.object(clock, "today", todays):
        appealed, ended = at_once(lambda: appeal(cast, claim), after)
    claim.refresh_from_db()
    assert ended in (0, 1), repr(ended)
    by_clock = ended == 1
    assert claim.status == (end if by_clock else "appealed")
    assert (acts(claim).count("appeal"), acts(claim).count(act)) == ((0, 1) if by_clock else (1, 0))
    assert (getattr(appealed, "code", None) == "illegal_move") is by_clock


def after_the_window():
    return time_machine.travel(timezone.now() + timedelta(days=60))


def accept_against_the_clock(cast):
    claim = decided(cast)
    with after_the_window():
        [accepted, ended] = at_once(lambda: accept(cast, claim), lambda: endings.pass_window(claim.pk))
    claim.refresh_from_db()
    assert claim.status == "payment_due"
    assert ended in (0, 1), repr(ended)
    by_clock = ended == 1
    assert acts(claim).count("accept") + acts(claim).count("lapse") == 1
    assert (getattr(accepted, "code", None) == "illegal_move") is by_clock


def two_clocks_end_the_same_claim(cast):
    claim = decided(cast)
    with after_the_window():
        done, refused = split(at_once(lambda: endings.pass_window(claim.pk), lambda: endings.pass_window(claim.pk)))
    assert (sorted(done), refused) == ([0, 1], [])
    assert acts(claim).count("lapse") == 1


def r15_decide_against_withdraw_on_appeal(cast):
    claim = decided(cast)
    appeal(cast, claim)
    make.checked(review.take(claim.reference, by=cast.remo))
    items = make.findings(claim)
    done, refused = split(
        at_once(
            lambda: decisions.decide(claim.reference, by=cast.again(cast.remo), outcome="approved", items=items),
            lambda: intake.withdraw(claim.reference, by=cast.again(cast.anna)),
        )
    )
    claim.refresh_from_db()
    assert (len(done), refused) == (1, [(409, "illegal_move")])
    assert claim.status in ("approved", "withdrawn")
    assert claim.decisions.filter(state="effective").count() == 1 + (claim.status == "approved")


def two_supervisors_reopen(cast):
    claim = cast.submitted()
    intake.withdraw(claim.reference, by=cast.anna)
    done, refused = split(
        at_once(
            lambda: endings.reopen(claim.reference, by=cast.again(cast.sara), reason="Why", to=cast.again(cast.remo)),
            lambda: endings.reopen(claim.reference, by=cast.again(cast.sara), reason="Why", to=cast.again(cast.rita)),
        )
    )
    claim.refresh_from_db()
    assert (len(done), refused, claim.round) == (1, [(409, "illegal_move")], 2)
    assert claim.assignments.get(ended_at=None).reviewer == claim.assigned_to


RACES = [
    appeal_against_accept,
    appeal_twice,
    r15_appeal_against_the_clock,
    r15_appeal_against_the_closing,
    accept_against_the_clock,
    two_clocks_end_the_same_claim,
    r15_decide_against_withdraw_on_appeal,
    two_supervisors_reopen,
]


@pytest.fixture
def without_locks(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, *_args, **_options: queryset._chain())


@pytest.mark.soak
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_with_locks_it_ends_well_every_time(race, tally):
    cast = Cast()
    for _ in range(rounds(2, 200)):
        tally.tried(race.__name__)
        race(cast)
        assert_laws_hold()
        tally.held(race.__name__)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_without_locks_it_ends_badly(race, without_locks):
    cast = Cast()

    def several_times():  # on a busy machine both may happen to come one after the other
        for _ in range(5):
            race(cast)

    with pytest.raises((AssertionError, AttributeError)):
        several_times()
