"""My payments: what is owed to the accounts of who signed in, in plain words, and where they say it is to go."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import bank_files, mails, reminders, shared_accounts
from claims.models import AccountDetails, Customer, Notice
from claims.rules.errors import Refused
from tests.payouts.accounts import Roster, reader
from tests.payouts.conftest import iban_of
from tests.payouts.test_account_details import later
from tests.payouts.test_api import post
from tests.payouts.test_settling import camt


@pytest.fixture
def roster(db, rita, mara, marco):
    return Roster(rita, mara, marco)


def address(account):
    return f"/payments/{account.pk}/"


def test_whose_account_it_is_not_sees_nothing_and_gets_404(roster, page, client, text_of, anna):
    account = roster.account()
    form = {"iban": iban_of(1), "holder": "X"}
    for person in (
        anna,
        reader("stranger@example.net"),
        reader("p1@example.net"),
        reader("p0@example.net", confirmed=False),
    ):
        browser = page(person)
        assert account.login not in text_of(browser.get("/payments/"))
        unknown = browser.get("/payments/987654321/")
        for answer in (browser.get(address(account)), browser.post(address(account), form)):
            assert answer.status_code == 404
        assert unknown.status_code == browser.get(f"/payments/{2**70}/").status_code == 404
    assert "You have not confirmed your e-mail address yet" in text_of(browser.get("/payments/"))
    client.logout()
    assert client.post(address(account), form).url.startswith("/accounts/login/")
    assert not AccountDetails.objects.exists()


def test_it_says_what_is_owed_by_what_and_how_far_it_is(roster, page, text_of):
    browser = page(reader("p0@example.net"))
    text = text_of(browser.get("/payments/"))
    assert "24.00 €" in text
    assert "4 days × 6.00 € = 24.00 €" in text
    assert "We pay it as soon as you say where." in text
    assert f"R{roster.payout().pk}" in text
    for values, words in (
        ({"iban": "IT60X0542811101000000123457"}, "This IBAN is not right"),
        ({"iban": ""}, "Write the IBAN"),
        ({"iban": "US12345678901234567"}, "We can pay only into accounts of the euro payments area"),
    ):
        answer = browser.post(address(roster.account()), {"holder": "Vera", **values})
        assert answer.status_code == 422
        assert words in text_of(answer)
    answer = browser.post(address(roster.account()), {"iban": iban_of(3), "holder": "Vera"}, follow=True)
    assert "We pay into the account IT** " in text_of(answer)
    batch = roster.approved()
    assert "We are preparing the payment" in text_of(browser.get("/payments/"))
    assert browser.post(address(roster.account()), {"iban": iban_of(4), "holder": "V"}).status_code == 409
    bank_files.opened(batch.number, by=roster.mara)[1].close()
    bank_files.handed_over(batch.number, by=roster.mara)
    assert "It is on its way" in text_of(browser.get("/payments/"))
    transfer = batch.transfers.get()
    roster.read(camt(batch, returned={transfer.end_to_end_id: "AC04"}))
    text = text_of(browser.get("/payments/"))
    assert "The bank says that the account is closed. Nothing is lost" in text
    browser.post(address(roster.account()), {"iban": iban_of(5), "holder": "Vera"})
    assert "for your safety nothing is paid before" in text_of(browser.get("/payments/"))


def test_one_iban_for_several_accounts_of_one_person(roster, page, text_of):
    Customer.objects.filter(login__in=["p1@libero.example", "p2@libero.example"]).update(contact="P0@Example.net")
    Notice.objects.update(address="p0@example.net")
    browser = page(reader("p0@example.net"))
    one, two, three = (roster.account(number) for number in range(3))
    assert text_of(browser.get(address(one))).count("@libero.example") == 3
    others = {"iban": iban_of(1), "holder": "Vera", "also": [str(two.pk), "987654321"]}
    assert browser.post(address(one), others).status_code == 422
    assert browser.post(address(one), {**others, "also": [str(two.pk)]}).status_code == 302
    assert set(AccountDetails.objects.values_list("customer", flat=True)) == {one.pk, two.pk}
    assert "also" not in browser.get(address(two)).context["form"].fields
    assert three.login in text_of(browser.get("/payments/"))


def test_the_page_asks_as_much_for_thirty_accounts_as_for_three(page, rita, mara, marco):
    roster, costs = Roster(rita, mara, marco, size=30), []
    browser = page(reader("all@example.net"))
    for size in (3, 30):
        ids = Customer.objects.order_by("pk").values_list("pk", flat=True)[:size]
        Customer.objects.filter(pk__in=list(ids)).update(contact="all@example.net")
        browser.get("/payments/")
        with CaptureQueriesContext(connection) as queries:
            assert len(browser.get("/payments/").context["accounts"]) == size
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 16
    assert roster.payout()


def test_the_notice_of_a_run_leads_to_the_page_and_says_what_to_do(roster):
    def body():
        return mails.render(with_language(Notice.objects.get(address="p0@example.net"))).body

    assert "sign in with the address p0@example.net, or sign up with it" in body()
    assert "/payments/" in body()
    roster.give()
    assert "You need to do nothing: we pay into the account IT**" in body()


def test_those_without_details_are_reminded_once_in_a_while(roster, mara, marco, anna):
    roster.give()
    with pytest.raises(Refused, match="wrong_role"):
        reminders.remind(roster.run.pk, by=anna)
    with pytest.raises(Refused, match="reminded_lately"):
        reminders.remind(roster.run.pk, by=mara)
    assert reminders.remind_chunk() is None
    with later(24 * 15):
        reminders.remind(roster.run.pk, by=mara)
        told = []
        while (count := reminders.remind_chunk(size=2)) is not None:
            told.append(count)
        assert told == [1, 1]
        found = Notice.objects.filter(kind="account_details_needed").order_by("address")
        assert [each.address for each in found] == ["p1@example.net", "p2@example.net"]
        assert "24.00 € wait for you" in mails.render(with_language(found[0])).body
        with pytest.raises(Refused, match="reminded_lately"):
            reminders.remind(roster.run.pk, by=marco)
    with later(24 * 30):
        reminders.remind(roster.run.pk, by=marco)
        assert reminders.remind_chunk() == 2
    assert not mail.outbox


def with_language(notice, language="en"):
    notice.language = language
    return notice


def test_managers_see_who_waits_and_what_several_name(roster, client, mara, marco):
    client.force_login(mara)
    client.cookies["language"] = "en"
    run, batch_at = f"/admin/mass-runs/{roster.run.pk}/", "/admin/batches/{}/{}"
    assert "3 payments of" in client.get(run).content.decode()
    assert "Ask 3 people where to pay" in client.get(f"{run}remind/").content.decode()
    assert client.post(f"{run}remind/").status_code == 409
    for number in range(2):
        roster.give(number, iban=iban_of(7))
    batch = roster.batch()
    roster.give(2, iban=iban_of(7))
    client.force_login(marco)
    client.cookies["language"] = "en"
    shown = client.get(batch_at.format(batch.number, "")).content.decode()
    assert "Several name these bank accounts" in shown
    assert client.post(batch_at.format(batch.number, "approve/"), {"total": "48.00"}).status_code == 409
    index = AccountDetails.objects.first().iban_index
    assert client.post(batch_at.format(batch.number, "exclude/"), {"account": index}).status_code == 302
    assert list(batch.transfers.values_list("state", flat=True)) == ["withdrawn", "withdrawn"]


def test_programs_see_and_exclude_them_too(roster, api, mara, marco):
    for number in range(3):
        roster.give(number, iban=iban_of(7))
    index = AccountDetails.objects.first().iban_index
    shared_accounts.clear_account(index, by=mara, reason="Asked by telephone")
    batch = roster.batch()
    (row,) = api(marco).get(f"/api/v1/batches/{batch.number}/shared-accounts/").json()["results"]
    assert (row["account"], row["names"], row["payments"], row["amount"]) == (index, 3, 3, "72.00")
    refused = post(api, marco, f"{batch.number}/approve/", {"total": "72.00"}, key="1")
    assert (refused.status_code, refused.json()["code"]) == (409, "shared_accounts")
    body = {"total": "72.00", "shared_reason": "Three brothers"}
    assert post(api, marco, f"{batch.number}/approve/", body, key="2").status_code == 200
    late = post(api, marco, f"{batch.number}/exclude-account/", {"account": index})
    assert late.status_code == 409
