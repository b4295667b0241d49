"""Cases that several people move at the same moment: assigned twice, a desk cleared while it is worked on."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from claims.actions import clearing, clock, decisions, intake, review
from claims.models import Clearing, JournalEntry
from claims.rules import urgency
from tests import make
from tests.races.together import at_once, split
from tests.referee import assert_laws_hold
from tests.soak import rounds

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


class Cast:
    def __init__(self):
        self.anna = make.person("anna", "claimant")
        self.rita, self.remo = make.person("rita", "reviewer"), make.person("remo", "reviewer")
        self.sara, self.sura = make.person("sara", "supervisor"), make.person("sura", "supervisor")
        self.incident = make.incident()
        make.customer(self.incident)

    def again(self, person):
        return User.objects.get(pk=person.pk)

    def taken(self):
        return make.taken(self.anna, self.incident, self.rita)


def acts(claim):
    chain = JournalEntry.objects.filter(chain=f"claim:{claim.pk}").order_by("sequence")
    return list(chain.values_list("action", flat=True))


def desks_of(claim):
    return list(claim.assignments.filter(ended_at=None).values_list("reviewer", flat=True))


def two_supervisors_assign_one_case(cast):
    """Each saw the same page: the second one is told that it changed, instead of undoing what the first one did."""
    free = make.submitted(cast.anna, cast.incident)
    for claim in (free, cast.taken()):
        done, refused = split(
            at_once(
                lambda claim=claim: assign(cast, claim, cast.sara, cast.remo),
                lambda claim=claim: assign(cast, claim, cast.sura, cast.sara),
            )
        )
        claim.refresh_from_db()
        assert (len(done), refused) == (1, [(409, "stale")])
        assert claim.assigned_to == done[0].assigned_to
        assert desks_of(claim) == [claim.assigned_to_id]


def assign(cast, claim, by, to):
    return review.assign(claim.reference, by=cast.again(by), to=cast.again(to), version=claim.version)


def clear(cast, by, claims, to):
    moves = {claim.reference: cast.again(to) for claim in claims}
    return clearing.clear_desk(cast.rita.pk, by=cast.again(by), moves=moves, note="Away.")


def a_desk_is_handed_over_while_its_reviewer_decides(cast):
    """Both cases go, and the reviewer is told so; or one is decided, and the supervisor is told which."""
    claim, other = cast.taken(), cast.taken()
    items = make.findings(claim)
    outcomes = at_once(
        lambda: clear(cast, cast.sara, (claim, other), cast.remo),
        lambda: decisions.decide(claim.reference, by=cast.again(cast.rita), outcome="approved", items=items),
    )
    done, refused = split(outcomes)
    claim.refresh_from_db()
    other.refresh_from_db()
    assert other.assigned_to == cast.remo
    cleared = outcomes[0]
    if claim.status == "approved":
        assert (len(done), refused, claim.assigned_to) == (2, [], cast.rita)
        assert [(kept.pk, no.code) for kept, no in cleared.kept] == [(claim.pk, "not_on_this_desk")]
    else:
        assert (len(done), refused) == (1, [(403, "not_assignee")])
        assert (claim.status, claim.assigned_to, cleared.kept) == ("in_review", cast.remo, [])
    assert acts(claim).count("decide") + acts(claim).count("hand over") == 1
    assert desks_of(claim) == ([] if claim.status == "approved" else [cast.remo.pk])


def two_supervisors_hand_over_one_desk(cast):
    before = Clearing.objects.count()
    claims = [cast.taken(), cast.taken()]
    done, refused = split(
        at_once(
            lambda: clear(cast, cast.sara, claims, cast.remo),
            lambda: clear(cast, cast.sura, claims[::-1], cast.sara),
        )
    )
    assert (len(done), refused) == (1, [(409, "nothing_moved")])
    assert Clearing.objects.count() == before + 1
    for claim in claims:
        claim.refresh_from_db()
        assert desks_of(claim) == [claim.assigned_to_id]
        assert acts(claim).count("hand over") == 1


def a_handing_over_is_undone_while_the_receiver_decides(cast):
    claim = cast.taken()
    made = clear(cast, cast.sara, [claim], cast.remo).clearing
    items = make.findings(claim)
    done, refused = split(
        at_once(
            lambda: clearing.take_back(made.pk, by=cast.again(cast.sara)),
            lambda: decisions.decide(claim.reference, by=cast.again(cast.remo), outcome="approved", items=items),
        )
    )
    claim.refresh_from_db()
    assert len(done) == 1
    if claim.status == "approved":
        assert (refused, claim.assigned_to) == ([(409, "nothing_moved")], cast.remo)
    else:
        assert (refused, claim.assigned_to) == ([(403, "not_assignee")], cast.rita)


RACES = [
    two_supervisors_assign_one_case,
    a_desk_is_handed_over_while_its_reviewer_decides,
    two_supervisors_hand_over_one_desk,
    a_handing_over_is_undone_while_the_receiver_decides,
]


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
def test_without_locks_it_ends_badly(race, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, *_args, **_options: queryset._chain())
    cast = Cast()

    def several_times():  # on a busy machine both may happen to come one after the other
        for _ in range(5):
            race(cast)

    with pytest.raises((AssertionError, AttributeError)):
        several_times()


@pytest.mark.soak
def test_sixteen_reviewers_each_get_the_more_urgent_first_and_nothing_they_are_barred_from(tally):
    """Nobody meets here: all take until nothing is left. What one gets only ever becomes less urgent."""
    cast = Cast()
    reviewers = [make.person(f"reviewer{number}", "reviewer") for number in range(16)]
    kin = make.person("kin", "claimant", second_email=reviewers[0].email)
    today = clock.today()
    for _ in range(rounds(1, 20)):
        tally.tried("sixteen take the next")
        for number in range(30):
            with time_machine.travel(timezone.now() - timedelta(days=(60, 47, 43, 30, 5)[number % 5])):
                make.submitted(cast.anna, cast.incident, items=[make.item(("900.00", "90.00")[number % 2])])
        household = [make.submitted(kin, cast.incident) for _ in range(3)]
        own = make.draft(reviewers[1], cast.incident, iban="IT60X0542811101000000123456")
        make.attachment(own)
        own = intake.submit_claim(own.reference, by=reviewers[1], declaration=True)
        same_iban = make.draft(cast.anna, cast.incident, iban="IT60X0542811101000000123456")
        make.attachment(same_iban)
        intake.submit_claim(same_iban.reference, by=cast.anna, declaration=True)
        barred = {(0, claim.pk) for claim in household} | {(1, own.pk), (1, same_iban.pk)}
        taken = empty_the_queue([cast.again(reviewer) for reviewer in reviewers])
        everything = [claim.pk for claims in taken for claim in claims]
        assert len(everything) == len(set(everything)) == 35
        assert not barred & {(at, claim.pk) for at, claims in enumerate(taken) for claim in claims}
        for claims in taken:
            places = [urgency.place(claim, today, reminder_days=3) for claim in claims]
            assert places == sorted(places)
        tally.held("sixteen take the next")
    assert_laws_hold()


def empty_the_queue(reviewers):
    """What each of them took, in order, all at the same time."""
    taken = [[] for _ in reviewers]

    def empty(at):
        try:
            while claim := review.take_next(by=reviewers[at]):
                taken[at].append(claim)
        finally:
            connection.close()

    threads = [threading.Thread(target=empty, args=(at,), daemon=True) for at in range(len(reviewers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return taken
