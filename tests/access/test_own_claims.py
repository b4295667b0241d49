"""What somebody of the staff does not find out about a claim of their own, and what the security log says."""

import logging

import pytest

from evidence.models import Reading
from tests import make

pytestmark = pytest.mark.django_db


def test_look_ups_tell_nobody_who_works_on_their_own_claim(world):
    mine, other = world.claims["self", "awaiting"], world.claims["owner", "awaiting"]
    for claim in (mine, other):
        document = claim.attachments.get().document
        document.name = f"of-{claim.reference}.pdf"
        document.save()
        Reading.objects.create(document=document, reader=world.people["assigned"], how="download", why="x")
    for who, told in (("self", False), ("supervisor", True)):
        page = world.browser(who)
        readings = page.get("/admin/evidence/reading/").content.decode()
        assert (f"of-{mine.reference}" in readings, f"of-{other.reference}" in readings) == (told, True)
        entries = page.get(f"/admin/claims/journalentry/?q=claim:{mine.pk}").content.decode()
        assert (f"claim:{mine.pk}</" in entries) is told


def test_nobody_writes_lines_of_their_own_into_the_security_log(page, caplog):
    with caplog.at_level(logging.WARNING, "ristoro.refused"):
        answer = page(make.person("nosy", "claimant")).get("/admin/cases/x%0A403 refused, person 1/")
    lines = [record.getMessage() for record in caplog.records if record.name == "ristoro.refused"]
    assert answer.status_code == 403
    assert len(lines) == 1
    assert "\n" not in lines[0]
    assert lines[0].startswith(r"403 refused: GET /admin/cases/x\n403")
