"""The table of moves, checked against the table of the field as it is written there."""

from itertools import product

import pytest

from claims.rules.statuses import BY_NAME, CLAIM_MOVES, DECIDED, LABELS, MOVES, Status, move

# From docs of the field: from → to, by the name of the move.
FIELD = """
submit: draft > submitted
expire: draft > expired
take: submitted appealed > in_review
release: in_review > submitted appealed
ask: in_review > information_requested
answer: information_requested > in_review
unanswered: information_requested > in_review
take back question: information_requested > in_review
hold: in_review > on_hold
resume: on_hold > in_review
decide: in_review > approved partly_approved rejected
propose: in_review > awaiting_countersignature
countersign: awaiting_countersignature > approved partly_approved rejected
return: awaiting_countersignature > in_review
recall: awaiting_countersignature > in_review
accept: approved partly_approved > payment_due closed
appeal: approved partly_approved rejected > appealed
settle: payment_due > paid
payment returned: payment_due paid > payment_returned
new bank details: payment_returned > payment_due
close: rejected paid > closed
discard: draft > withdrawn
withdraw: submitted in_review information_requested on_hold awaiting_countersignature appealed > withdrawn
reopen: closed rejected withdrawn > in_review
restore: expired > draft
lapse: approved partly_approved > payment_due closed
"""
# What is here and not there: what an owner and the clock do has a name each; an expired draft, which was never
# submitted, becomes a draft again instead of going to a reviewer.
WRITTEN = {"open": set()}
for row in FIELD.strip().splitlines():
    name, _, rest = row.partition(": ")
    sources, _, targets = rest.partition(" > ")
    WRITTEN[name] = set(product(sources.split(), targets.split()))
PAIRS = list(product(Status, Status))


def test_there_are_sixteen_states_each_with_a_label():
    assert len(Status) == 16
    assert set(LABELS) == set(Status)


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_i_27_a_move_leads_where_the_field_says_and_nowhere_else(name):
    assert {(a, b) for a, b in PAIRS if move(name, a, b)} == WRITTEN[name]


def test_i_27_all_256_pairs_are_legal_only_if_some_move_makes_them():
    assert set(BY_NAME) == set(WRITTEN)
    assert len(PAIRS) == 256
    legal = set().union(*WRITTEN.values())
    assert {pair for pair in PAIRS if pair in CLAIM_MOVES} == legal
    assert len(legal) == 42


def test_every_state_can_be_reached_from_a_draft():
    reached, rest = {Status.DRAFT}, True
    while rest:
        rest = {target for source, target in CLAIM_MOVES if source in reached} - reached
        reached |= rest
    assert reached == set(Status)


def test_every_move_says_who_makes_it_and_the_mover_of_the_clock_is_named():
    assert all(str(row.who) for row in MOVES)
    by_clock = {row.name for row in MOVES if "clock" in str(row.who)}
    assert by_clock == {"expire", "unanswered", "resume", "lapse", "close"}


def test_a_decision_is_told_in_every_way_it_can_be_made():
    assert all(row.notice == "claim_decided" for row in MOVES if set(row.targets) == set(DECIDED))
