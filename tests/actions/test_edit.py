"""Changing a draft: whole lists of losses, single losses, bank details."""

from decimal import Decimal

import pytest

from claims.actions import intake, items, particulars
from tests import make

IBAN = "IT60X0542811101000000123456"
OTHER_IBAN = "DE89370400440532013000"


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident)


def listed(claim):
    return list(claim.items.values_list("description", "amount"))


def test_a_draft_is_unknown_to_everybody_else(draft, bruno, olga, rita, sara, mara, ada, refused):
    for person in (bruno, olga, rita, sara, mara, ada):
        with refused(404, "not_found"):
            intake.edit_claim(draft.reference, by=person, narrative="mine now")


def test_a_reference_that_nobody_has_is_unknown(anna, incident, refused):
    for reference in ("", "../", "x" * 5000, "234FC-GH7CV", "\0"):
        with refused(404, "not_found"):
            intake.edit_claim(reference, by=anna, narrative="x")


def test_an_old_version_is_refused(draft, anna, refused):
    intake.edit_claim(draft.reference, by=anna, narrative="first", version=1)
    with refused(409, "stale"):
        intake.edit_claim(draft.reference, by=anna, narrative="second", version=1)
    draft.refresh_from_db()
    assert (draft.narrative, draft.version) == ("first", 2)


def test_a_submitted_claim_no_longer_changes(anna, incident, refused):
    claim = make.submitted(anna, incident)
    with refused(409, "wrong_state"):
        intake.edit_claim(claim.reference, by=anna, narrative="x")
    with refused(409, "wrong_state"):
        items.save_item(claim.reference, by=anna, **make.item())
    with refused(409, "wrong_state"):
        items.remove_item(claim.reference, claim.items.get().pk, by=anna)


def test_the_first_change_of_a_fresh_draft_replaces_its_losses(draft, anna):
    claim = intake.edit_claim(draft.reference, by=anna, items=[make.item("7.00", description="Stamps")])
    assert listed(claim) == [("Stamps", Decimal("7.00"))]
    assert claim.claimed == Decimal("7.00")


def test_the_first_change_of_a_fresh_draft_may_remove_all_its_losses(draft, anna):
    claim = intake.edit_claim(draft.reference, by=anna, items=[])
    assert (listed(claim), claim.claimed) == ([], Decimal("0"))


def test_the_first_change_of_a_fresh_draft_may_name_its_losses(draft, anna):
    known = draft.items.get()
    intake.edit_claim(draft.reference, by=anna, items=[make.item("8.00", description="Stamps", id=known.pk)])
    assert list(draft.items.values_list("pk", "amount")) == [(known.pk, Decimal("8.00"))]


def test_losses_are_changed_added_and_removed_in_one_go(draft, anna):
    claim = intake.edit_claim(draft.reference, by=anna, items=[make.item("1.00"), make.item("2.00"), make.item("3.00")])
    first, _second, third = claim.items.all()
    changed = [make.item("30.00", id=third.pk), make.item("1.00", id=first.pk), make.item("4.00")]
    claim = intake.edit_claim(draft.reference, by=anna, items=changed)
    assert [item.amount for item in claim.items.all()] == [Decimal("1.00"), Decimal("30.00"), Decimal("4.00")]
    assert {first.pk, third.pk} < set(claim.items.values_list("pk", flat=True))
    assert claim.claimed == Decimal("35.00")


def test_a_document_stays_with_the_loss_it_proves(draft, anna):
    item = draft.items.get()
    attachment = make.attachment(draft)
    attachment.item = item
    attachment.save()
    intake.edit_claim(draft.reference, by=anna, items=[make.item("9.00", id=item.pk)])
    attachment.refresh_from_db()
    assert attachment.item == item
    intake.edit_claim(draft.reference, by=anna, items=[make.item("9.00")])
    attachment.refresh_from_db()
    assert attachment.item is None


def test_the_loss_of_another_claim_is_unknown(draft, anna, bruno, incident, refused):
    theirs = make.draft(bruno, incident, login="bruno@virgilio.example").items.get()
    for unknown in (theirs.pk, 10**12, -1):
        with refused(422, "unknown_item"):
            intake.edit_claim(draft.reference, by=anna, items=[make.item(id=unknown)])
        with refused(422, "unknown_item", "item"):
            items.save_item(draft.reference, by=anna, item_id=unknown, **make.item())
        with refused(422, "unknown_item"):
            items.remove_item(draft.reference, unknown, by=anna)


def test_a_loss_named_twice_is_unknown_the_second_time(draft, anna, refused):
    pk = draft.items.get().pk
    with refused(422, "unknown_item"):
        intake.edit_claim(draft.reference, by=anna, items=[make.item(id=pk), make.item(id=pk)])
    assert listed(draft) == [("A new mailbox elsewhere", Decimal("120.00"))]


def test_nothing_changes_when_one_value_is_wrong(draft, anna, refused):
    with refused(422, "iban_checksum", "iban"):
        intake.edit_claim(draft.reference, by=anna, narrative="new", iban="IT61X0542811101000000123456")
    draft.refresh_from_db()
    assert draft.narrative == make.NARRATIVE


def test_another_account_brings_its_own_place_on_the_roster(draft, anna):
    claim = intake.edit_claim(draft.reference, by=anna, login="BRUNO@virgilio.example")
    assert (claim.login, claim.customer.login) == ("bruno@virgilio.example", "bruno@virgilio.example")
    assert intake.edit_claim(draft.reference, by=anna, login="x@y.example").customer is None


def test_each_change_is_one_entry_that_names_the_fields_but_not_their_values(draft, anna, acts, last_act, told):
    intake.edit_claim(draft.reference, by=anna, narrative="canary", items=[make.item()], login="anna@libero.example")
    assert acts(draft) == ["open", "edit"]
    assert last_act(draft).facts == {"changed": ["items", "narrative", "login"]}
    assert (last_act(draft).old, last_act(draft).new) == ("draft", "draft")
    assert told(draft) == []


def details(claim):
    claim.refresh_from_db()
    return particulars.bank_details(claim.claimant_id, claim.bank_details)


def test_the_holder_alone_can_be_corrected(draft, anna):
    intake.edit_claim(draft.reference, by=anna, iban=IBAN, holder="Ana")
    intake.edit_claim(draft.reference, by=anna, holder="Anna Bianchi")
    assert details(draft) == {"iban": IBAN, "holder": "Anna Bianchi"}


def test_another_iban_keeps_its_holder(draft, anna):
    intake.edit_claim(draft.reference, by=anna, iban=IBAN, holder="Anna Bianchi")
    before = draft.iban_index
    intake.edit_claim(draft.reference, by=anna, iban=OTHER_IBAN)
    assert details(draft) == {"iban": OTHER_IBAN, "holder": "Anna Bianchi"}
    assert (draft.iban_hint, draft.iban_index == before) == ("DE** 3000", False)


def test_an_empty_iban_removes_the_bank_details(draft, anna):
    intake.edit_claim(draft.reference, by=anna, iban=IBAN, holder="Anna Bianchi")
    intake.edit_claim(draft.reference, by=anna, iban="")
    assert details(draft) == {}
    assert (draft.iban_hint, draft.iban_index) == ("", "")


def test_what_is_not_sent_stays_as_it_was(draft, anna):
    intake.edit_claim(draft.reference, by=anna, iban=IBAN, holder="Anna Bianchi")
    intake.edit_claim(draft.reference, by=anna, narrative="new")
    assert details(draft) == {"iban": IBAN, "holder": "Anna Bianchi"}
    assert listed(draft) == [("A new mailbox elsewhere", Decimal("120.00"))]


def test_the_operator_who_filed_may_edit_until_the_role_is_gone(olga, incident, refused):
    claim = intake.open_claim(
        incident.code,
        by=olga,
        login="anna@libero.example",
        on_behalf_of={"email": "carla@example.org", "name": "Carla", "identity_check": "x"},
    )
    intake.edit_claim(claim.reference, by=olga, narrative="as told on the telephone")
    olga.groups.clear()
    olga.forget_roles()
    with refused(404, "not_found"):
        intake.edit_claim(claim.reference, by=olga, narrative="x")


def test_one_loss_is_added_changed_and_removed(draft, anna, acts):
    added = items.save_item(draft.reference, by=anna, **make.item("10.00", description="Taxi"))
    items.save_item(draft.reference, by=anna, item_id=added.pk, **make.item("11.00", description="Taxi"))
    draft.refresh_from_db()
    assert (draft.claimed, draft.version) == (Decimal("131.00"), 3)
    items.remove_item(draft.reference, added.pk, by=anna)
    draft.refresh_from_db()
    assert (draft.claimed, draft.items.count()) == (Decimal("120.00"), 1)
    assert acts(draft) == ["open", "edit", "edit", "edit"]


def test_a_claim_holds_so_many_losses_and_no_more(anna, incident, refused):
    claim = make.draft(anna, incident, items=[make.item("1.00") for _ in range(50)])
    with refused(409, "too_many_items"):
        items.save_item(claim.reference, by=anna, **make.item())


def test_losses_one_by_one_stay_below_what_a_claim_can_hold(anna, incident, refused):
    claim = make.draft(anna, incident, items=[make.item("999999999.00")])
    with refused(422, "invalid_amount", "items"):
        items.save_item(claim.reference, by=anna, **make.item("1.00"))
