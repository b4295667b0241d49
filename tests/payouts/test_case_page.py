"""What a claimant reads of the payment on the page of the case."""

import re

import pytest
from django.urls import reverse

from claims.models import Claim
from tests.payouts.test_settling import camt


@pytest.fixture
def read(page):
    def text_of(claim):
        answer = page(claim.claimant).get(reverse("claim", args=[claim.reference]))
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).replace("\xa0", " ")

    return text_of


def test_nothing_is_said_of_a_payment_before_it_left(till, read):
    claim = till.due()
    assert "Your payment" not in read(claim).replace("Your payment is being prepared", "")


def test_what_is_on_its_way_what_arrived_and_what_came_back(till, read):
    paid, back = till.due(amount="10.00"), till.due(amount="20.00")
    batch = till.sent()
    assert f"on their way to your account {paid.iban_hint}" in read(paid)
    till.read(camt(batch, returned={till.transfer(back).end_to_end_id: "AC04"}))
    assert f"into your account {paid.iban_hint}" in read(paid)
    said = read(Claim.objects.get(pk=back.pk))
    assert f"to your account {back.iban_hint} came back" in said
    assert "the account is closed" in said
    assert "Give bank details" in said
    assert paid.iban_hint not in said
