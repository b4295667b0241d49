"""Look-ups for staff. Documents and readings are never added, changed or deleted here."""

from django.utils.translation import gettext_lazy as _

from accounts.admin import LookUp
from accounts.roles import CASE_READERS, Role


class DocumentLookUp(LookUp):
    roles = CASE_READERS
    list_display = ["name", "media_type", "size", "state", "reason", "scanned", "received_at", "judged_at"]
    list_filter = ["state", "scanned", "media_type"]
    search_fields = ["name", "sha256"]
    search_help_text = _("Name or SHA-256")
    date_hierarchy = "received_at"
    exclude = ["leased_until", "tries"]


class ReadingLookUp(LookUp):
    roles = frozenset({Role.SUPERVISOR, Role.MANAGER})
    with_page = False
    list_display = ["at", "reader", "document", "how", "why", "request_id"]
    list_filter = ["how"]
    list_select_related = ["reader", "document"]
    search_fields = ["reader__email", "document__name", "request_id"]
    search_help_text = _("E-mail address, document or request")
    date_hierarchy = "at"


class SearchLookUp(LookUp):
    roles = frozenset({Role.SUPERVISOR, Role.MANAGER})
    with_page = False
    list_display = ["at", "reader", "words", "why", "filters", "found", "request_id"]
    list_select_related = ["reader"]
    search_fields = ["reader__email", "words", "request_id"]
    search_help_text = _("E-mail address, words or request")
    date_hierarchy = "at"


class KeyLookUp(LookUp):
    """Keys that were found for signed mails; what is kept here outlives what the domains publish."""

    roles = CASE_READERS
    with_page = False
    list_display = ["domain", "selector", "found_at", "key"]
    search_fields = ["domain", "selector"]
    search_help_text = _("Domain or selector")


class DeletedLookUp(LookUp):
    roles = frozenset({Role.SUPERVISOR, Role.MANAGER})
    with_page = False
    list_filter = ["outcome"]
    search_fields = ["sha256"]
    search_help_text = _("SHA-256")
    ordering = ["-id"]
