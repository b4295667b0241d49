"""What every race, fault and browser test calls in the end."""

from django.utils import timezone

from claims.actions import letters
from claims.models import Letter
from claims.reports import referee
from claims.reports.laws_of_letters import LATE


def assert_laws_hold():
    """The referee finds no broken law in what the database and the storage hold now.

    Where a test moved the clock, letters are printed first, as the crank would have done by now.
    """
    if Letter.objects.to_print().filter(written_at__lt=timezone.now() - LATE).exists():
        after = 0
        while after is not None:
            after = letters.print_batch(after)
    broken = [verdict for verdict in referee.judge() if verdict.state == referee.BROKEN]
    assert not broken, "\n".join(f"{verdict.law} {verdict.says}: {verdict.examples}" for verdict in broken)
