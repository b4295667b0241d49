"""A thousand small documents judged and read by two workers, against the same library calls in one process."""

import resource
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.demo import papers
from evidence import blobs
from evidence.models import Content, Document
from tests import make
from tests.bench.results import at_least, informs
from tests.evidence import files
from tests.servers import ROOT

DOCUMENTS, WORKERS = 1_000, 2
EACH = 8  # documents that one claimant sends
LEAST = 0.8
INVOICE = (
    "Cliente: Anna Verdi, Torino",
    "Descrizione: lavori di grafica per il mese di gennaio",
    "Imponibile: EUR 250,00 - IVA 22 %: EUR 55,00",
    "Totale: EUR 305,00",
    "Pagamento con bonifico bancario a vista entro trenta giorni.",
)
WORKER = """
import django, sys
django.setup()
from django.conf import settings
settings.EVIDENCE_ROOT = sys.argv[1]
from evidence.bench import warm
from evidence.reading import read_batch
from evidence.scanning import scan_batch
from evidence.texts import warm as reader
with warm:
    reader.start()
    print("ready", flush=True)
    sys.stdin.readline()
    while scan_batch() or read_batch():
        pass
"""
# What libraries do with each file: the rules, the preview, the text.
PURE = """
import sys, time
from evidence.bench.rules import frames
from evidence.texts.kinds import read
orders = [line.split() for line in sys.stdin]
started = time.perf_counter()
for path, media_type in orders:
    for _frame in frames(path, media_type, 26214400):
        pass
    for _line in read(path, {"media_type": media_type, "ocr": None}):
        pass
print(time.perf_counter() - started)
"""


def small_documents():
    """(name, media type, bytes): what claimants send most, each a little different from the last."""
    for number in range(DOCUMENTS // 4):
        yield f"{number}.pdf", "application/pdf", papers.pdf(f"Fattura n. {number}", INVOICE)
        yield f"{number}.jpg", "image/jpeg", files.picture(size=(640, 480))
        yield f"{number}.txt", "text/plain", b"The mail of %d never arrived." % number
        yield f"{number}.eml", "message/rfc822", files.MAIL + b"%d" % number


def measure():
    with tempfile.TemporaryDirectory() as folder:
        settings.EVIDENCE_ROOT = Path(folder) / "evidence"
        people = [make.person(f"claimant{number}", "claimant") for number in range(DOCUMENTS // EACH)]
        Document.objects.bulk_create(
            written(people[number // EACH], *each) for number, each in enumerate(small_documents())
        )
        # Before and after: on a machine that is not quiet one of them alone would favour somebody.
        pure, used = library_calls(), processor_time()
        ours = two_workers()
        used = processor_time() - used
        before = processor_time()
        pure, pure_used = (pure + library_calls()) / 2, processor_time() - before
        judged = Document.objects.clean().count()
        read = Content.objects.filter(state__in=["read", "skipped"]).count()
    if (judged, read) != (DOCUMENTS, DOCUMENTS):
        raise RuntimeError(f"of {DOCUMENTS} documents {judged} were judged and {read} read")
    at_least(
        f"judge and read {DOCUMENTS:,} small documents, {WORKERS} workers",
        ours=DOCUMENTS / ours,
        base=DOCUMENTS / pure,
        unit="documents/s",
        target=LEAST,
        base_name="by the libraries alone, one after the other",
    )
    informs(
        "  processor time of the workers, their start included",
        ours=f"{used / DOCUMENTS * 1000:.1f} ms a document",
        base=f"{pure_used / DOCUMENTS * 1000:.1f} ms of the libraries",
        ratio=f"{pure_used / used:.2f}",
    )


def processor_time():
    """Of processes that ended and were waited for, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def written(owner, name, media_type, content):
    """A document that waits; its bytes are only written, not made durable, which is not what is measured here."""
    digest = sha256(content).hexdigest()
    blobs.folder(blobs.path(digest).parent)
    blobs.path(digest).write_bytes(content)
    return Document(owner=owner, name=name, media_type=media_type, sha256=digest, size=len(content))


def library_calls():
    orders = "".join(f"{blobs.path(each.sha256)} {each.media_type}\n" for each in Document.objects.all())
    done = subprocess.run(
        [sys.executable, "-c", PURE], cwd=ROOT, input=orders, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def two_workers():
    """Seconds from the moment both are ready until nothing is pending or unread."""
    connection.close()
    command = [sys.executable, "-c", WORKER, str(settings.EVIDENCE_ROOT)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(WORKERS)]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    started = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        assert worker.wait() == 0
    return time.perf_counter() - started
