"""Who may call what. Every view of the API is a Door and names its rule, the same kind the pages have.

`access_rule` is one Rule for all methods, or a dict {"GET": Rule, "POST": Rule} where they differ; a
method that is missing there answers 405. HEAD follows GET. Rules are enforced by Permitted; a view that is
no Door is closed to all by Nobody, the default of the settings.
"""

from rest_framework.permissions import BasePermission


class Nobody(BasePermission):
    """The default: a view that names no rule is closed to all."""

    def has_permission(self, request, view):
        return False


class Permitted(BasePermission):
    """Asks the view's own rule. What the person may do with one claim is asked by the action."""

    def has_permission(self, request, view):
        if request.method not in view.allowed_methods:
            return True  # nothing is there to be opened: 405
        rule = rule_for(view.access_rule, request.method)
        return rule is not None and rule.allows(request.user)


def rule_for(declared, method):
    """The Rule for `method` among what a view declares, or None."""
    if isinstance(declared, dict):
        return declared.get("GET" if method == "HEAD" else method)
    return declared
