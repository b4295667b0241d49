"""The form in which managers write terms: grouped fields, what they change, and a save that loses nobody's work."""

import json

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Role
from claims.actions import terms as actions
from claims.actions import terms_previews
from claims.admin import terms_words
from claims.admin.frame import page, say_no, staff_only
from claims.admin.incidents import found
from claims.admin.terms import number
from claims.models import TermsDraft
from claims.rules.errors import Refused
from claims.rules.terms import Terms
from claims.rules.terms_fields import FIELDS, GROUPS
from claims.rules.terms_text import merged, read, texts_of

TYPED = 100  # characters kept of what was typed into a field


@staff_only(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, code):
    """The form; ?from= begins with the values of an earlier draft. `go=look` only shows what would change."""
    incident = found(code)
    in_force, row = actions.editable(incident)
    if request.method in ("GET", "HEAD"):
        if isinstance(row, TermsDraft) and row.state != TermsDraft.State.DRAFT:
            return HttpResponseRedirect(reverse("admin:incident-terms", args=[code]))
        begun = texts_of(stored(in_force, row))
        earlier = incident.terms_drafts.filter(pk=number(request.GET.get("from"))).first()
        return form(request, incident, in_force, texts_of(earlier.rules) if earlier else begun, begun, revision_of(row))
    texts, base, revision = posted(request.POST), base_of(request.POST), number(request.POST.get("revision"))
    try:
        written = read(texts)
        if request.POST.get("go") == "look":
            return form(request, incident, in_force, texts, base, revision)
        actions.save(code, by=request.user, terms=written, revision=revision)
    except Refused as refused:
        if refused.code == "stale":
            return conflict(request, incident, texts, base)
        if not refused.errors:
            say_no(request, refused)
        return form(request, incident, in_force, texts, base, revision, refused=refused)
    terms_previews.count_part(incident.pk)
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("admin:incident-terms", args=[code]))


def conflict(request, incident, mine, base):
    """Somebody else saved first: both people's changes in one form, theirs beside mine where they differ."""
    in_force, row = actions.editable(incident)
    theirs = texts_of(stored(in_force, row))
    together, clashes = merged(base or theirs, mine, theirs)
    who = row.written_by.name if isinstance(row, TermsDraft) else _("Somebody")
    refused = Refused(
        "stale",
        _("%(who)s saved other values in the meantime. Nothing is lost: look below.") % {"who": who},
        status=409,
    )
    return form(
        request,
        incident,
        in_force,
        together,
        theirs,
        revision_of(row),
        refused=refused,
        theirs={path: theirs[path] for path in clashes},
        taken_over=[path for path in FIELDS if together[path] != mine.get(path)],
    )


def stored(in_force, row):
    return row.rules if row is not None else in_force.rules if in_force is not None else Terms()


def revision_of(row):
    return row.revision if row is not None else 0


def posted(post):
    return {
        path: sorted(post.getlist(path)) if each.several else post.get(path, "")[:TYPED]
        for path, each in FIELDS.items()
    }


def base_of(post):
    """The texts that the form began with, {} where they cannot be read: they only help to merge two people's work."""
    try:
        base = json.loads(post.get("base", ""))
    except ValueError:
        return {}
    return {path: base[path] for path in FIELDS if path in base} if isinstance(base, dict) else {}


def form(request, incident, in_force, texts, base, revision, *, refused=None, theirs=None, taken_over=()):
    errors = {path: message for path, _code, message in refused.errors} if refused else {}
    values, theirs = {**texts_of(Terms()), **texts}, theirs or {}
    changed, unreadable = [], False
    try:
        before = in_force.rules if in_force is not None else Terms()
        changed = terms_words.said_changes(before, read(values))
    except Refused:
        unreadable = True
    return page(
        request,
        "terms_edit.html",
        status=refused.status if refused else 200,
        title=_("Terms: %(incident)s") % {"incident": incident},
        incident=incident,
        in_force=in_force,
        groups=[group_of(group, values, errors, theirs, taken_over) for group in GROUPS],
        revision=revision,
        base=json.dumps(base),
        refused=refused,
        errors=[(FIELDS[path], id_of(path), message) for path, message in errors.items() if path in FIELDS],
        changes=changed,
        unreadable=unreadable,
    )


def group_of(group, values, errors, theirs, taken_over):
    rows = {}
    for each in group.fields:
        shown = {
            "field": each,
            "id": id_of(each.path),
            "value": values[each.path],
            "options": [(code, label, code in values[each.path]) if each.several
                        else (code, label, code == values[each.path]) for code, label in each.options.items()],
            "hint": terms_words.hint(each),
            "error": errors.get(each.path, ""),
            "theirs": said_text(each, theirs[each.path]) if each.path in theirs else None,
            "taken_over": each.path in taken_over,
        }  # fmt: skip
        rows.setdefault(each.of, []).append(shown)
    return {"group": group, "rows": list(rows.items()), "is_table": any(rows)}


def id_of(path):
    return path.replace(".", "-")


def said_text(field, text):
    """What somebody else wrote, as it stands in the form."""
    if field.several:
        return ", ".join(str(label) for code, label in field.options.items() if code in text) or "–"
    return str(field.options.get(text, text)) if field.options else text or str(field.empty or "–")
