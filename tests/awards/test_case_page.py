"""What a claimant reads of what they get beside money, and how they get to see the code of a voucher."""

import pytest

from claims.models import Voucher
from tests.awards.test_vouchers import GOOD, add

pytestmark = pytest.mark.django_db


def test_each_award_is_told_in_plain_words_with_its_state(counter, site, anna):
    claim = counter.decided(anna, subscription_month=1, storage_gb=5, voucher=20)
    at = f"/claims/{claim.reference}/"
    assert "What you get beside money" not in site(anna).get(at).content.decode()
    site(anna).post(f"{at}accept/")
    assert site(anna).get(at).content.decode().count("we are preparing it") == 3
    file = counter.out(kind="subscription_month")
    counter.confirm(file, f"fulfilment_id,result,reason\n{file.lines.get().name},refused,Unknown\n".encode())
    counter.confirm(counter.out(kind="storage_gb"))
    page = site(anna).get(at).content.decode()
    for words in ("1 more month of your subscription", "it did not work yet", "done. It is in the account taker1@"):
        assert words in page
    assert "Unknown" not in page


def test_a_code_is_shown_to_its_claimant_who_asks_and_to_nobody_else(counter, site, anna, bruno, rita):
    claim = counter.due(anna, voucher=20)
    at = f"/claims/{claim.reference}/"
    voucher = f"{at}vouchers/{claim.entitlements.get().pk}/"
    assert "not ready yet" in site(anna).get(voucher).content.decode()
    assert site(anna).post(voucher).status_code == 409
    add(counter, GOOD[:1])
    counter.confirm(counter.out(kind="voucher"))
    page = site(anna).get(at).content.decode()
    assert (voucher in page, "9TWV" in page, GOOD[0] in page) == (True, True, False)
    asked = site(anna).get(voucher)
    assert (GOOD[0] in asked.content.decode(), "Show the code" in asked.content.decode()) == (False, True)
    for _time in range(2):
        shown = site(anna).post(voucher)
        assert (shown.status_code, GOOD[0] in shown.content.decode()) == (200, True)
        assert "no-store" in shown["Cache-Control"]
    assert Voucher.objects.get().first_shown_at is not None
    assert site(anna).post(f"{at}vouchers/0/").status_code == 404
    for person, status in ((bruno, 404), (rita, 302)):
        for answered in (site(person).get(voucher), site(person).post(voucher)):
            assert (answered.status_code, GOOD[0] in answered.content.decode()) == (status, False)
