"""The managers' pages of payments."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from claims.models import Batch, Claim, SharedAccount, Statement
from claims.reports.batches import path_of
from claims.rules.outage import ROME
from tests import make
from tests.payouts.conftest import iban_of
from tests.payouts.test_settling import camt


@pytest.fixture
def staff(db):
    """A browser of their own for everybody."""

    def browser(person):
        client = Client()
        client.force_login(person)
        client.cookies["language"] = "en"
        return client

    return browser


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def at(name, *args):
    return reverse(f"admin:{name}", args=args)


@pytest.mark.parametrize("who", ["rita", "sara", "ada", "olga"])
def test_the_pages_are_for_managers(request, staff, till, who):
    assert staff(request.getfixturevalue(who)).get(at("payments")).status_code == 403


def test_what_is_wrong_is_said_where_it_was_typed(staff, till, mara):
    browser = staff(mara)
    for typed in ({"most_count": "two"}, {"most_amount": "much"}, {"budget": "-1"}):
        answer = browser.post(at("batches-open"), {"incident": till.incident.code, **typed})
        assert (answer.status_code, "aria-invalid" in answer.content.decode()) == (422, True)
    assert browser.post(at("batches-open"), {"incident": till.incident.code}).status_code == 409
    assert browser.post(at("statement-read"), {}).status_code == 422
    assert browser.post(at("statement-read"), {"file": make.upload("a.xml", b"<a/>")}).status_code == 422
    assert browser.get(at("batch", 9)).status_code == 404
    assert browser.get(at("batch", 10**12)).status_code == 404


def test_the_page_says_what_is_owed_and_why_it_waits(staff, till, mara):
    ready, waits = till.due(amount="10.00"), till.due(amount="20.00")
    make.put(waits, "payment_due", bank_details=None, iban_hint="", iban_index="")
    page = words(staff(mara).get(at("payments")))
    for said in (ready.reference, ready.iban_hint, waits.reference, "Nobody has said where to pay", "€10.00", "€20.00"):
        assert said in page.replace("10.00 €", "€10.00").replace("20.00 €", "€20.00")
    assert iban_of(1) not in page


def test_a_shared_account_is_allowed_with_a_reason(staff, till, mara):
    for _ in range(3):
        claim = till.due(iban=iban_of(1))
    assert "3 claimants or accounts name the bank account" in words(staff(mara).get(at("payments")))
    typed = {"account": claim.iban_index, "reason": "A family", "incident": till.incident.code}
    assert staff(mara).post(at("account-clear"), {**typed, "reason": ""}).status_code == 422
    assert staff(mara).post(at("account-clear"), typed).status_code == 302
    assert SharedAccount.objects.get().claimants == 3


def test_from_owed_to_paid(staff, till, mara, marco):
    claim = till.due(amount="89.90")
    opener, approver = staff(mara), staff(marco)
    opened = opener.post(at("batches-open"), {"incident": till.incident.code}, follow=True)
    assert "A second manager must approve this" in words(opened)
    assert opener.post(at("batch-step", 1, "approve"), {"total": "89.90"}).status_code == 403
    assert approver.post(at("batch-step", 1, "approve"), {"total": "1.00"}).status_code == 409
    assert 'name="total" value="89.90"' in approver.get(at("batch", 1)).content.decode()
    assert approver.post(at("batch-step", 1, "approve"), {"total": "89.90"}).status_code == 302
    page = words(opener.get(at("batch", 1)))
    assert claim.iban_hint in page
    assert iban_of(1) not in page
    assert "It was given to the bank" not in page
    file = b"".join(opener.get(at("batch-file", 1)).streaming_content)
    assert file == path_of(Batch.objects.get()).read_bytes()
    assert opener.post(at("batch-step", 1, "hand-over")).status_code == 302
    answer = camt(Batch.objects.get())
    for said in ("1 paid", "already read on {at:%d.%m.%Y %H:%M}"):
        upload = {"file": make.upload("statement.xml", answer)}
        page = words(opener.post(at("statement-read"), upload, follow=True))
        assert said.format(at=Statement.objects.get().at.astimezone(ROME)) in page
    assert Claim.objects.get(pk=claim.pk).status == "paid"


def test_cancelling_once_the_file_was_taken_out_takes_two(staff, till, mara, marco):
    till.due()
    till.sent()
    assert staff(mara).post(at("batch-step", 1, "cancel"), {"reason": ""}).status_code == 422
    assert staff(mara).post(at("batch-step", 1, "cancel"), {"reason": "Lost"}).status_code == 302
    assert "you asked for it yourself" in words(staff(mara).get(at("batch", 1)))
    assert staff(mara).post(at("batch-step", 1, "nothing")).status_code == 404
    staff(marco).post(at("batch-step", 1, "keep"))
    staff(mara).post(at("batch-step", 1, "cancel"), {"reason": "Lost"})
    staff(marco).post(at("batch-step", 1, "cancel"))
    assert Batch.objects.get().state == "cancelled"


def test_the_page_of_a_batch_asks_as_often_for_six_payments_as_for_two(
    staff, till, mara, django_assert_max_num_queries
):
    browser, counts = staff(mara), []
    for payments in (2, 6):
        for _ in range(payments):
            till.due()
        number = till.batch().number
        browser.get(at("batch", number))
        with django_assert_max_num_queries(60) as caught:
            browser.get(at("batch", number))
        counts.append(len(caught))
    assert counts[0] == counts[1]
