"""The papers of the demo that do not fit show the sign that they are made for."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from claims.actions import attachments, intake
from claims.reports.alike import matches_of
from claims.reports.outage_fit import fit_of
from config.demo import signs
from evidence import comparing, reading, scanning
from evidence.uploading import StreamedUpload
from tests import make

FACTS = {
    "name": "Anna", "login": "anna@libero.example", "trade": "Grafica", "client": "Edil Nord", "city": "Bari",
    "amount": Decimal("90.00"), "item": "Commessa persa", "moment": datetime(2023, 1, 24, 9, tzinfo=UTC),
    "number": 1234,
}  # fmt: skip


@pytest.fixture
def handed_in(incident):
    def go(person, sign, login):
        claim = make.draft(person, incident, login=login)
        name, content, kind = signs.draw(sign, {**FACTS, "login": login})
        upload = StreamedUpload.of(name, [content])
        attachments.attach(claim.reference, upload, by=person, kind=kind)
        upload.close()
        scanning.scan_batch()
        reading.read_batch()
        comparing.print_batch()
        return intake.submit_claim(claim.reference, by=person, declaration=True)

    return go


@pytest.mark.parametrize(
    ("sign", "code"),
    [
        ("before", "no_overlap"),
        ("after", "after_restoration"),
        ("edited", "edited_after"),
        ("other", "other_account"),
        ("twin", None),
    ],
)
def test_each_paper_shows_its_sign(anna, handed_in, sign, code):
    claim = handed_in(anna, sign, "anna@libero.example")
    assert [flag.code for flag in fit_of(claim).flags] == ([code] if code else [])


def test_two_claimants_hand_in_nearly_the_same_picture(anna, bruno, handed_in):
    claim = handed_in(anna, "twin", "anna@libero.example")
    other = handed_in(bruno, "altered", "bruno@virgilio.example")
    (match,) = matches_of(claim)
    assert (match.claim, match.why) == (other.pk, "near_image")
