"""Claims that ended long ago, and what became of their documents."""

from datetime import timedelta

import pytest
from django.utils import timezone

from claims.actions import attachments, intake, retention
from claims.models import Attachment
from evidence import blobs, deleting
from tests import make


@pytest.fixture
def withdrawn(anna, incident):
    """withdrawn(content) is a submitted claim that anna took back today, with one document of this content.

    `out` is the content of one that she had taken out before.
    """

    def go(content=make.PDF, claimant=anna, login="anna@libero.example", *, out=None):
        claim = make.draft(claimant, incident, login=login, login_explanation="It is mine")
        make.attachment(claim, content=content)
        if out:  # handed in as well, and taken out again
            dropped = make.attachment(claim, content=out).document_id
            attachments.detach(claim.reference, dropped, by=claimant)
        Attachment.objects.filter(claim=claim).update(heard="clean")
        intake.submit_claim(claim.reference, by=claimant, declaration=True)
        return intake.withdraw(claim.reference, by=claimant)

    return go


@pytest.fixture
def a_year_later():
    """Both cranks turn on a day when claims withdrawn today are past their time; says how many claims ended."""

    def go(days=366):
        ended = retention.end_retention(now=timezone.now() + timedelta(days=days))
        while deleting.delete_batch():
            pass
        return ended

    return go


@pytest.fixture
def bytes_of():
    return lambda claim: blobs.path(claim.attachments.get().document.sha256)
