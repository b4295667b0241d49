"""What the case page shows of the thread with the claimant and of the notes of the staff."""

from claims.actions import messages, uploads
from claims.reports.excerpts import newest_messages
from claims.reports.thread import notes_of, thread_of
from claims.rules import permissions
from claims.rules.talking import MOST_DOCUMENTS, TAKING_DOCUMENTS, TALKING
from evidence.reasons import MEGABYTE, max_bytes


def talk_of(request, claim):
    """Thread and notes; what is shown counts as read, as far as it is for the person who asks."""
    person, chosen = request.user, request.POST.getlist("upload")
    lines = thread_of(claim, for_staff=True)
    shown = newest_messages(lines, from_staff=False, whole="all" in request.GET)
    if request.method == "GET":
        messages.mark_read(claim, by=person, seen=shown.rows)
        messages.mark_mentions_seen(claim, by=person)
    may = bool(permissions.may_take(person, claim))
    return {
        "thread": shown.rows,
        "whole_thread": shown,
        "notes": notes_of(claim),
        "may_write": may and claim.state in TALKING,
        "may_send_documents": claim.state in TAKING_DOCUMENTS,
        "may_note": may,
        "most_documents": MOST_DOCUMENTS,
        "most_megabytes": max_bytes() // MEGABYTE,
        "max_bytes": max_bytes(),
        "waiting": uploads.waiting_for(claim, chosen, by=person) if chosen else (),
    }
