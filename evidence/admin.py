"""Look-ups for staff. Documents and readings are never added, changed or deleted here."""

from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from evidence.models import Document, Reading


class LookUp(ModelAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class DocumentAdmin(LookUp):
    list_display = ["name", "media_type", "size", "state", "reason", "scanned", "received_at", "judged_at"]
    list_filter = ["state", "scanned", "media_type"]
    search_fields = ["name", "sha256"]
    search_help_text = _("Name or SHA-256")
    date_hierarchy = "received_at"
    exclude = ["leased_until"]


class ReadingAdmin(LookUp):
    list_display = ["at", "reader", "document", "how", "why", "request_id"]
    list_filter = ["how"]
    list_select_related = ["reader", "document"]
    search_fields = ["reader__email", "document__name", "request_id"]
    search_help_text = _("E-mail address, document or request")
    date_hierarchy = "at"


LOOK_UPS = {Document: DocumentAdmin, Reading: ReadingAdmin}
