"""The product broken by hand, one small slip at a time, of the kind that a hurried change makes."""

from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_UP
from types import SimpleNamespace

from django.db.models import Q

from claims.actions import (
    appeals,
    clock,
    deadlines,
    endings,
    holds,
    intake,
    lifecycle,
    notices,
    questions,
    review,
    weighing,
)
from claims.models import claim as claims
from claims.reports import appealing
from claims.rules import clock as ledgers
from claims.rules import permissions
from claims.rules.money import CENT
from claims.rules.remedies import damages

ONE = timedelta(days=1)


def nothing(*_args, **_more):
    return None


def clock_with(**changed):
    """The clock as one module of actions sees it."""
    return SimpleNamespace(**{**vars(clock), **changed})


def as_it_was(claim, *_args, **_more):
    return claim.due


def anybody_decides(patch):
    patch(permissions, "may_decide", lambda _person, _claim: True)


def the_decider_signs(patch):
    real = permissions.may_countersign
    patch(permissions, "may_countersign", lambda person, claim, _decider: real(person, claim, None))


def operators_withdraw(patch):
    patch(permissions, "may_withdraw", permissions.may_edit)


def operators_accept(patch):
    patch(permissions, "may_settle", permissions.may_edit)


def reviewers_reopen(patch):
    patch(permissions, "may_reopen", lambda person, _claim: permissions.may_review(person))


def the_same_reviewer_on_appeal(patch):
    patch(claims.Claim, "earlier_hands", (frozenset(), frozenset()))


def the_journal_is_forgotten(patch):
    patch(lifecycle, "write", nothing)


def notices_are_forgotten(patch):
    real = notices.post
    some = SimpleNamespace(post=lambda kind, **more: kind == "claim_decided" or real(kind, **more))
    patch(lifecycle, "notices", some)


def a_question_does_not_stop_the_clock(patch):
    patch(questions, "clock", clock_with(pause=as_it_was))


def a_hold_does_not_stop_the_clock(patch):
    patch(holds, "clock", clock_with(pause=as_it_was))


def a_late_job_costs_days(patch):
    patch(questions, "resumed", lambda claim, _request, by: clock.resume(claim, basis=questions.BASIS, by=by))


def due_a_day_later(patch):
    real = ledgers.due_date
    patch(ledgers, "due_date", lambda start, days, **more: real(start, days + 1, **more))


def extensions_are_lost(patch):
    patch(deadlines, "clock", clock_with(extend=as_it_was))


def cents_are_rounded_up(patch):
    patch(damages, "cents", lambda amount: amount.quantize(CENT, ROUND_UP))


def caps_are_forgotten(patch):
    real = damages.assess
    patch(damages, "assess", lambda found, terms, **more: real(found, replace(terms, head_caps={}), **more))


def the_limit_itself_is_signed(patch):
    real = weighing.reasons_to_sign
    patch(weighing, "reasons_to_sign", lambda total, *args, **more: real(total + CENT, *args, **more))


def the_window_never_closes(patch):
    patch(appeals, "check_window", nothing)


def the_window_closes_a_day_early(patch):
    real = appealing.appeals.window
    patch(
        appealing,
        "appeals",
        SimpleNamespace(window=lambda decided, told, days, **more: real(decided, told, days - 1, **more)),
    )


def an_appeal_ends_worse(patch):
    patch(appeals, "check_not_worse", nothing)


def nobody_hears_that_it_is_unanswered(patch):
    patch(questions, "flags_with", lambda claim, _flag: claim.flags)


def what_stands_still_is_overdue(patch):
    patch(claims, "clock_stands", lambda: Q(pk=None))


def only_the_night_looks_for_what_is_late(patch):
    patch(lifecycle, "UNDECIDED", ())


def what_waited_too_long_is_not_late(patch):
    patch(clock, "end_of_pause", nothing)


def old_versions_pass(patch):
    real = lifecycle.locked
    patch(lifecycle, "locked", lambda reference, *, by, version=None: real(reference, by=by))


def withdrawing_leaves_the_question(patch):
    patch(intake, "questions", SimpleNamespace(drop=nothing))


def one_takes_what_one_gave_back(patch):
    assert "ended_as = 'released'" in review.MOST_URGENT
    patch(review, "MOST_URGENT", review.MOST_URGENT.replace("ended_as = 'released'", "false"))


def bank_details_are_not_asked_for(patch):
    patch(endings, "ask_for_bank_details", lambda _claim: 0)


MUTANTS = [
    anybody_decides,
    the_decider_signs,
    operators_withdraw,
    operators_accept,
    reviewers_reopen,
    the_same_reviewer_on_appeal,
    the_journal_is_forgotten,
    notices_are_forgotten,
    a_question_does_not_stop_the_clock,
    a_hold_does_not_stop_the_clock,
    a_late_job_costs_days,
    due_a_day_later,
    extensions_are_lost,
    cents_are_rounded_up,
    caps_are_forgotten,
    the_limit_itself_is_signed,
    the_window_never_closes,
    the_window_closes_a_day_early,
    an_appeal_ends_worse,
    nobody_hears_that_it_is_unanswered,
    what_stands_still_is_overdue,
    only_the_night_looks_for_what_is_late,
    what_waited_too_long_is_not_late,
    old_versions_pass,
    withdrawing_leaves_the_question,
    one_takes_what_one_gave_back,
    bank_details_are_not_asked_for,
]
IN_THE_SUITE = [anybody_decides, the_journal_is_forgotten, notices_are_forgotten, due_a_day_later]
