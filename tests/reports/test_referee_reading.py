"""The referee reads and never writes: alone, and in the middle of somebody's transaction."""

import pytest
from django.db import DatabaseError, transaction

from claims.actions import intake
from claims.reports import referee
from tests import make
from tests.referee import assert_laws_hold

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_empty_database_breaks_no_law(db):
    assert_laws_hold()


def test_the_referee_cannot_write():
    with pytest.raises(DatabaseError, match="read-only"), referee.reading() as cursor:
        cursor.execute("CREATE TABLE a (b int)")


def test_after_the_referee_the_transaction_it_ran_in_can_still_write(anna, incident):
    with transaction.atomic():
        claim = make.draft(anna, incident)
        assert_laws_hold()
        intake.edit_claim(claim.reference, by=anna, narrative="Still possible.")
    assert_laws_hold()
