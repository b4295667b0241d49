"""Files of what is given in kind: four eyes, the same bytes each time, and nobody is in two of them."""

from hashlib import sha256

import pytest
from django.db import connection

from accounts.models import User
from claims.actions import fulfilling
from claims.models import Entitlement, Fulfilment, FulfilmentFile, JournalEntry, Voucher
from tests import make
from tests.awards.test_entitling import attempt

pytestmark = pytest.mark.django_db


def test_who_may_open_and_approve_a_file(counter, mara, marco, rita, anna, refused):
    counter.due(anna, storage_gb=10)
    with refused(403, "wrong_role"):
        fulfilling.open_file(counter.incident.code, by=rita, kind="storage_gb")
    for code, kind, most, status, why in (
        ("unknown", "storage_gb", None, 404, "not_found"),
        (counter.incident.code, "gold", None, 422, "unknown_kind"),
        (counter.incident.code, "storage_gb", 0, 422, "invalid_limit"),
        (counter.incident.code, "voucher", None, 409, "nothing_to_give"),
    ):
        with refused(status, why):
            fulfilling.open_file(code, by=mara, kind=kind, most=most)
    file = counter.file()
    with refused(403, "four_eyes"):
        fulfilling.approve_file(file.number, by=mara)
    with refused(409, "illegal_move"):
        fulfilling.taken_out(file.number, by=marco)
    owner = make.person("owner", "manager", email="taker1@libero.example")
    anna.groups.add(*mara.groups.all())
    for concerned in User.objects.filter(pk__in=[anna.pk, owner.pk]):
        with refused(403, "own_award"):
            fulfilling.approve_file(file.number, by=concerned)
    fulfilling.approve_file(file.number, by=marco)
    with refused(409, "illegal_move"):
        fulfilling.approve_file(file.number, by=marco)
    with refused(409, "not_taken_out"):
        fulfilling.handed_over(file.number, by=mara)
    with refused(404, "not_found"):
        fulfilling.approve_file(99, by=marco)


def test_nobody_opens_a_file_of_what_is_given_to_them(counter, mara, refused):
    counter.due(mara, storage_gb=10)
    with refused(409, "nothing_to_give"):
        counter.file()


def test_the_file_holds_each_line_once_and_has_the_same_bytes_each_time(counter):
    claims = [counter.due(storage_gb=number) for number in (1, 2, 3)]
    first, second = counter.file(most=2), counter.file()
    assert (first.count, second.count) == (2, 1)
    file = counter.approved(first)
    text = counter.text(file)
    lines = [
        f"G{row.pk}-1,{claim.login},storage_gb,{row.quantity},,"
        for claim in claims[:2]
        for row in claim.entitlements.all()
    ]
    assert text == "\r\n".join(["fulfilment_id,login,kind,quantity,voucher,voucher_sha256", *lines, ""])
    counter.out(second)
    file.refresh_from_db()
    assert counter.text(file) == text
    assert (file.sha256, file.size) == (sha256(text.encode()).hexdigest(), len(text))
    actions = JournalEntry.objects.filter(chain=f"fulfilmentfile:{file.pk}").order_by("sequence")
    assert list(actions.values_list("action", flat=True)) == ["open", "approve", "take out", "take out"]


def test_an_account_that_looks_like_a_formula_does_no_harm(counter, anna):
    counter.due(anna, storage_gb=1)
    file = counter.file()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Fulfilment.objects.filter(file=file).update(login="=cmd|' /C calc'!A0")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert ",'=cmd|' /C calc'!A0," in counter.text(counter.approved(file))


def test_a_cancelled_file_gives_back_what_is_in_it(counter, mara, refused):
    claim = counter.due(storage_gb=1, voucher=20)
    counter.pool()
    files = [counter.file(), counter.file("voucher")]
    with refused(422, "required", "reason"):
        fulfilling.cancel_file(files[0].number, by=mara, reason=" ")
    for file in files:
        fulfilling.cancel_file(file.number, by=mara, reason="Too early")
    assert counter.states() == ["waiting", "waiting"]
    assert Voucher.objects.get().fulfilment is None
    out = counter.out()
    with refused(409, "illegal_move"):
        fulfilling.cancel_file(out.number, by=mara, reason="Too late")
    taken = counter.approved(counter.file("voucher"))
    fulfilling.taken_out(taken.number, by=mara)[1].close()
    with refused(409, "taken_out"):
        fulfilling.cancel_file(taken.number, by=mara, reason="Too late")
    assert sorted(Fulfilment.objects.values_list("name", flat=True)) == sorted(
        f"G{row.pk}-{attempt}" for row in claim.entitlements.all() for attempt in (1, 2)
    )


def test_the_database_keeps_files_and_their_lines(counter, mara, anna):
    counter.due(anna, storage_gb=1)
    file = counter.approved()
    counter.due(storage_gb=2)
    open_file = counter.file()
    counter.due(storage_gb=3)
    counter.due(voucher=20, subscription_month=1)
    counter.pool(2)
    counter.file("voucher")
    line = "INSERT INTO claims_fulfilment (entitlement_id, file_id, name, login, state, reason) SELECT {}"
    forbidden = {
        f"UPDATE claims_fulfilmentfile SET sha256 = 'x' WHERE id = {file.pk}": "Cannot update",
        f"UPDATE claims_fulfilmentfile SET state = 'closed' WHERE id = {file.pk}": "may not become closed",
        f"UPDATE claims_fulfilmentfile SET state = 'approved', approved_by_id = opened_by_id, approved_at = now(),"
        f" sha256 = 'x' WHERE id = {open_file.pk}": "fulfilment_file_second_person",
        f"UPDATE claims_fulfilmentfile SET state = 'approved', approved_by_id = {anna.pk}, approved_at = now(),"
        f" count = 7, sha256 = 'x' WHERE id = {open_file.pk}": "count of a file",
        "DELETE FROM claims_fulfilmentfile": "Cannot delete",
        "UPDATE claims_fulfilment SET login = 'x'": "Cannot update",
        f"UPDATE claims_fulfilment SET state = 'refused' WHERE file_id = {file.pk}": "fulfilment_refused_says_why",
        "DELETE FROM claims_fulfilment": "Cannot delete",
        line.format(
            f"entitlement_id, file_id, 'G9-9', login, 'listed', '' FROM claims_fulfilment"
            f" WHERE file_id = {open_file.pk}"
        ): "one_live_line_per_entitlement",
        line.format(
            f"id, {open_file.pk}, 'G9-9', 'x', 'listed', '' FROM claims_entitlement WHERE kind = 'subscription_month'"
        ): "of its incident and kind",
        line.format(
            f"id, {file.pk}, 'G9-9', 'x', 'listed', '' FROM claims_entitlement"
            " WHERE kind = 'storage_gb' AND state = 'waiting'"
        ): "still open",
        "UPDATE claims_voucher SET value = 50": "Cannot update",
        "UPDATE claims_voucher SET fulfilment_id = NULL WHERE fulfilment_id IS NOT NULL": "given to somebody",
        "UPDATE claims_voucher SET fulfilment_id = (SELECT max(fulfilment_id) FROM claims_voucher)"
        " WHERE fulfilment_id IS NULL": "duplicate key",
        "UPDATE claims_voucher SET fulfilment_id ="
        f" (SELECT id FROM claims_fulfilment WHERE file_id = {open_file.pk}) WHERE fulfilment_id IS NULL": "its value",
        "DELETE FROM claims_voucher": "Cannot delete",
    }
    wrong = {sql: said for sql, words in forbidden.items() if words not in (said := attempt(sql))}
    assert wrong == {}
    assert FulfilmentFile.objects.count() == 3
    assert Entitlement.objects.filter(state="listed").count() == 3
