"""What a bundle says: frozen when it is asked for, so that the same documents are always the same PDF."""

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from claims.models.claim import Attachment
from claims.reports.dossier import hashes_of, lines_of
from claims.rules.outage import ROME
from evidence import blobs
from evidence.leaves import SHOWN
from evidence.models import Content, Mail

# Grows when the page is set in another way: bundles made before are not what would be made now.
LAYOUT = 2
MOST_TEXTS = 400  # pages of text of one document
MOST_BEHIND = 8_000  # characters behind the picture of one page


def manifest_of(claim, language):
    """All that a bundle of the claim is made of, as JSON."""
    # Inside somebody's transaction, so a bucket is not asked: the binder finds out.
    lines = lines_of(claim, blobs.lost(hashes_of(claim), ask=False))
    contents = Content.objects.in_bulk({line.document.sha256 for line in lines})
    documents = [described(line, contents.get(line.document.sha256)) for line in lines]
    return {
        "layout": LAYOUT,
        "language": language,
        "reference": claim.reference,
        "title": _("Documents of case %(reference)s") % {"reference": claim.reference},
        "sender": "Ristoro",
        "facts": [
            [_("Claimant"), str(claim.claimant)],
            [_("Account"), claim.login],
            [_("Incident"), claim.incident.title],
            [_("Documents"), str(len(documents))],
        ],
        "hint": _("Text behind pictures was read by machine, for searching: the picture is what counts."),
        "made": made(lines, claim),
        "documents": documents,
        "words": words(),
    }


def made(lines, claim):
    """The moment in the PDF: when the last document came, not when somebody asked."""
    last = max([line.document.received_at for line in lines], default=claim.created_at)
    return list(timezone.localtime(last, ROME).timetuple()[:6])


def described(line, content):
    document, attachment = line.document, line.attachment
    how, note = way_of(line, content)
    return {
        **line.to_json(),
        "id": str(document.pk),
        "how": how,
        "read": content.read_at.isoformat() if content and content.read_at and how else "",
        "about": about(document, attachment),
        "note": note,
    }


def way_of(line, content):
    """("pictures", "text" or "", note): how a document is shown, and what is said of it in the index."""
    if line.left_out_code:
        return "", line.left_out
    if line.document.media_type in SHOWN:
        return "pictures", ""
    if content is None or content.state == Content.State.WAITING:
        return "", _("Its text was not read yet. It is in the archive.")
    if content.state == Content.State.READ:
        return "text", ""
    return "", _("It cannot be shown on paper. It is in the archive.")


def about(document, attachment):
    when = formats.date_format(timezone.localtime(document.received_at, ROME), "j F Y H:i")
    said = [str(Attachment.Kind(attachment.kind).label), f"{document.size} B", document.media_type]
    said.append(_("received %(when)s from %(who)s") % {"when": when, "who": document.owner})
    if document.inside:
        said.append(_("found inside: %(path)s") % {"path": document.inside})
    return " · ".join(said)


def texts_of(digest):
    """(pairs of the head of a mail, texts by page) of what was read in a document."""
    mail = Mail.objects.filter(content_id=digest).first()
    head = []
    if mail:
        head = [
            [_("From"), people(mail.sender)],
            [_("To"), people(mail.to)],
            [_("Subject"), mail.subject],
            [_("Date"), mail.date_text],
        ]
    pages = Content.objects.get(pk=digest).texts.order_by("number")
    return head, list(pages.values_list("text", flat=True)[:MOST_TEXTS])


def behind(digest, pages):
    """What was read on each of the first `pages` pages of a document shown as pictures; "" where nothing was."""
    found = Content.objects.filter(pk=digest, state=Content.State.READ).values_list("texts__number", "texts__text")
    read = dict(found.filter(texts__number__lte=pages))
    return [(read.get(number) or "")[:MOST_BEHIND] for number in range(1, pages + 1)]


def people(found):
    return ", ".join(f"{each.get('name') or ''} <{each.get('address') or ''}>".strip() for each in found)


def shown_note(pages, made_pages):
    """What is said of a document whose pages are not all there; "" if they are."""
    if not made_pages:
        return _("It cannot be shown on paper. It is in the archive.")
    if made_pages < pages:
        return _("Only the first %(made)d of its %(pages)d pages are here; all are in the archive.") % {
            "made": made_pages,
            "pages": pages,
        }
    return ""


def words():
    return {
        "index": _("Index"),
        "number": _("No."),
        "document": _("Document"),
        "pages": _("Pages"),
        "page": _("page"),
        "of": _("of"),
        "doc": _("Doc."),
        "p": _("p."),
    }
