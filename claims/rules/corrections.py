"""Corrections of a roster: what a line may do, and the states of a file; the database enforces the same moves."""

ADD, CHANGE, REMOVE = "add", "change", "remove"
ACTIONS = (ADD, CHANGE, REMOVE)
CLEARED = "-"  # in a change: nothing stands there any more; an empty field leaves what stands there
MOST = 100_000  # lines; more is a new roster
CORRECTION_MOVES = frozenset({("proposed", "applied"), ("proposed", "cancelled")})
