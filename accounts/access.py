"""Who may open a view. The rule is data on the view: it is enforced, checked at start-up and tested from there.

@access(Role.REVIEWER, Role.SUPERVISOR)      those roles; others 403, anonymous to sign-in
@access(SIGNED_IN)                           everybody with an account
@access(PUBLIC)                              everybody
"""

from dataclasses import dataclass
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied

from accounts.roles import Role


@dataclass(frozen=True)
class Rule:
    """`name` is shown in the access matrix; `roles` is empty for PUBLIC and SIGNED_IN."""

    name: str
    roles: frozenset = frozenset()

    def allows(self, user):
        if self is PUBLIC:
            return True
        if not user.is_authenticated or not user.is_active:
            return False
        return self is SIGNED_IN or user.has_role(*self.roles)


PUBLIC = Rule("public")
SIGNED_IN = Rule("signed in")


def rule_of(*who):
    if len(who) == 1 and isinstance(who[0], Rule):
        return who[0]
    roles = frozenset(Role(role) for role in who)
    if not roles:
        raise TypeError("access() needs PUBLIC, SIGNED_IN or roles")
    return Rule("|".join(sorted(roles)), roles)


def access(*who):
    """Declares and enforces who may open a function view."""
    rule = rule_of(*who)

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not rule.allows(request.user):
                if not request.user.is_authenticated:
                    return redirect_to_login(request.get_full_path())
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access_rule = rule
        return login_not_required(guarded) if rule is PUBLIC else guarded

    return decorate
