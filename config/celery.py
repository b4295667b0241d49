"""Celery and its whole beat schedule. Tasks carry no data: the rows in PostgreSQL are the queues."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("ristoro")
app.conf.update(settings.CELERY)
app.autodiscover_tasks()


def every(seconds):
    """A beat entry; a turn nobody took before the next one is due is dropped, not piled up."""
    return {"schedule": float(seconds), "options": {"expires": float(seconds)}}


app.conf.beat_schedule = {
    "deliver notices": {"task": "claims.tasks.deliver_notices", **every(2)},
    "read bounces": {"task": "claims.tasks.read_bounces", **every(60)},
    "scan documents": {"task": "evidence.tasks.scan_documents", **every(2)},
    "scan documents again": {"task": "evidence.tasks.rescan_documents", **every(600)},
    "hear verdicts": {"task": "claims.tasks.hear_verdicts", **every(2)},
    "tell of failed documents": {"task": "claims.tasks.tell_of_failed_documents", **every(60)},
    "read documents": {"task": "evidence.tasks.read_documents", **every(2)},
    "take fingerprints": {"task": "evidence.tasks.take_fingerprints", **every(5)},
    "compare stories": {"task": "claims.tasks.print_stories", **every(30)},
    "check signatures": {"task": "evidence.tasks.check_signatures", **every(10)},
    "render pages": {"task": "evidence.tasks.render_pages", **every(2)},
    "bind bundles": {"task": "claims.tasks.bind_bundles", **every(2)},
    "write bank files": {"task": "claims.tasks.write_bank_files", **every(60)},
    "count mass runs": {"task": "claims.tasks.count_mass_runs", **every(2)},
    "walk mass runs": {"task": "claims.tasks.walk_mass_runs", **every(2)},
    "count terms": {"task": "claims.tasks.count_terms", **every(2)},
    "print letters": {"task": "claims.tasks.print_letters", **every(2)},
    "build exports": {"task": "claims.tasks.build_exports", **every(2)},
    "expire drafts": {"task": "claims.tasks.expire_drafts", **every(3600)},
    "end holds": {"task": "claims.tasks.end_holds", **every(600)},
    "pass windows": {"task": "claims.tasks.pass_windows", **every(600)},
    "watch deadlines": {"task": "claims.tasks.watch_deadlines", **every(1800)},
    "expire questions": {"task": "claims.tasks.expire_questions", **every(900)},
    "remind of questions": {"task": "claims.tasks.remind_of_questions", **every(3600)},
    "seal journal": {"task": "claims.tasks.seal_journal", **every(3600)},
    "measure pace": {"task": "claims.tasks.measure_pace", **every(1800)},
    "end retention": {"task": "claims.tasks.end_retention", **every(3600)},
    "delete files": {"task": "evidence.tasks.delete_files", **every(60)},
    "move originals": {"task": "evidence.tasks.move_originals", **every(5)},
    "sweep uploads": {"task": "evidence.tasks.sweep", **every(900)},
    "forget idempotency keys": {"task": "claims.tasks.forget_idempotency_keys", **every(3600)},
}
