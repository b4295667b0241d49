"""R11: two workers walk over one roster, a roster is loaded, a run is paused and cancelled meanwhile: nobody twice."""

import io
import re
from decimal import Decimal
from functools import partial
from itertools import count

import pytest

from claims.actions import mass_runs, roster
from claims.models import MassRun, Notice, Payout
from claims.rules.errors import Refused
from tests import make
from tests.races.together import at_once, split
from tests.referee import assert_laws_hold
from tests.soak import rounds

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]
NUMBERS = count()
RUN = re.compile(r'\s*SELECT "claims_massrun"\."id"')
PEOPLE, EACH = 7, Decimal("24.00")


@pytest.fixture
def fresh(db, mara, marco):
    """A proposed run on a roster of its own."""

    def made():
        return mass_runs.propose(make.crowd(PEOPLE, f"race-{next(NUMBERS)}").code, "indemnity", by=mara)

    return made


def settled(run):
    """Everybody on the roster has it once, and the run says so."""
    while mass_runs.grant_chunk(run.pk, size=3):
        pass
    run.refresh_from_db()
    payouts = Payout.objects.filter(run=run)
    assert (run.state, run.granted, run.granted_total) == ("done", PEOPLE, PEOPLE * EACH)
    assert payouts.count() == payouts.values("customer").distinct().count() == PEOPLE
    assert Notice.objects.filter(payout__run=run).count() == PEOPLE
    assert_laws_hold()


def test_r11_two_workers_walk_over_one_roster(fresh, marco, tally):
    for _ in range(rounds(2, 50)):
        tally.tried("R11 two workers grant at once")
        run = mass_runs.approve(fresh().pk, by=marco)
        chunks = at_once(*[partial(mass_runs.grant_chunk, run.pk, size=3)] * 2, moment=RUN)
        assert [chunk.granted for chunk in chunks] == [3, 3]
        assert len({chunk.last for chunk in chunks}) == 2
        settled(run)
        tally.held("R11 two workers grant at once")


def test_r11_two_managers_approve_at_once(fresh, marco, ada, tally):
    moritz = make.person("moritz", "manager")
    for _ in range(rounds(1, 50)):
        tally.tried("R11 a run is approved twice")
        run = fresh()
        outcomes = at_once(
            partial(mass_runs.approve, run.pk, by=marco), partial(mass_runs.approve, run.pk, by=moritz), moment=RUN
        )
        done, refused = split(outcomes)
        assert (len(done), refused) == (1, [(409, "illegal_move")])
        settled(run)
        tally.held("R11 a run is approved twice")


def test_r11_a_run_is_cancelled_while_it_grants(fresh, mara, marco, tally):
    for _ in range(rounds(2, 50)):
        tally.tried("R11 a run is cancelled while it grants")
        run = mass_runs.approve(fresh().pk, by=marco)
        outcomes = at_once(
            partial(mass_runs.grant_chunk, run.pk, size=3), partial(mass_runs.cancel, run.pk, by=mara), moment=RUN
        )
        split(outcomes)
        run.refresh_from_db()
        assert run.state == "cancelled"
        assert Payout.objects.filter(run=run).count() == run.granted in (0, 3)
        assert_laws_hold()
        tally.held("R11 a run is cancelled while it grants")


def test_r11_a_roster_is_loaded_while_a_run_is_approved(fresh, marco, tally):
    """Either the load comes first and the proposal is stale, or the run is on and the load is refused."""
    for _ in range(rounds(2, 50)):
        tally.tried("R11 a roster is loaded while a run is approved")
        run = fresh()
        row = b"login,service\nlate@libero.example,paid\n"
        outcomes = at_once(
            partial(mass_runs.approve, run.pk, by=marco),
            partial(roster.load, run.incident.code, io.BytesIO(row)),
            moment=RUN,
        )
        done, refused = split(outcomes)
        assert len(done) <= 1
        assert set(refused) <= {(409, "stale_run"), (409, "roster_busy"), (409, "run_on")}
        run.refresh_from_db()
        if run.state == "approved":
            assert refused == [(409, "run_on")]
            settled(run)
        else:
            with pytest.raises(Refused, match="stale_run"):
                mass_runs.approve(run.pk, by=marco)
        assert MassRun.objects.filter(state="proposed", pk=run.pk).exists() == (run.state == "proposed")
        tally.held("R11 a roster is loaded while a run is approved")
