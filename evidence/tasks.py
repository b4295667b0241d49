"""The cranks of this floor: they carry no data and call a function that takes a batch."""

from time import monotonic

from celery import shared_task

from evidence import comparing, deleting, leaves, moving, reading, rescanning, scanning, signatures, sweeping

TURN = 20  # seconds


@shared_task(name="evidence.tasks.scan_documents")
def scan_documents():
    until = monotonic() + TURN
    while scanning.scan_batch() and monotonic() < until:
        pass


@shared_task(name="evidence.tasks.read_documents")
def read_documents():
    until = monotonic() + TURN
    while reading.read_batch() and monotonic() < until:
        pass


@shared_task(name="evidence.tasks.check_signatures")
def check_signatures():
    until = monotonic() + TURN
    while signatures.check_batch() and monotonic() < until:
        pass


@shared_task(name="evidence.tasks.take_fingerprints")
def take_fingerprints():
    until = monotonic() + TURN
    while comparing.print_batch() and monotonic() < until:
        pass


@shared_task(name="evidence.tasks.delete_files")
def delete_files():
    until = monotonic() + TURN
    while deleting.delete_batch() and monotonic() < until:
        pass


@shared_task(name="evidence.tasks.move_originals")
def move_originals():
    until = monotonic() + TURN
    while moving.move_batch() and monotonic() < until:
        pass


@shared_task(name="evidence.tasks.sweep")
def sweep():
    sweeping.sweep()


@shared_task(name="evidence.tasks.rescan_documents")
def rescan_documents():
    until = monotonic() + TURN
    while rescanning.rescan_batch() and monotonic() < until:
        pass


@shared_task(name="evidence.tasks.render_pages")
def render_pages():
    until = monotonic() + TURN
    while leaves.render_batch() and monotonic() < until:
        pass
