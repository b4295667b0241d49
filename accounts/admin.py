"""What every look-up of the staff's site shares: a list and a page to read, nothing to add, change or delete."""

from functools import partial

from django.urls import path
from unfold.admin import ModelAdmin

# How the filters of a list compare; a path into a related table is none of them.
WAYS = ("exact", "id__exact", "isnull")


class LookUp(ModelAdmin):
    """Open to `roles` alone; being a superuser opens nothing. Only what `list_filter` names can be filtered by."""

    roles = frozenset()
    with_page = True
    actions = None
    list_per_page = 50
    show_full_result_count = False
    list_filter_sheet = False

    def get_urls(self):
        """The list and, unless `with_page` says no, one page for each row. Django's other views are not there."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        guarded = partial(self.admin_site.guarded, roles=self.roles)
        urls = [path("", guarded(self.changelist_view), name=f"{name}_changelist")]
        if self.with_page:
            urls.append(path("<path:object_id>/change/", guarded(self.change_view), name=f"{name}_change"))
        return urls

    def has_view_permission(self, request, obj=None):
        return request.user.has_role(*self.roles)

    has_module_permission = has_view_permission

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_list_display_links(self, request, list_display):
        return super().get_list_display_links(request, list_display) if self.with_page else None

    def lookup_allowed(self, lookup, value, request):
        """Django lets people filter by every column of the model; here only by what is offered."""
        offered = [entry if isinstance(entry, str) else entry[0] for entry in self.list_filter]
        if self.date_hierarchy:
            offered += [f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day", "gte", "lt")]
        return lookup in offered or lookup in {f"{name}__{way}" for name in offered for way in WAYS}
