"""Several files in one form: each is taken or refused on its own, and the page says so file by file."""

from dataclasses import dataclass
from math import ceil

from django.utils.translation import gettext_lazy as _

from claims.actions import attachments
from claims.models import Attachment
from claims.reports.inside import arranged, held_by
from claims.rules.errors import Refused
from evidence.reasons import MEGABYTE, max_bytes

NOT_CHOSEN = _("Choose at least one file.")


@dataclass(frozen=True)
class Problem:
    """A file that was not taken, or a row that could not be saved, and why."""

    name: str
    code: str
    message: str


def take_all(request, claim, **more):
    """(attachments taken, problems); `more` is for attach(). Raises Refused for what no single file is to blame for."""
    uploads = request.FILES.getlist("file")
    if too_much := getattr(request, "upload_problem", None):
        return [], [Problem("", too_much.code, too_much.message)]
    if not uploads and request.POST.get("go") != "on":
        return [], [Problem("", "required", NOT_CHOSEN)]
    taken, problems = [], []
    for upload in uploads:
        try:
            taken.append(attachments.attach(claim.reference, upload, by=request.user, **more))
        except Refused as refused:
            if refused.field != "file":
                raise
            problems.append(Problem(upload.name, refused.code, refused.message))
    return taken, problems


def describe_all(request, claim):
    """Saves what was chosen in the rows; returns the problems."""
    named = [
        each for each in claim.attachments.select_related("document") if f"kind-{each.document_id}" in request.POST
    ]
    return [problem for each in named for problem in describe_one(request, claim, each)]


def describe_one(request, claim, attachment):
    """Saves what was chosen in the row of `attachment`, if it is something else than before."""
    kind = request.POST.get(f"kind-{attachment.document_id}", attachment.kind)
    item = request.POST.get(f"item-{attachment.document_id}", attachment.item_id or "")
    if (kind, str(item)) == (attachment.kind, str(attachment.item_id or "")):
        return []
    try:
        item_id = None if item == "" else int(item) if str(item).isascii() and str(item).isdecimal() else 0
        attachments.describe(claim.reference, attachment.document_id, by=request.user, kind=kind, item_id=item_id)
    except Refused as refused:
        if refused.field not in ("kind", "item"):
            raise
        return [Problem(attachment.document.name, refused.code, refused.message)]
    attachment.refresh_from_db()
    return []


def with_inside(claim, attachments):
    """These and what was found inside them: the page learns of it with their verdict."""
    holders = [each.document_id for each in attachments if each.document.parts]
    inner = claim.attachments.select_related("document").filter(document__parent__in=holders) if holders else ()
    return [*attachments, *inner]


def rows(claim, only=None):
    """What the rows need: the documents (or `only` some), the kinds and the losses to choose from."""
    stored = claim.attachments.select_related("document") if only is None else with_inside(claim, only)
    return {
        "attachments": arranged(stored),
        "kinds": Attachment.Kind.choices,
        "items": list(claim.items.all()),
        "editable": True,
        **limits(claim),
    }


def limits(claim):
    """What may still be sent, and what was."""
    terms = claim.terms.rules
    files, size = held_by(claim)
    return {
        "used": {"files": files, "megabytes": ceil(size / MEGABYTE)},
        "most_files": terms.most_files,
        "most_megabytes": terms.most_bytes // MEGABYTE,
        "max_bytes": max_bytes(),
        "max_megabytes": max_bytes() // MEGABYTE,
    }
