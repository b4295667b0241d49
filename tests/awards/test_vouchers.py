"""Pools of voucher codes: what is refused, how they are kept, and who gets to see one."""

import io
from datetime import timedelta

import pytest

from claims.actions import clock, fulfilling, vouchers
from claims.models import JournalEntry, Voucher
from claims.reports import fulfilment
from claims.rules.errors import Refused
from claims.rules.reference import check_character
from claims.rules.vouchers import check_code, new_code, read_codes, sameness

GOOD = ["K7QX-3MPR-9TWV", "H2FD-8JNC-4GBZ", "aXk39-Lmq27-Bz"]


def test_a_generated_code_is_one_that_would_be_imported_and_finds_a_slip():
    codes = {new_code() for _number in range(200)}
    assert len(codes) == 200
    for code in codes:
        check_code(code)
        bare = sameness(code)
        assert (len(bare), bare[-1]) == (16, check_character(bare[:-1]))
    assert len(read_codes(sorted(codes))) == 200


@pytest.mark.parametrize(
    ("lines", "code", "says"),
    [
        ([], "empty", "no code"),
        (["code", ""], "empty", "no code"),
        ([*GOOD, "SHORT-3MPR"], "too_short", "Line 4: "),
        (["code", *GOOD, "123456789012345"], "too_short", "Line 5: "),
        ([GOOD[0], "K7QX-3MPR-9TWÈ"], "wrong_letters", "Line 2: "),
        ([GOOD[0], "K7QX 3MPR 9TWV"], "wrong_letters", "Line 2: "),
        ([GOOD[0], "=K7QX3MPR9TWV"], "wrong_letters", "Line 2: "),
        ([GOOD[0], "K7" * 21], "too_long", "Line 2: "),
        ([GOOD[0], "ABABABABABABAB"], "guessable", "Line 2: "),
        (["K7QX3MPR9001", "Z9TT4WHC7GKD", "K7QX3MPR9002"], "guessable", "Line 3: "),
        ([f"PROMOPROMO{letters}" for letters in ("K7X2", "M3Q9", "T8W4")], "guessable", "too much alike"),
        ([*GOOD, "k7qx3mpr9twv"], "duplicate", "Line 4: the same as line 1."),
    ],
)
def test_codes_that_are_not_good_are_refused_with_their_lines(lines, code, says):
    with pytest.raises(Refused) as caught:
        read_codes(lines)
    assert (caught.value.code, caught.value.field) == (code, "file")
    assert says in str(caught.value.message)


def test_all_that_is_wrong_is_said_at_once_up_to_a_number():
    with pytest.raises(Refused) as caught:
        read_codes(["x"] * 50)
    assert len(caught.value.errors) == 20


def add(counter, lines, *, by=None, value=20, days=365):
    content = io.BytesIO(lines if isinstance(lines, bytes) else "\n".join(lines).encode())
    expires = clock.today() + timedelta(days=days)
    return vouchers.add_codes(counter.incident.code, content, by=by or counter.mara, value=value, expires_on=expires)


@pytest.mark.django_db
def test_a_pool_is_filled_whole_or_not_at_all(counter, rita, refused):
    with refused(403, "wrong_role"):
        add(counter, GOOD, by=rita)
    for more, status, code, field in (
        ({"value": 0}, 422, "invalid_value", "value"),
        ({"days": 29}, 422, "expires_too_soon", "expires_on"),
    ):
        with refused(status, code, field):
            add(counter, GOOD, **more)
    with refused(422, "not_text", "file"):
        add(counter, b"\xff\xfe")
    assert add(counter, GOOD[:1]) == 1
    with refused(422, "known", "file"):
        add(counter, [GOOD[1], GOOD[0].lower()], value=50)
    assert Voucher.objects.count() == 1
    for count in (0, 100_001):
        with refused(422, "invalid_count", "count"):
            counter.pool(count)
    counter.pool(3)
    facts = JournalEntry.objects.filter(chain=f"vouchers:{counter.incident.pk}").order_by("sequence")
    assert [(entry.action, entry.facts["count"]) for entry in facts] == [("import", 1), ("generate", 3)]


@pytest.mark.django_db
def test_codes_are_sealed_and_only_the_claimant_sees_theirs(counter, anna, olga, mara, refused):
    claim = counter.due(anna, voucher=20)
    add(counter, GOOD[:1])
    gift = claim.entitlements.get()
    voucher = Voucher.objects.get()
    kept = " ".join(
        str(bytes(value) if isinstance(value, memoryview | bytes) else value) for value in vars(voucher).values()
    )
    assert (sameness(GOOD[0])[:8] in kept, GOOD[0] in kept, voucher.hint) == (False, False, "9TWV")
    file = counter.out(kind="voucher")
    assert f"{claim.login},voucher,20,9TWV,\r\n" in counter.text(file)
    with refused(409, "not_given"):
        vouchers.reveal(claim.reference, gift.pk, by=anna)
    counter.confirm(file)
    for somebody in (mara, counter.rita):
        with refused(403, "not_yours"):
            vouchers.reveal(claim.reference, gift.pk, by=somebody)
    for nobodys in (0, gift.pk + 1):
        with refused(404, "not_found"):
            vouchers.reveal(claim.reference, nobodys, by=anna)
    for _time in range(2):
        assert vouchers.reveal(claim.reference, gift.pk, by=anna)[1] == GOOD[0]
    assert JournalEntry.objects.of(claim).filter(action="voucher shown").count() == 1


@pytest.mark.django_db
def test_who_finds_the_pool_empty_waits_and_managers_see_how_many_are_missing(counter, refused):
    for value in (20, 20, 50):
        counter.due(voucher=value)
    with refused(409, "pool_empty"):
        counter.file("voucher")
    counter.pool(1)
    counter.pool(2, value=30)
    add(counter, GOOD[:1], days=31)
    assert counter.file("voucher").count == 2
    pools = {pool.value: pool for pool in fulfilment.pools(counter.incident, today=clock.today())}
    assert {value: (pool.free, pool.used, pool.waiting, pool.missing) for value, pool in pools.items()} == {
        20: (0, 2, 0, 0),
        30: (2, 0, 0, 0),
        50: (0, 0, 1, 1),
    }
    later = fulfilment.pools(counter.incident, today=clock.today() + timedelta(days=340))
    assert [(pool.free, pool.stale) for pool in later if pool.value == 30] == [(0, 2)]


@pytest.mark.django_db
def test_the_code_of_who_was_refused_is_spent_and_a_generated_one_is_known_by_its_hash(counter, mara):
    counter.due(voucher=20)
    counter.pool(2)
    file = counter.out(kind="voucher")
    text = counter.text(file)
    spent = Voucher.objects.get(fulfilment__isnull=False)
    assert text.strip().endswith(f",{spent.hint},{spent.digest}")
    line = file.lines.get()
    counter.confirm(file, f"fulfilment_id,result,reason\n{line.name},refused,Not valid\n".encode())
    fulfilling.try_again(line.entitlement_id, by=mara)
    counter.confirm(counter.out(kind="voucher"))
    assert Voucher.objects.filter(fulfilment__isnull=False).count() == 2
    assert fulfilment.given_to(line.entitlement.claim)[0].voucher != spent
