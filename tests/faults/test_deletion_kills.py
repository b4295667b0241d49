"""kill -9 while documents are deleted: nothing that should live is lost, nothing that should go is forgotten."""

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone

from claims.actions import intake, retention
from claims.models import JournalEntry
from evidence import blobs, deleting
from evidence.models import DeletedFile
from tests import make
from tests.faults.child import every_step
from tests.referee import assert_laws_hold
from tests.soak import rounds

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]
NUMBERS = count()


@pytest.fixture
def ended(anna, incident):
    """A withdrawn claim with two documents, one of which a claim that goes on shares."""

    def go():
        number = next(NUMBERS)
        claim, other = make.draft(anna, incident), make.draft(anna, incident)
        for content, holders in ((b"alone %d" % number, (claim,)), (b"shared %d" % number, (claim, other))):
            for holder in holders:
                make.attachment(holder, content=content)
        claim.attachments.update(heard="clean")
        intake.withdraw(claim.reference, by=anna)
        return claim, other

    return go


def both_cranks():
    retention.end_retention(now=timezone.now() + timedelta(days=366))
    while deleting.delete_batch():
        pass


def test_a_deletion_killed_anywhere_is_finished_by_the_next_turn(ended):
    def fresh():
        return ended(), both_cranks

    killed = 0
    for step, (claim, other) in every_step(fresh, by=rounds(5, 1)):
        killed += step is not None
        shared = other.attachments.get().document
        assert blobs.path(shared.sha256).exists()
        for row in DeletedFile.objects.filter(document__attachment__claim=claim, outcome="gone"):
            assert not blobs.path(row.sha256).exists()
        both_cranks()
        assert JournalEntry.objects.filter(chain=f"claim:{claim.pk}", action="delete evidence").count() == 1
        rows = DeletedFile.objects.filter(document__attachment__claim=claim)
        assert sorted(rows.values_list("outcome", flat=True)) == ["gone", "shared"]
        assert rows.get(outcome="gone").hash_before == rows.get(outcome="gone").sha256
        assert blobs.path(shared.sha256).exists()
        assert_laws_hold()
    assert killed > 7
