"""The cranks of this floor: they carry no data and call an action that takes a batch."""

from time import monotonic

from celery import shared_task

from claims.actions import (
    bank_files,
    bundles,
    deadlines,
    endings,
    exports,
    heard,
    holds,
    idempotency,
    intake,
    letters,
    mass_counting,
    mass_notices,
    mass_runs,
    notices,
    outbox,
    pace,
    questions,
    reminders,
    retention,
    returned_mail,
    seals,
    stories,
    terms_previews,
)

TURN = 20  # seconds


@shared_task(name="claims.tasks.deliver_notices")
def deliver_notices():
    notices.deliver_for(TURN)


@shared_task(name="claims.tasks.read_bounces")
def read_bounces():
    returned_mail.read_all()


@shared_task(name="claims.tasks.hear_verdicts")
def hear_verdicts():
    until = monotonic() + TURN
    while heard.hear_batch() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.tell_of_failed_documents")
def tell_of_failed_documents():
    until = monotonic() + TURN
    while heard.tell_batch() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.print_letters")
def print_letters():
    until, after = monotonic() + TURN, 0
    while after is not None and monotonic() < until:
        after = letters.print_batch(after)


@shared_task(name="claims.tasks.build_exports")
def build_exports():
    until = monotonic() + TURN
    while exports.build_batch() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.write_bank_files")
def write_bank_files():
    bank_files.write_left_behind()


@shared_task(name="claims.tasks.bind_bundles")
def bind_bundles():
    until = monotonic() + TURN
    while bundles.bind_batch() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.expire_drafts")
def expire_drafts():
    until = monotonic() + TURN
    while intake.expire_drafts() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.expire_questions")
def expire_questions():
    until = monotonic() + TURN
    while questions.expire_batch() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.remind_of_questions")
def remind_of_questions():
    until = monotonic() + TURN
    while questions.remind_batch() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.forget_idempotency_keys")
def forget_idempotency_keys():
    idempotency.forget_old()
    outbox.forget_minutes()


@shared_task(name="claims.tasks.end_holds")
def end_holds():
    until = monotonic() + TURN
    while holds.end_holds() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.pass_windows")
def pass_windows():
    until = monotonic() + TURN
    while endings.pass_windows() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.watch_deadlines")
def watch_deadlines():
    until = monotonic() + TURN
    while (deadlines.record_breaches() or deadlines.remind()) and monotonic() < until:
        pass
    deadlines.escalate()


@shared_task(name="claims.tasks.seal_journal")
def seal_journal():
    until = monotonic() + TURN
    while seals.seal_next() and monotonic() < until:
        pass
    seals.carry_out()


@shared_task(name="claims.tasks.end_retention")
def end_retention():
    until = monotonic() + TURN
    while retention.end_retention() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.measure_pace")
def measure_pace():
    pace.measure()


@shared_task(name="claims.tasks.print_stories")
def print_stories():
    until = monotonic() + TURN
    while stories.print_batch() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.count_mass_runs")
def count_mass_runs():
    until = monotonic() + TURN
    while mass_counting.count_next() and monotonic() < until:
        pass


@shared_task(name="claims.tasks.walk_mass_runs")
def walk_mass_runs():
    until = monotonic() + TURN
    while (
        mass_runs.grant_next() or mass_notices.release_batch() is not None or reminders.remind_chunk() is not None
    ) and monotonic() < until:
        pass


@shared_task(name="claims.tasks.count_terms")
def count_terms():
    until = monotonic() + TURN
    while terms_previews.count_part() and monotonic() < until:
        pass
