"""Which cells there are: every route of the URLconf, its methods, and the things its address may point at."""

import re
from dataclasses import dataclass

from django.urls import get_resolver

from config.checks import routes as addresses
from config.checks import rule_of_view

CLAIM_CASES = ("draft", "submitted", "in_review", "awaiting", "decided", "unknown")
EXPORT_CASES = ("own_queued", "own_ready", "other_queued", "other_ready", "unknown")
BATCH_CASES = ("open", "own", "written", "unknown")
INCIDENT_CASES = ("open", "draft", "closed", "unknown")
# Addresses of one step, and the state that it is about: tried there too.
STEPS = {
    "on_hold": ("/hold/", "/resume/", "/extend/"),
    "asked": ("/ask/", "/ask/cancel/", "/request-information/", "/request-information/cancel/", "/answer/")
    + ("/answer/<int:item>/",),
}
# What an argument of an address may point at; the first case is that of HEAD and of methods that are not there.
CASES = {
    "reference": CLAIM_CASES,
    "export": EXPORT_CASES,
    "batch": BATCH_CASES,
    "number": BATCH_CASES,
    "file": ("open", "own", "approved", "out", "unknown"),
    "award": ("refused", "waiting", "unknown"),
    "export_id": EXPORT_CASES,
    "code": INCIDENT_CASES,
    "pause_id": ("stopped", "ended", "unknown"),
    "notice_id": ("failed", "sent", "sign_in", "own_failed", "unknown"),
    "run_id": ("proposed", "own", "approved", "paused", "unknown"),
    "correction_id": ("proposed", "own", "unknown"),
    "person_id": ("other", "own", "unknown"),
    "admin/desks": ("colleague", "own", "other", "unknown"),
    "account": ("owners", "unknown"),
    "kind": ("approved", "unknown"),
    "admin/reasons": ("avoidable", "unknown"),
    "claims/notice": ("failed", "sign_in", "own_failed", "unknown"),
    "claims/journalentry": ("other", "own", "unknown"),
    "claims/problemreport": ("other", "unknown"),
}
# Addresses without an argument where it matters whom the request is for.
FOR_WHOM = {"/api/v1/claims/": ("own", "for_other")}
# Pages that take more than forms do.
FURTHER = {
    "/claims/<str:reference>/uploads/<uuid:upload>/": ("PATCH", "DELETE"),
    "/admin/cases/<str:reference>/uploads/<uuid:upload>/": ("PATCH", "DELETE"),
}
FOLLOWERS = {
    "upload",
    "document",
    "document_id",
    "item",
    "service",
    "language",
    "what",
}  # belong to what another argument points at
ARGUMENT = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")


class Unlisted(Exception):
    """Something of a route is in none of the tables here."""


@dataclass(frozen=True)
class Route:
    address: str
    view: object

    @property
    def is_api(self):
        return hasattr(self.view, "cls")

    @property
    def rule(self):
        return rule_of_view(self.view)

    @property
    def methods(self):
        """What is tried: pages by GET, POST and HEAD; the API by what a view handles and by one that it does not."""
        if not self.is_api:
            return ("GET", "POST", "HEAD", *FURTHER.get(self.address, ()))
        handled = [name for name in self.view.cls.http_method_names if hasattr(self.view.cls, name)]
        head = ["head"] if "get" in handled and "head" in self.view.cls.http_method_names else []
        return tuple(dict.fromkeys(name.upper() for name in (*handled, *head, "put")))

    @property
    def arguments(self):
        """The names in the address."""
        return [match["name"] for match in ARGUMENT.finditer(self.address)]

    @property
    def cases(self):
        if any(mark in self.address for mark in ("(?P", "^", "\\")):
            raise Unlisted(f"{self.address}: write it with path()")
        if "reference" in self.arguments:
            return tuple(state for state, ends in STEPS.items() if self.address.endswith(ends)) + CLAIM_CASES
        deciding = [name for name in self.arguments if name not in FOLLOWERS]
        if not deciding:
            return FOR_WHOM.get(self.address, ("-",))
        if len(deciding) > 1:
            raise Unlisted(f"{self.address}: more than one of {deciding} decides")
        name, folders = deciding[0], self.address.split("/")
        if name == "object_id":  # a page of a look-up: /admin/<app>/<model>/<object_id>/change/
            name = "/".join(folders[2:4])
        elif name == "code" and folders[1] == "admin" and folders[2] == "reasons":
            name = "admin/reasons"
        elif name == "person_id" and folders[2] == "desks":
            name = "admin/desks"
        if name not in CASES:
            raise Unlisted(f"{self.address}: add {name!r} to CASES of tests/access/walk.py")
        return CASES[name]

    @property
    def rows(self):
        """(method, case) of every row that the matrix must have for this route."""
        for method in self.methods:
            for case in self.cases if method not in ("HEAD", "PUT") else self.cases[:1]:
                yield method, case


def walked(resolver=None):
    """Every route there is; those that Django resolves, whoever included them."""
    return [Route(f"/{address}", view) for address, view in addresses(resolver or get_resolver())]


def keys(routes):
    """(route, method, case) of every row that the matrix must have."""
    return {(route.address, method, case) for route in routes for method, case in route.rows}
