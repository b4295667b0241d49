"""Lists by cursor. A cursor is signed and belongs to one list with one set of filters, for a week."""

from datetime import timedelta
from math import isnan

from django.core import signing
from django.utils.translation import gettext_lazy as _

from claims.api.problems import Problem

USUAL, MOST = 50, 200
KEPT = timedelta(days=7)
PAGING = {"cursor", "limit"}


def parameters(request, *allowed):
    """The query parameters as a dict. Raises Problem 400 `invalid_filter` for unknown or repeated ones."""
    for name, values in request.GET.lists():
        if name in ("page", "offset"):
            raise Problem(400, "invalid_cursor", _("Lists are read by “cursor”: follow “next” and “previous”."))
        if name not in PAGING and name not in allowed:
            raise invalid(name, _("There is no such filter here."))
        if len(values) > 1:
            raise invalid(name, _("Give this filter once."))
        if "\x00" in values[0]:
            raise invalid(name, _("The text contains characters that cannot be stored. Type it again."))
    return request.GET.dict()


def invalid(name, message):
    return Problem(400, "invalid_filter", message, field=name)


def limit_of(text):
    """How many rows: 50 unless told otherwise, never more than 200."""
    try:
        number = float(text or USUAL)
    except ValueError:
        number = 0
    if isnan(number) or number < 1:
        raise invalid("limit", _("Give a number of rows, 1 to 200."))
    return int(min(number, MOST))


class Cursor:
    """Where a page begins: after `position` in the order of the list, or before it when `back`."""

    def __init__(self, request, name, given):
        filters = sorted((key, value) for key, value in given.items() if key not in PAGING)
        self.salt = f"cursor {name} {request.user.pk} {filters}"
        self.request = request
        self.limit = limit_of(given.get("limit"))
        self.position, self.back = None, False
        if "cursor" in given:
            self.read(given["cursor"])

    def read(self, text):
        try:
            self.position, self.back = signing.loads(text, salt=self.salt, max_age=KEPT)
        except (signing.BadSignature, ValueError, TypeError) as error:
            message = _("This cursor is not one of this list. Begin again without it.")
            raise Problem(400, "invalid_cursor", message, field="cursor") from error

    def link(self, position, *, back):
        query = self.request.GET.copy()
        query["cursor"] = signing.dumps([position, back], salt=self.salt)
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")

    def page(self, rows, key):
        """{next, previous, results} of `rows`: one more than `limit` of them, in the direction that was read."""
        more, rows = len(rows) > self.limit, rows[: self.limit]
        if self.back:
            rows.reverse()
        ahead, behind = (self.position is not None, more) if self.back else (more, self.position is not None)
        return {
            "next": self.link(key(rows[-1]), back=False) if rows and ahead else None,
            "previous": self.link(key(rows[0]), back=True) if rows and behind else None,
            "results": rows,
        }


def newest_first(queryset, cursor):
    """A page of `queryset` by falling id."""
    if cursor.position is not None:
        queryset = queryset.filter(**{"id__gt" if cursor.back else "id__lt": cursor.position})
    rows = list(queryset.order_by("id" if cursor.back else "-id")[: cursor.limit + 1])
    return cursor.page(rows, lambda row: row.pk)


def in_order(entries, cursor, key):
    """A page of a list that is already here, by rising `key`."""
    if cursor.position is not None and cursor.back:
        entries = [entry for entry in reversed(entries) if key(entry) < cursor.position]
    elif cursor.position is not None:
        entries = [entry for entry in entries if key(entry) > cursor.position]
    return cursor.page(list(entries[: cursor.limit + 1]), key)
