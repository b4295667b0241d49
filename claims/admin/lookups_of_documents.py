"""Look-ups over what is behind documents: on their way in, read, compared, shown, bound and deleted. Never the words
of a document: those are read in the case, where it is written down.
"""

from django.contrib import admin
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import StrIndex, Substr
from django.utils.translation import gettext_lazy as _

from accounts.admin import LookUp
from claims.admin.lookups import RESPONSIBLE, case_link, readable
from claims.admin.tags import rome
from claims.models import Bundle, Pin, Proof, ReadMark, StoryPrint
from evidence.models import Content, Deletion, Document, Fingerprint, Leaves, Mail, Scan, Upload


def told(name, words):
    """A column with the moment `name` of a row in Rome."""
    return admin.display(description=words, ordering=name)(lambda row: rome(getattr(row, name)))


def of_case(path):
    """The column of the case that a row belongs to, by the path to its claim."""
    steps = path.split("__")

    def case(row):
        for step in steps:
            row = getattr(row, step)
        return case_link(row)

    return admin.display(description=_("reference"))(case)


class OfClaims(LookUp):
    """Rows of claims that may be looked into, which `claim` leads to."""

    roles = RESPONSIBLE
    with_page = False
    claim = "claim"
    ordering = ["-id"]
    search_help_text = _("Reference")

    def get_queryset(self, request):
        rows = super().get_queryset(request).filter(**{f"{self.claim}__in": readable(request)})
        return rows.select_related(self.claim, *self.list_select_related or ())

    def get_search_fields(self, request):
        return [f"{self.claim}__reference"]


class OfAttachments(OfClaims):
    claim = "attachment__claim"
    list_select_related = ["attachment__document", "by"]

    @admin.display(description=_("document"))
    def document(self, row):
        return row.attachment.document


case_of_attachment, case_of_claim = of_case("attachment__claim"), of_case("claim")
when = told("at", _("when"))


class PinLookUp(OfAttachments):
    list_display = [case_of_attachment, "document", "page", "text", "by", when, "resolved_by"]
    list_select_related = ["attachment__document", "by", "resolved_by"]


class ReadMarkLookUp(OfAttachments):
    list_display = [case_of_attachment, "document", "by", when]


class ProofLookUp(OfAttachments):
    list_display = [case_of_attachment, "document", "item", "by", when]
    list_select_related = ["attachment__document", "by", "item"]


class BundleLookUp(OfClaims):
    list_display = [
        *(case_of_claim, "state", "done", "pages", "size", "requested_by", told("created_at", _("requested"))),
        *(told("finished_at", _("finished")), "error"),
    ]
    list_filter = ["state"]
    list_select_related = ["requested_by"]
    ordering = ["-created_at"]


class StoryPrintLookUp(OfClaims):
    list_display = [case_of_claim, "part", "value"]


class OfBytes(LookUp):
    """What came of bytes, one row for equal ones: of documents of claims that may be looked into."""

    roles = RESPONSIBLE
    with_page = False
    digest = "sha256"
    search_help_text = _("SHA-256")

    def get_queryset(self, request):
        documents = Document.objects.filter(sha256=OuterRef(self.digest), attachment__claim__in=readable(request))
        return super().get_queryset(request).filter(Exists(documents))

    def get_search_fields(self, request):
        return [self.digest]


class ScanLookUp(LookUp):
    """Every verdict on documents of claims that may be looked into."""

    roles = RESPONSIBLE
    with_page = False
    list_display = [of_case("document__attachment__claim"), "document", told("at", _("when")), "verdict", "reason"]
    list_display += ["scanned_with"]
    list_filter = ["verdict"]
    search_fields = ["document__sha256", "document__name"]
    search_help_text = _("Name or SHA-256")
    ordering = ["-id"]

    def get_queryset(self, request):
        scans = super().get_queryset(request).filter(document__attachment__claim__in=readable(request))
        return scans.select_related("document__attachment__claim")


class ContentLookUp(OfBytes):
    list_display = ["sha256", "media_type", "state", "reason", "language", "pages", told("read_at", _("read")), "tries"]
    list_filter = ["state", "language", "media_type"]
    ordering = ["-queued_at"]


class MailLookUp(OfBytes):
    list_display = [
        *("content", told("date", _("date")), "message_id", "check_state", told("checked_at", _("checked")), "tries"),
    ]
    list_filter = ["check_state"]
    list_select_related = ["content"]
    digest = "content_id"
    search_help_text = _("SHA-256 or Message-ID")

    def get_search_fields(self, request):
        return ["content__sha256", "message_id"]


class FingerprintLookUp(OfBytes):
    list_display = ["sha256", "kind", "part", "value"]
    list_filter = ["kind"]
    ordering = ["-id"]


class LeavesLookUp(OfBytes):
    list_display = ["sha256", "media_type", "state", "pages", "made", "tries"]
    list_filter = ["state"]
    ordering = ["-queued_at"]


class UploadLookUp(LookUp):
    """Files on their way to claims that may be looked into, or not taken."""

    roles = RESPONSIBLE
    with_page = False
    list_display = [
        *("case", "what", "name", "size", "offset", "owner", told("created_at", _("begun"))),
        *(told("expires_at", _("expires")), told("ended_at", _("ended")), "refusal"),
    ]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__email", "purpose"]
    search_help_text = _("Name, e-mail address or reference")
    ordering = ["-created_at"]

    def get_queryset(self, request):
        return of_references(super().get_queryset(request), "purpose", request).exclude(owner=request.user)

    @admin.display(description=_("reference"))
    def case(self, upload):
        return case_link(Reference(upload.reference))

    @admin.display(description=_("sent for"))
    def what(self, upload):
        return _("Message") if upload.purpose.startswith("message ") else _("Evidence")

    @admin.display(description=_("why it was not taken"))
    def refusal(self, upload):
        return (upload.problem or {}).get("message", "")


def of_references(rows, words, request):
    """Those whose column `words` ends with the `reference` of a claim that may be looked into."""
    rows = rows.annotate(reference=Substr(words, StrIndex(words, Value(" ")) + 1))
    return rows.filter(reference__in=readable(request).values("reference"))


class Reference(str):
    """A reference for a link to its case."""

    @property
    def reference(self):
        return str(self)


class DeletionLookUp(LookUp):
    """Deletions in claims that may be looked into; the proof is printed in the case."""

    roles = RESPONSIBLE
    with_page = False
    list_display = ["why", "rule", "days", told("ordered_at", _("ordered")), told("finished_at", _("proven"))]
    list_filter = ["rule"]
    search_fields = ["why"]
    search_help_text = _("Reference")
    ordering = ["-ordered_at"]

    def get_queryset(self, request):
        return of_references(super().get_queryset(request), "why", request)


LOOK_UPS = {
    Pin: PinLookUp,
    ReadMark: ReadMarkLookUp,
    Proof: ProofLookUp,
    Bundle: BundleLookUp,
    StoryPrint: StoryPrintLookUp,
    Content: ContentLookUp,
    Mail: MailLookUp,
    Fingerprint: FingerprintLookUp,
    Leaves: LeavesLookUp,
    Upload: UploadLookUp,
    Scan: ScanLookUp,
    Deletion: DeletionLookUp,
}
