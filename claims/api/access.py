"""Who may call what: permission classes that carry the same access rules as the pages."""

from rest_framework.permissions import BasePermission


class Nobody(BasePermission):
    """The default: a view that names no rule is closed to all."""

    def has_permission(self, request, view):
        return False
