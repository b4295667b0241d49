"""What a mass run tells people: once each, in their language, where mail arrives, or as soon as it does."""

import re
from decimal import Decimal

import pytest
from django.core import mail
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.actions import incidents, mass_notices, mass_runs, notices
from claims.models import Customer, MassRun, Notice
from claims.reports.mass_runs import USABLE
from claims.rules.channels import usable_address
from tests import make
from tests.mass.test_mass_runs import approved, walk
from tests.referee import assert_laws_hold

BROKEN = ["affari.example", "libero.example", "virgilio.example"]


def granted_to(incident, mara, marco, remedy="indemnity", **account):
    """The notice to an account of the roster after a run of its own."""
    login = account.pop("login", "c@libero.example")
    make.customer(incident, login, **account)
    walk(approved(incident, mara, marco, remedy))
    return Notice.objects.get(payout__customer__login=login)


@pytest.fixture
def outage(db):
    return make.incident()


@pytest.mark.parametrize(
    ("account", "address"),
    [
        ({"contact": "c@example.net"}, "c@example.net"),
        ({"contact": "c@LIBERO.example", "second_contact": "c@example.net"}, "c@example.net"),
        ({"contact": "", "second_contact": "c@example.net"}, "c@example.net"),
        ({"contact": "c@libero.example", "second_contact": "+39 333 1234567"}, ""),
        ({"contact": "c@virgilio.example", "second_contact": "c@affari.example"}, ""),
        ({"contact": ""}, ""),
        ({"contact": "", "login": "c@elsewhere.example"}, "c@elsewhere.example"),
    ],
)
def test_a_notice_goes_where_mail_arrives_or_waits(outage, mara, marco, account, address):
    notice = granted_to(outage, mara, marco, **account)
    assert (notice.address, notice.state) == (address, "queued" if address else "held")
    assert MassRun.objects.get().held == (not address)
    assert_laws_hold()


ADDRESSES = st.sampled_from(
    ["", "a@libero.example", "a@LIBERO.example", "b@example.net", "c@Virgilio.example", "@", "x"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contact=ADDRESSES, second=ADDRESSES, login=st.sampled_from(["a@libero.example", "a@example.net"]))
def test_the_database_chooses_the_address_that_the_rule_chooses(db, contact, second, login):
    row = {"contact": contact, "second_contact": second, "login": login, "broken": BROKEN}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {USABLE} FROM (SELECT %(contact)s::text AS contact, %(second_contact)s::text AS second_contact,"
            " %(login)s::text AS login) c",
            row,
        )
        (found,) = cursor.fetchone()
    assert found == usable_address((contact, second if "@" in second else "", login), set(BROKEN))


def test_what_waits_leaves_once_its_service_is_restored_and_not_before(outage, mara, marco):
    for number in range(3):
        make.customer(outage, f"p{number}@libero.example", contact=f"p{number}@libero.example")
    make.customer(outage, "f@virgilio.example", service="free")
    walk(approved(outage, mara, marco))
    assert mass_notices.release_batch() is None
    assert Notice.objects.filter(state="held").count() == MassRun.objects.get().held == 4
    incidents.restore(outage.code, "paid", by=mara)
    assert [mass_notices.release_batch(size=2) for _ in range(4)] == [2, 1, 0, None]
    assert MassRun.objects.get().held == 1
    assert dict(Notice.objects.values_list("payout__customer__login", "address")) == {
        **{f"p{number}@libero.example": f"p{number}@libero.example" for number in range(3)},
        "f@virgilio.example": "",
    }
    assert notices.deliver_batch() == 3
    incidents.restore(outage.code, "free", by=mara)
    assert mass_notices.release_batch() == 1
    assert_laws_hold()


def test_of_two_incidents_only_the_restored_ones_notices_leave(outage, mara, marco):
    other = make.incident("other-1")
    for incident in (outage, other):
        make.customer(incident, "c@libero.example")
        walk(approved(incident, mara, marco))
    incidents.restore(other.code, "paid", by=mara)
    while mass_notices.release_batch() is not None:
        pass
    assert set(Notice.objects.filter(state="queued").values_list("payout__incident", flat=True)) == {other.pk}


def test_codes_are_of_our_alphabet_and_never_the_same(outage, mara, marco):
    Customer.objects.bulk_create(
        Customer(incident=outage, service=outage.services.get(code="paid"), login=f"c{n}@libero.example")
        for n in range(2000)
    )
    run = walk(approved(outage, mara, marco), size=mass_runs.CHUNK)
    codes = set(Notice.objects.values_list("code", flat=True))
    assert len(codes) == run.granted == 2000
    assert all(re.fullmatch("[A-HJ-NP-Z2-9]{16}", code) for code in codes)
    for place in range(16):  # every letter in every place: no bit of it is fixed
        assert len({code[place] for code in codes}) == 32


def test_the_mail_says_how_much_why_and_what_to_do(outage, mara, marco, client):
    notice = granted_to(outage, mara, marco, language="en", contact="c@example.net")
    assert notices.deliver_batch() == 1
    (message,) = mail.outbox
    html = message.alternatives[0][0]
    assert message.to == ["c@example.net"]
    assert message.subject == "You get 24.00 € for the days without mail"
    for text in (message.body, html):
        assert "You get an indemnity of 24.00 € for c@libero.example: Mail outage." in text
        assert "down on 4 days that count, at 6.00 € a day" in text
        assert f"/incidents/{outage.code}/" in text
        assert notice.code[:4] in text
        assert "at most" not in text
    client.cookies["language"] = "en"
    page = client.post("/verify/", {"code": notice.code}).content.decode()
    assert "An indemnity was granted to everybody who was affected" in page
    assert "Mail outage" in page
    assert "c@libero.example" not in page
    assert "24.00" not in page


def test_a_capped_indemnity_says_so_and_a_refund_shows_its_period(outage, mara, marco):
    make.later_terms(outage, indemnity={"paid": {"rate": Decimal(6), "cap": Decimal(10), "factor": Decimal(1)}})
    paid = {"fee": "120.00", "paid_from": "2023-01-25", "paid_to": "2024-01-25"}
    make.customer(outage, "c@libero.example", contact="c@example.net", language="en", **paid)
    for remedy in ("indemnity", "refund"):
        walk(approved(outage, mara, marco, remedy))
    notices.deliver_batch()
    indemnity, refund = sorted((message.body for message in mail.outbox), key=lambda body: "back" in body)
    assert "The terms allow at most 10.00 €." in indemnity
    assert "You get 1.00 € back of what you paid for c@libero.example" in refund
    assert "You paid 120.00 € for the time from 25 January 2023 to 25 January 2024." in refund
    assert "down on 2 days of it" in refund


def test_the_mail_speaks_the_language_of_the_account(outage, mara, marco):
    granted_to(outage, mara, marco, language="it", contact="c@example.net")
    notices.deliver_batch()
    assert "Disservizio della posta" in mail.outbox[0].body


def test_a_notice_without_a_recipient_is_shown_and_sent_again(outage, mara, marco, page):
    notice = granted_to(outage, mara, marco, contact="c@example.net")
    browser = page(marco)
    for address in ("/admin/claims/notice/", f"/admin/claims/notice/{notice.pk}/change/", "/admin/claims/notice/?q=c@"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "An indemnity was granted" in answer.content.decode()
    Notice.objects.update(state="failed")
    assert browser.post(f"/admin/notices/{notice.pk}/retry/").status_code == 302
    notice.refresh_from_db()
    assert notice.state == "queued"
