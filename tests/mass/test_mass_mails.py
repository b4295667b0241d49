"""A form filled in is the ordinary mail, byte for byte; what does not fit a form goes without one."""

import re
from email import message_from_bytes, policy

import pytest

from claims.actions import mails, mass_mails
from claims.models import Notice
from tests import make
from tests.mass.test_mass_runs import approved, walk

PAID = {"fee": "1234.56", "paid_from": "2023-01-25", "paid_to": "2024-01-25"}
ACCOUNTS = [
    {"login": "c@libero.example", "contact": "c@example.net", "language": "it", **PAID},
    {"login": "d@libero.example", "contact": "d@example.net", "language": "en", **PAID},
    {"login": "o'neil+<b>&@libero.example", "contact": "o'neil@example.net", "language": "en", **PAID},
    {"login": "josé@libero.example", "contact": "plain@example.net", "language": "it", **(PAID | {"fee": "12.00"})},
    {"login": "f@libero.example", "contact": "f@example.net", "language": "it", **(PAID | {"paid_from": "2022-09-01"})},
]


@pytest.fixture
def told(db, mara, marco):
    """The notices of an indemnity, capped for some, and of a refund to ACCOUNTS."""
    outage = make.incident()
    for account in ACCOUNTS:
        make.customer(outage, **account)
    for remedy in ("indemnity", "refund"):
        walk(approved(outage, mara, marco, remedy))
    return list(Notice.objects.select_related("payout__incident", "payout__customer").order_by("id"))


def without_chance(message):
    """The bytes of a message without its date and the line between its parts."""
    raw = message.raw if isinstance(message, mass_mails.FilledIn) else message.message().as_bytes(linesep="\r\n")
    between = re.search(rb'boundary="(.+?)"', raw)[1]
    return re.sub(rb"\r\nDate: .+?\r\n", b"\r\n", raw.replace(between, b"-"))


def test_a_form_filled_in_is_the_ordinary_mail(told):
    assert len(told) == 2 * len(ACCOUNTS)
    mass_mails.FORMS.clear()
    for at, notice in enumerate(told):
        mails.prepare([notice])
        notice.hint = "IT** **** 1234" if at % 2 else ""
        quick, ordinary = mass_mails.render(notice), mails.render(notice)
        assert isinstance(quick, mass_mails.FilledIn)
        assert without_chance(quick) == without_chance(ordinary)
        assert without_chance(quick.written_out()) == without_chance(ordinary)
        parsed = message_from_bytes(quick.raw, policy=policy.default)
        assert (parsed["To"], parsed["Message-ID"]) == (notice.address, notice.message_id)
        assert parsed["Feedback-ID"] == f"run{notice.payout.run_id}:{notice.kind}:notice:ristoro"
        assert notice.payout.customer.login in parsed.get_body(["plain"]).get_content()
        assert ("1234" in parsed.get_body(["plain"]).get_content()) == bool(notice.hint)
    assert len(mass_mails.FORMS) < len(told)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("login", "c\ue100@libero.example"),
        ("login", "c\r\nBcc: x@example.org@libero.example"),
        ("address", "x@example.net\r\nBcc: y@example.org"),
        ("address", "josé@example.net"),
        ("title", "Mail \ue300 outage"),
        ("title", "Mail " * 300),
    ],
)
def test_what_does_not_fit_a_form_is_written_the_ordinary_way(told, where, value):
    mass_mails.FORMS.clear()
    notice = told[0]
    if where == "login":
        notice.payout.customer.login = value
    elif where == "title":
        notice.payout.incident.title_it = notice.payout.incident.title_en = value
    else:
        notice.address = value
    assert not isinstance(mass_mails.render(notice), mass_mails.FilledIn)
