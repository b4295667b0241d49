"""A legal hold keeps everything of a claim; supervisors and managers set and lift it, and both are in the journal."""

import pytest
from django.db import DatabaseError, transaction

from claims.actions import legal_holds
from claims.models import JournalEntry, LegalHold
from claims.rules.errors import Refused
from tests import make
from tests.referee import assert_laws_hold

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_deleted_until_it_is_lifted(withdrawn, a_year_later, bytes_of, sara, mara):
    claim = withdrawn()
    legal_holds.place(claim.reference, by=mara, reason="Court of Rome, 12/2026")
    assert a_year_later(days=30_000) == 0
    assert bytes_of(claim).exists()
    legal_holds.lift(claim.reference, by=sara, reason="Settled")
    assert a_year_later() == 1
    assert not bytes_of(claim).exists()
    assert_laws_hold()


def test_it_is_set_before_the_end_too(anna, incident, sara):
    claim = make.submitted(anna, incident)
    assert legal_holds.place(claim.reference, by=sara, reason="Inspection").legal_holds.get().by == sara


def test_both_acts_are_in_the_journal_with_their_reasons_sealed(withdrawn, sara):
    claim = withdrawn()
    legal_holds.place(claim.reference, by=sara, reason="Inspection")
    legal_holds.lift(claim.reference, by=sara, reason="It is over")
    entries = JournalEntry.objects.filter(chain=f"claim:{claim.pk}").order_by("-sequence")[:2]
    assert [(each.action, each.actor, bool(each.sealed)) for each in entries] == [
        ("lift legal hold", sara, True),
        ("legal hold", sara, True),
    ]


@pytest.mark.parametrize("who", ["rita", "anna", "olga"])
def test_others_may_not(withdrawn, request, who):
    claim = withdrawn()
    for act in legal_holds.place, legal_holds.lift:
        with pytest.raises(Refused) as refused:
            act(claim.reference, by=request.getfixturevalue(who), reason="Inspection")
        assert refused.value.status in (403, 404)
    assert not LegalHold.objects.exists()


def test_nobody_holds_an_own_claim(withdrawn, sara):
    claim = withdrawn(claimant=sara, login="sara@libero.example")
    with pytest.raises(Refused) as refused:
        legal_holds.place(claim.reference, by=sara, reason="Mine")
    assert refused.value.code == "own_claim"


def test_there_is_one_at_a_time_and_none_to_lift_without_one(withdrawn, sara):
    claim = withdrawn()
    with pytest.raises(Refused) as refused:
        legal_holds.lift(claim.reference, by=sara, reason="Over")
    assert (refused.value.code, refused.value.status) == ("not_held", 409)
    legal_holds.place(claim.reference, by=sara, reason="Inspection")
    with pytest.raises(Refused) as refused:
        legal_holds.place(claim.reference, by=sara, reason="Again")
    assert (refused.value.code, refused.value.status) == ("already_held", 409)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 5001, "a\x00b"])
def test_it_has_a_reason(withdrawn, sara, reason):
    claim = withdrawn()
    with pytest.raises(Refused) as refused:
        legal_holds.place(claim.reference, by=sara, reason=reason)
    assert (refused.value.field, refused.value.status) == ("reason", 422)


def test_the_database_keeps_it_as_it_was_set(withdrawn, sara, mara):
    claim = withdrawn()
    legal_holds.place(claim.reference, by=sara, reason="Inspection")
    for change in (
        lambda: LegalHold.objects.update(reason="Another"),
        lambda: LegalHold.objects.all().delete(),
        lambda: LegalHold.objects.create(claim=claim, reason="Second", by=mara),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
