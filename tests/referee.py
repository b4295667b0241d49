"""What every race, fault and browser test calls in the end."""

from claims.reports import referee


def assert_laws_hold():
    """The referee finds no broken law in what the database and the storage hold now."""
    broken = [verdict for verdict in referee.judge() if verdict.state == referee.BROKEN]
    assert not broken, "\n".join(f"{verdict.law} {verdict.says}: {verdict.examples}" for verdict in broken)
