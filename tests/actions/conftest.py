"""What every test of an action asks: how it was refused, what the journal says, which notices were written."""

from contextlib import contextmanager

import pytest

from claims.models import Claim, JournalEntry, Notice
from claims.rules.errors import Refused


@pytest.fixture
def refused():
    """`with refused(409, "stale"):` the action says no in exactly this way and nothing at all changes."""

    @contextmanager
    def go(status, code, field=None):
        before = footprint()
        with pytest.raises(Refused) as caught:
            yield caught
        assert (caught.value.status, caught.value.code) == (status, code), caught.value
        assert str(caught.value.message)
        if field is not None:
            assert field in [name for name, _code, _message in caught.value.errors]
        assert footprint() == before

    return go


def footprint():
    """What the database holds of claims, journal and notices."""
    return (
        list(Claim.objects.order_by("pk").values_list("pk", "status", "version", "claimed", "assigned_to")),
        JournalEntry.objects.count(),
        Notice.objects.count(),
    )


@pytest.fixture
def acts():
    """acts(claim) is what its journal says was done, oldest first."""
    return lambda claim: list(
        JournalEntry.objects.filter(chain=f"claim:{claim.pk}").order_by("sequence").values_list("action", flat=True)
    )


@pytest.fixture
def last_act():
    """last_act(claim) is the newest entry of its journal."""
    return lambda claim: JournalEntry.objects.filter(chain=f"claim:{claim.pk}").order_by("sequence").last()


@pytest.fixture
def told():
    """told(claim) is the kinds of notices written about it, oldest first."""
    return lambda claim: list(claim.notices.order_by("pk").values_list("kind", flat=True))
