"""The states of a payout, of one attempt to pay it and of a batch of attempts, and every move between them.

The database enforces the same pairs by triggers made from these tables (claims/models/payout.py).
"""

from datetime import timedelta

# Who took over an account changes where its money goes: the holder is told at once and has this long to object.
WAIT_AFTER_CHANGE = timedelta(hours=48)
# As many claimants with one IBAN are looked at by a manager before anything is paid into it.
SHARED_BY = 3

PAYOUT_MOVES = frozenset(
    {
        ("owed", "batched"),
        ("batched", "owed"),  # its batch was cancelled, or it left the batch with new bank details
        ("batched", "sent"),
        ("sent", "settled"),
        ("sent", "returned"),
        ("sent", "owed"),  # two people say that the bank never carried the batch out
        ("owed", "settled"),  # and the bank did all the same
        ("settled", "returned"),
        ("returned", "owed"),
        ("owed", "cancelled"),
        ("returned", "cancelled"),
    }
)
TRANSFER_MOVES = frozenset(
    {
        ("planned", "sent"),
        ("planned", "withdrawn"),
        ("sent", "settled"),
        ("sent", "returned"),
        ("sent", "withdrawn"),
        ("withdrawn", "settled"),
        ("settled", "returned"),
    }
)
BATCH_MOVES = frozenset(
    {
        ("open", "approved"),
        ("approved", "written"),
        ("written", "handed_over"),
        ("handed_over", "closed"),
        ("open", "cancelled"),
        ("approved", "cancelled"),
        ("written", "cancelled"),
        ("handed_over", "cancelled"),
    }
)
