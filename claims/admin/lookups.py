"""Look-ups over the tables of claims: read-only, each open to the roles that need it, never an own claim."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.admin import LookUp
from accounts.roles import CASE_READERS, Role
from claims.admin import journal_words
from claims.admin.tags import day, euro, rome, status_chip
from claims.models import Check, Claim, JournalEntry, LossItem, Notice, ProblemReport
from claims.models.journal import chain_of
from claims.rules.checklist import CHECKS
from claims.rules.notices import told_by
from evidence.admin import DocumentLookUp, KeyLookUp, ReadingLookUp, SearchLookUp
from evidence.models import Document, Reading, Search, SigningKey

RESPONSIBLE = frozenset({Role.SUPERVISOR, Role.MANAGER})
FROM_FIGURES = ("submitted_at__gte", "submitted_at__lt", "decided_at__gte", "decided_at__lt", "incident__code")


def readable(request):
    """The claims somebody of the staff may look into: not their own."""
    return Claim.objects.visible_to(request.user).exclude(claimant=request.user)


class InWords(admin.AllValuesFieldListFilter):
    """The values of a column to choose from, each by the words that `words` has for it."""

    words = staticmethod(str)

    def choices(self, changelist):
        for choice in super().choices(changelist):
            yield {**choice, "display": self.words(choice["display"])}


class KindInWords(InWords):
    words = staticmethod(told_by)


class ActionInWords(InWords):
    words = staticmethod(journal_words.done_anywhere)


class ActorInWords(InWords):
    words = staticmethod(journal_words.acting_as)


def case_link(claim):
    return format_html('<a class="s-reference" href="{}">{}</a>', reverse("admin:case", args=[claim.reference]), claim)


class ClaimLookUp(LookUp):
    roles = CASE_READERS
    with_page = False
    list_display = ["case", "claimant", "login", "amount", "state", "incident", "assigned_to", "submitted", "due_day"]
    list_filter = ["status", "incident", "channel", "assigned_to"]
    list_select_related = ["claimant", "incident", "assigned_to"]
    search_fields = ["reference"]
    search_help_text = _("Reference, claimant or account")
    date_hierarchy = "submitted_at"
    ordering = ["-id"]

    def get_queryset(self, request):
        return readable(request).select_related("claimant", "incident", "assigned_to")

    def lookup_allowed(self, lookup, value, request):
        """Also what the figures of the first page link to."""
        return lookup in FROM_FIGURES or super().lookup_allowed(lookup, value, request)

    def get_search_results(self, request, queryset, search_term):
        return (queryset.matching(search_term) if search_term.strip() else queryset), False

    @admin.display(description=_("reference"), ordering="reference")
    def case(self, claim):
        return case_link(claim)

    @admin.display(description=_("claimed"), ordering="claimed")
    def amount(self, claim):
        return euro(claim.claimed)

    @admin.display(description=_("status"), ordering="status")
    def state(self, claim):
        return status_chip(claim.status)

    @admin.display(description=_("due"), ordering="due")
    def due_day(self, claim):
        return day(claim.due)

    @admin.display(description=_("submitted"), ordering="submitted_at")
    def submitted(self, claim):
        return rome(claim.submitted_at)


class LossLookUp(LookUp):
    roles = CASE_READERS
    with_page = False
    list_display = ["case", "head", "claimed_amount", "occurred", "description"]
    list_filter = ["head", "claim__incident"]
    search_fields = ["claim__reference", "description"]
    search_help_text = _("Reference or description")
    ordering = ["-id"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(claim__in=readable(request)).select_related("claim")

    @admin.display(description=_("reference"))
    def case(self, item):
        return case_link(item.claim)

    @admin.display(description=_("amount"), ordering="amount")
    def claimed_amount(self, item):
        return euro(item.amount)

    @admin.display(description=_("when it happened"), ordering="occurred_at")
    def occurred(self, item):
        return rome(item.occurred_at)


class NoticeLookUp(LookUp):
    """Who was told what, and whether it arrived. The text of a mail, and its code, are the recipient's."""

    roles = RESPONSIBLE
    list_display = ["tells", "person", "address", "state", "tries", "written", "sent", "last_error"]
    list_filter = ["state", ("kind", KindInWords)]
    list_select_related = ["recipient"]
    search_fields = ["address", "recipient__email", "claim__reference"]
    search_help_text = _("Address or reference")
    date_hierarchy = "created_at"
    ordering = ["-id"]
    exclude = ["context", "code", "leased_until", "key", "kind"]
    readonly_fields = ["tells"]
    change_form_outer_after_template = "admin/_retry.html"

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(kind="sign_in").exclude(recipient=request.user)

    @admin.display(description=_("kind"), ordering="kind")
    def tells(self, notice):
        return told_by(notice.kind)

    @admin.display(description=_("recipient"), ordering="recipient")
    def person(self, notice):
        return notice.recipient

    @admin.display(description=_("written"), ordering="created_at")
    def written(self, notice):
        return rome(notice.created_at)

    @admin.display(description=_("sent"), ordering="sent_at")
    def sent(self, notice):
        return rome(notice.sent_at)


class JournalLookUp(LookUp):
    """Entries without the words sealed in them; those are read in the case. None about an own claim."""

    roles = RESPONSIBLE
    list_display = ["when", "chain", "sequence", "what", "actor", "as_whom", "before", "after"]
    list_filter = [("action", ActionInWords), ("actor_kind", ActorInWords)]
    list_select_related = ["actor"]
    search_fields = ["chain", "actor__email"]
    search_help_text = _("Chain, such as claim:17, or e-mail address")
    date_hierarchy = "at"
    ordering = ["-id"]
    exclude = ["sealed", "person", "action", "actor_kind", "old", "new"]
    readonly_fields = ["what", "as_whom", "before", "after"]

    def get_queryset(self, request):
        own = [chain_of(claim) for claim in Claim.objects.filter(claimant=request.user).only("pk")]
        return super().get_queryset(request).exclude(chain__in=own)

    @admin.display(description=_("when"), ordering="at")
    def when(self, entry):
        return rome(entry.at)

    @admin.display(description=_("what"), ordering="action")
    def what(self, entry):
        return journal_words.done(entry.chain, entry.action)

    @admin.display(description=_("as"), ordering="actor_kind")
    def as_whom(self, entry):
        return journal_words.acting_as(entry.actor_kind)

    @admin.display(description=_("before"))
    def before(self, entry):
        return journal_words.state(entry.chain, entry.old)

    @admin.display(description=_("after"))
    def after(self, entry):
        return journal_words.state(entry.chain, entry.new)


class ProblemLookUp(LookUp):
    roles = frozenset({Role.OPERATOR, *CASE_READERS})
    list_display = ["reported", "incident", "login", "email", "text"]
    list_filter = ["incident"]
    list_select_related = ["incident"]
    search_fields = ["login", "email", "text"]
    search_help_text = _("Account, e-mail address or words")
    date_hierarchy = "created_at"
    exclude = ["reporter"]

    @admin.display(description=_("reported"), ordering="created_at")
    def reported(self, problem):
        return rome(problem.created_at)


class EvidenceLookUp(DocumentLookUp):
    """Documents of claims that may be looked into; they are opened in the case."""

    with_page = False
    list_display = ["case", "name", "media_type", "size", "state", "reason", "scanned", "received", "judged"]

    def get_queryset(self, request):
        documents = super().get_queryset(request).filter(attachment__claim__in=readable(request))
        return documents.select_related("attachment__claim")

    @admin.display(description=_("reference"))
    def case(self, document):
        return case_link(document.attachment.claim)

    @admin.display(description=_("received"), ordering="received_at")
    def received(self, document):
        return rome(document.received_at)

    @admin.display(description=_("checked"), ordering="judged_at")
    def judged(self, document):
        return rome(document.judged_at)


class ReadingsLookUp(ReadingLookUp):
    """Who read which document; who read those of an own claim is not shown."""

    list_display = ["when", "reader", "document", "how", "why", "request_id"]

    def get_queryset(self, request):
        own = Document.objects.filter(attachment__claim__claimant=request.user)
        return super().get_queryset(request).exclude(document__in=own)

    @admin.display(description=_("when"), ordering="at")
    def when(self, reading):
        return rome(reading.at)


class CheckLookUp(LookUp):
    """What was found on checklists, and by whom; the evidence is read in the case."""

    roles = RESPONSIBLE
    with_page = False
    list_display = ["case", "round", "what", "result", "by", "when", "note"]
    list_filter = ["result", "code", "automatic"]
    search_fields = ["claim__reference", "note"]
    search_help_text = _("Reference or note")
    ordering = ["-id"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(claim__in=readable(request)).select_related("claim", "by")

    @admin.display(description=_("reference"))
    def case(self, check):
        return case_link(check.claim)

    @admin.display(description=_("what"), ordering="code")
    def what(self, check):
        return CHECKS[check.code].label

    @admin.display(description=_("when"), ordering="at")
    def when(self, check):
        return rome(check.at)


class SearchesLookUp(SearchLookUp):
    list_display = ["when", "reader", "words", "why", "filters", "found", "request_id"]

    @admin.display(description=_("when"), ordering="at")
    def when(self, search):
        return rome(search.at)


LOOK_UPS = {
    Claim: ClaimLookUp,
    LossItem: LossLookUp,
    Check: CheckLookUp,
    Document: EvidenceLookUp,
    Notice: NoticeLookUp,
    JournalEntry: JournalLookUp,
    Reading: ReadingsLookUp,
    Search: SearchesLookUp,
    SigningKey: KeyLookUp,
    ProblemReport: ProblemLookUp,
}
