"""Letters of decisions: written with the decision, printed afterwards by a worker."""

import logging
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override
from typst import TypstError

from claims.actions import journal
from claims.actions.letter_content import content_of
from claims.letters import page
from claims.models import Letter, LetterText
from claims.models.notice import new_code
from claims.rules.letters import language_of
from evidence.errors import FileRefused
from evidence.making import keep_made

log = logging.getLogger(__name__)

LOCKS = 0x4C455454  # our corner of PostgreSQL's advisory locks
BATCH = 20


def write(decision):
    """The Letter of a decision that takes effect in this transaction; what it says is settled here."""
    language = language_of(decision.claim.claimant.language)
    text = LetterText.objects.newest(decision.outcome, language)
    code = new_code()
    return Letter.objects.create(
        decision=decision,
        text=text,
        language=language,
        code=code,
        content=content_of(decision, text, code=code),
        written_at=decision.effective_at,
    )


def print_batch(after=0, *, size=BATCH):
    """Prints the next letters that wait, from id `after` on; the last id looked at, None if there are no more.

    1. take a lock that ends with the connection, so that no other worker prints the same one; 2. make the PDF with no
    transaction open; 3. keep it and link it. Killed in between, the letter simply waits on. One that cannot be
    printed does not hold up the others.
    """
    waiting = list(Letter.objects.to_print().filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:size])
    for letter_id in waiting:
        with alone(letter_id) as mine:
            if mine:
                print_one(letter_id)
    return waiting[-1] if waiting else None


@contextmanager
def alone(letter_id):
    """Whether this connection is the only one that prints the letter."""
    key = [LOCKS, letter_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def print_one(letter_id):
    letter = Letter.objects.to_print().filter(pk=letter_id).first()
    if letter is None:
        return
    try:
        keep(letter.pk, page.pdf(letter.content))
    except (TypstError, FileRefused, OSError) as error:
        log.error("letter %s was not printed: %s", letter.pk, type(error).__name__)


@transaction.atomic
def keep(letter_id, data):
    """Stores the PDF as a document of the case, once."""
    rows = Letter.objects.to_print().select_related("decision__claim", "decision__decider")
    letter = rows.select_for_update(of=("self",)).filter(pk=letter_id).first()
    if letter is None:
        return
    letter.document = keep_made(data, name=name_of(letter), media_type="application/pdf", by=letter.decision.decider)
    letter.save(update_fields=["document"])
    facts = {"decision": letter.decision_id, "document": str(letter.document_id), "sha256": letter.document.sha256}
    journal.record(f"letter:{letter.pk}", "print", by=None, facts=facts, first=True)


def name_of(letter):
    with override(letter.language):
        decision = letter.decision
        name = _("final-decision") if decision.is_final else _("decision")
        return f"{name}-{decision.claim.reference}.pdf"
