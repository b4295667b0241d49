"""The managers' pages of awards in kind, from a pool of codes to a confirmation."""

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Confirmation, FulfilmentFile, Voucher
from tests.awards.conftest import answer, entitled
from tests.awards.test_vouchers import GOOD

pytestmark = pytest.mark.django_db
ROOT, FILES = "/admin/awards/", "/admin/award-files/"


def upload(content, name="codes.csv"):
    file = io.BytesIO(content)
    file.name = name
    return file


def test_what_is_wrong_with_codes_is_listed_and_nothing_is_kept(counter, site, mara):
    pool = {"incident": counter.incident.code, "value": "20", "expires_on": "2099-12-31"}
    wrong = [
        ({}, "Choose a file of codes, or say how many."),
        ({"value": "x", "count": "1"}, "Give a whole number."),
        ({"expires_on": "soon", "count": "1"}, "Choose a day."),
        ({"count": "0"}, "Give a number from 1 to 100000."),
        ({"file": upload(b"SHORT\n=CMD\n")}, "Line 2: only letters without accents, digits and dashes."),
    ]
    for typed, says in wrong:
        answered = site(mara).post(f"{ROOT}vouchers/", {**pool, **typed})
        assert (answered.status_code, says in answered.content.decode()) == (422, True), (typed, says)
    assert Voucher.objects.count() == 0
    codes = upload("\n".join(GOOD).encode())
    assert site(mara).post(f"{ROOT}vouchers/", {**pool, "file": codes}).status_code == 302
    page = site(mara).get(ROOT).content.decode()
    assert "20.00" in page
    assert not [code for code in GOOD if code in page]


def test_from_a_missing_code_to_what_is_given(counter, site, anna, mara, marco):
    claim = counter.due(anna, voucher=20)
    where = {"incident": counter.incident.code}
    refused = site(mara).post(f"{ROOT}open/", {**where, "kind": "voucher"})
    assert (refused.status_code, "1 code is missing" in refused.content.decode()) == (409, True)
    site(mara).post(f"{ROOT}vouchers/", {**where, "value": "20", "expires_on": "2099-12-31", "count": "1"})
    opened = site(mara).post(f"{ROOT}open/", {**where, "kind": "voucher", "most": "5"})
    file = FulfilmentFile.objects.get()
    at = f"{FILES}{file.number}/"
    assert opened.url == at
    assert "you opened the file yourself" in site(mara).get(at).content.decode()
    assert site(mara).post(f"{at}approve/").status_code == 403
    assert site(marco).post(f"{at}approve/").status_code == 302
    assert site(mara).post(f"{at}hand-over/").status_code == 409
    taken = site(mara).get(f"{at}file/")
    content = b"".join(taken.streaming_content).decode()
    voucher = Voucher.objects.get()
    assert f",{voucher.hint},{voucher.digest}" in content
    assert "attachment" in taken["Content-Disposition"]
    assert site(mara).post(f"{at}hand-over/").status_code == 302
    dry = site(mara).post(f"{at}confirmation/", {"file": upload(answer(file, more=["G999999-1"])), "go": "look"})
    words = dry.content.decode()
    assert "1 award counts as given" in words
    assert "G999999-1: Not in this file" in words
    assert Confirmation.objects.count() == 0
    wrong = site(mara).post(f"{at}confirmation/", {"file": upload(b"fulfilment_id,result\nx,given\n"), "go": "read"})
    assert (wrong.status_code, "Line 2:" in wrong.content.decode()) == (422, True)
    for times in (1, 2):
        read = site(mara).post(f"{at}confirmation/", {"file": upload(answer(file)), "go": "read"}, follow=True)
        assert (read.status_code, Confirmation.objects.count()) == (200, 1), times
    assert "already read" in read.content.decode()
    assert voucher.hint in read.content.decode()
    assert site(anna).get(f"/claims/{claim.reference}/").status_code == 200


def test_what_was_refused_goes_into_the_next_file(counter, site, mara):
    counter.due(storage_gb=5)
    file = counter.out()
    name = file.lines.get().name
    counter.confirm(file, answer(file, refused={name}))
    page = site(mara).get(ROOT).content.decode()
    assert "No such account" in page
    again = f"{ROOT}{file.lines.get().entitlement_id}/again/"
    assert site(mara).post(again, {"incident": counter.incident.code}).status_code == 302
    assert site(mara).post(again, {"incident": counter.incident.code}).status_code == 409
    assert counter.states() == ["waiting"]


def test_the_pages_ask_no_more_of_many_than_of_few(counter, site, mara, marco):
    counts = []
    for start, number in ((0, 3), (3, 30)):
        entitled(counter.incident, number, by=marco, start=start)
        counter.pool(number)
        file = counter.file("voucher")
        site(mara).get(ROOT)
        for address in (ROOT, f"{FILES}{file.number}/"):
            with CaptureQueriesContext(connection) as queries:
                assert site(mara).get(address).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
