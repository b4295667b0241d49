"""The referee finds every way in which a deletion could lie."""

from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import connection, transaction
from django.utils import timezone

from claims.actions import legal_holds, retention
from claims.reports import referee
from evidence import blobs
from evidence.models import Content, DeletedFile
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def broken(**options):
    verdicts = {verdict.law: verdict for verdict in referee.judge(**options)}
    return "; ".join(verdicts["L17"].examples)


def plant(sql, *params):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params)
        assert cursor.rowcount > 0


@pytest.mark.parametrize("fast", [True, False])
def test_a_deletion_with_its_proof_is_sound(withdrawn, a_year_later, fast):
    withdrawn()
    a_year_later()
    assert broken(fast=fast) == ""


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DELETE FROM evidence_deletedfile", "no deletion names it"),
        ("UPDATE evidence_document SET state = 'clean', deleted_at = NULL", "names it, but it is there"),
        ("UPDATE evidence_deletedfile SET size = 1", "another hash than it had"),
        (
            "UPDATE evidence_deletedfile SET outcome = 'waiting', absent_at = NULL",
            "finished, but files wait",
        ),
        ("UPDATE evidence_deletion SET finished_at = NULL", "but it is not finished"),
        ("UPDATE claims_journalentry SET action = 'edit' WHERE action = 'delete evidence'", "does not say so"),
        ("UPDATE claims_legalhold SET lifted_at = NULL, lifted_by_id = NULL", "was under a legal hold"),
    ],
)
def test_l17_what_a_row_hides_is_found(withdrawn, a_year_later, sara, sql, says):
    claim = withdrawn()
    legal_holds.place(claim.reference, by=sara, reason="Inspection")
    legal_holds.lift(claim.reference, by=sara, reason="Over")
    a_year_later()
    plant(sql)
    assert says in broken()


def test_what_was_taken_out_and_outlived_its_claim_is_found(withdrawn, a_year_later):
    withdrawn(out=b"dropped")
    a_year_later()
    assert broken() == ""
    plant(
        "UPDATE evidence_document SET state = 'clean', deleted_at = NULL WHERE sha256 = %s",
        sha256(b"dropped").hexdigest(),
    )
    assert "and outlived its documents" in broken()


def test_bytes_that_came_back_and_text_that_stayed_are_found(withdrawn, a_year_later):
    claim = withdrawn()
    a_year_later()
    digest = DeletedFile.objects.get().sha256
    Content.objects.create(sha256=digest, media_type="application/pdf")
    assert "what was read from it is still there" in broken()
    blobs.write(blobs.path(digest), make.PDF)
    assert "its bytes are there" in broken(fast=True)
    assert claim.attachments.exists()


def test_a_removal_that_nobody_does_is_found(withdrawn):
    withdrawn()
    retention.end_retention(now=timezone.now() + timedelta(days=366))
    assert broken() == ""
    plant("UPDATE evidence_deletion SET ordered_at = now() - interval '25 hours'")
    assert "waits for its removal" in broken()
