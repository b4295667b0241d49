"""The states of a draft of later terms and every move between them; the database enforces the same pairs."""

DRAFT_MOVES = frozenset(
    {
        ("draft", "proposed"),
        ("draft", "withdrawn"),
        ("proposed", "approved"),
        ("proposed", "rejected"),
        ("proposed", "withdrawn"),
    }
)
UNFINISHED = ("draft", "proposed")
