"""Whose desk holds what, who is away until when, and what a handing over would do."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, Subquery

from accounts.models import User
from accounts.roles import Role
from claims.models import Absence, Claim, Clearing, Decision, Hold, InformationRequest
from claims.reports.bars import know_bars
from claims.rules import permissions
from claims.rules.sharing import WAITS, share
from claims.rules.statuses import WITH_REVIEWER, Status

DESKS = (Role.REVIEWER, Role.SUPERVISOR)
MOST = 200


@dataclass(frozen=True)
class Plan:
    """What a handing over would do: (claim, User or None for the queue), and (claim, why) for what would stay."""

    moves: list
    kept: list


def reviewers():
    """Who may have claims on the desk."""
    people = User.objects.filter(pk__in=User.objects.filter(groups__name__in=DESKS).values("pk"), is_active=True)
    return people.order_by("name", "email")


def colleagues(today):
    """reviewers() with the absence that holds today as `away`, and the number of open cases as `load`."""
    away = Absence.objects.on(today).filter(person=OuterRef("pk"))
    open_cases = Q(assigned_claims__status__in=WITH_REVIEWER)
    return reviewers().annotate(
        away_until=Subquery(away.values("until")[:1]), load=Count("assigned_claims", filter=open_cases)
    )


def away_until(person, today):
    """The last day of the absence in which `person` is today, or None."""
    return Absence.objects.on(today).filter(person=person).values_list("until", flat=True).first()


def absence_of(person, today):
    """The absence of `person` that is on or still to come, or None."""
    return Absence.objects.filter(person=person, until__gte=today).first()


def on_desk(claims, person, today):
    """Those of `claims` that `person` has: what the second person returned, what to work on, what waits until when."""
    returned = Decision.objects.filter(claim=OuterRef("pk"), round=OuterRef("round"), state=Decision.State.RETURNED)
    held = Hold.objects.filter(claim=OuterRef("pk"), ended_at=None)
    asked = InformationRequest.objects.filter(claim=OuterRef("pk"), state=InformationRequest.State.OPEN)
    claims = claims.filter(assigned_to=person, status__in=WITH_REVIEWER).annotate(
        given_back=Exists(returned),
        held_until=Subquery(held.values("until")[:1]),
        answer_by=Subquery(asked.values("due")[:1]),
    )
    return sorted(claims.by_urgency(today)[:MOST], key=rank)


def rank(claim):
    if claim.status != Status.IN_REVIEW:
        return 2
    return 0 if claim.given_back else 1


def plan(person, receivers, *, by, today):
    """What it would do to share the cases of `person` evenly among `receivers`; without any they go to the queue.

    Cases of which `by` is the claimant are not even named.
    """
    claims = list(
        Claim.objects.filter(assigned_to=person, status__in=WITH_REVIEWER)
        .exclude(claimant=by)
        .select_related("claimant")
        .by_urgency(today)
    )
    know_bars(claims)
    if not receivers:
        moves = [(claim, None) for claim in claims if claim.status == Status.IN_REVIEW]
        return Plan(moves, [(claim, WAITS) for claim in claims if claim.status != Status.IN_REVIEW])
    moves, kept = [], []

    def may(receiver, claim):
        return permissions.may_hand_over(by, claim, receiver)

    for claim, receiver in share(claims, receivers, may):
        if receiver is None:
            kept.append((claim, " ".join(f"{each}: {may(each, claim).message}" for each in receivers)))
        else:
            moves.append((claim, receiver))
    return Plan(moves, kept)


def clearing_of(person):
    """The newest handing over of this desk that was not undone, or None."""
    return Clearing.objects.filter(person=person, undone_at=None).select_related("by").first()
