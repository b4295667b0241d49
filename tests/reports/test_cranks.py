"""Beat turns what is there, and everything that is there is turned."""

from datetime import timedelta

import pytest
from django.utils import timezone

from claims import tasks
from claims.models import Claim, Export, IdempotencyKey, Notice
from config.celery import app
from tests import make


def test_every_entry_of_the_schedule_is_a_task():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled <= set(app.tasks)
    assert {name for name in app.tasks if name.startswith("claims.tasks.")} <= scheduled


@pytest.mark.django_db(transaction=True)
def test_a_turn_of_each_crank_does_all_there_is(anna, mara, incident):
    incident.services.update(restored_at=timezone.now())
    make.submitted(anna, incident)
    old = make.draft(anna, incident)
    Claim.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=91))
    for _export in range(3):
        Export.objects.create(requested_by=mara, report="claims", format="csv")
    key = IdempotencyKey.objects.create(person=anna, route="/", key="k", body_sha256="0" * 64)
    IdempotencyKey.objects.filter(pk=key.pk).update(created_at=timezone.now() - timedelta(days=31))
    for crank in (
        tasks.deliver_notices,
        tasks.build_exports,
        tasks.expire_drafts,
        tasks.forget_idempotency_keys,
    ):
        crank()
    assert list(Notice.objects.values_list("state", flat=True)) == ["sent"]
    assert set(Export.objects.values_list("state", "rows")) == {("ready", 1)}
    assert Claim.objects.get(pk=old.pk).status == "expired"
    assert not IdempotencyKey.objects.exists()
