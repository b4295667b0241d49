"""The states of a mass run and every move between them; the database enforces the same pairs."""

RUN_MOVES = frozenset(
    {
        ("counting", "proposed"),
        ("counting", "cancelled"),  # somebody cancels it, or nobody would get anything
        ("proposed", "approved"),
        ("proposed", "cancelled"),
        ("approved", "paused"),
        ("paused", "approved"),
        ("approved", "done"),
        ("approved", "cancelled"),
        ("paused", "cancelled"),
    }
)
# While a run is in one of these, its roster stays as it is.
ON = ("approved", "paused")
UNFINISHED = ("counting", "proposed", *ON)
