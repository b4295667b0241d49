"""Look-ups over legal holds and deleted files."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin import LookUp
from claims.admin.lookups import RESPONSIBLE, case_link, readable
from claims.admin.lookups_of_documents import Reference, of_references
from claims.admin.tags import rome
from claims.models import LegalHold
from evidence.admin import DeletedLookUp
from evidence.models import DeletedFile


class LegalHoldLookUp(LookUp):
    roles = RESPONSIBLE
    with_page = False
    list_display = ["case", "reason", "by", "set_at", "lifted_by", "let_go"]
    search_fields = ["claim__reference", "reason"]
    search_help_text = _("Reference or reason")
    ordering = ["-id"]

    def get_queryset(self, request):
        held = super().get_queryset(request).filter(claim__in=readable(request))
        return held.select_related("claim", "by", "lifted_by")

    @admin.display(description=_("reference"))
    def case(self, held):
        return case_link(held.claim)

    @admin.display(description=_("since"), ordering="since")
    def set_at(self, held):
        return rome(held.since)

    @admin.display(description=_("lifted"), ordering="lifted_at")
    def let_go(self, held):
        return rome(held.lifted_at)


class DeletedFileLookUp(DeletedLookUp):
    """What was deleted of claims that may be looked into; the proof is printed in the case."""

    list_display = ["case", "sha256", "size", "outcome", "versions", "ordered", "absent"]

    def get_queryset(self, request):
        return of_references(super().get_queryset(request), "deletion__why", request).select_related("deletion")

    @admin.display(description=_("reference"))
    def case(self, file):
        return case_link(Reference(file.reference))

    @admin.display(description=_("deleted"), ordering="deletion__ordered_at")
    def ordered(self, file):
        return rome(file.deletion.ordered_at)

    @admin.display(description=_("found absent"), ordering="absent_at")
    def absent(self, file):
        return rome(file.absent_at)


LOOK_UPS = {LegalHold: LegalHoldLookUp, DeletedFile: DeletedFileLookUp}
