"""The losses of a draft: a list, and one page for each."""

from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SIGNED_IN, access
from claims.actions import items
from claims.models import LossItem
from claims.web import forms
from claims.web.cases_own import own_draft
from claims.web.filing_steps import filled, saved, shown
from claims.web.kept import keeps_text

GET_AND_POST = require_http_methods(["GET", "HEAD", "POST"])


@access(SIGNED_IN)
@require_safe
@own_draft
def losses(request, claim):
    stored = list(claim.items.all())
    if not stored:
        return redirect("claim-loss-add", claim.reference)
    return shown(request, claim, "losses", items=stored, most=claim.terms.rules.most_items)


@keeps_text
@access(SIGNED_IN)
@GET_AND_POST
@own_draft
def loss(request, claim, item=None):
    stored = item and get_object_or_404(claim.items, pk=item)
    form = filled(request, forms.Loss, stored and forms.Loss.initial_of(stored))
    if saved(form, lambda values: keep(claim, form, values, by=request.user, item_id=item)) or is_repeated(claim, form):
        return redirect("claim-losses", claim.reference)
    count = claim.items.count()
    return shown(request, claim, "losses", form=form, page="loss", item=stored, count=count)


def keep(claim, form, values, *, by, item_id):
    return items.save_item(claim.reference, by=by, item_id=item_id, version=form.version, **values)


def is_repeated(claim, form):
    """Whether this very loss is there already: the button was pressed twice."""
    return form.is_stale and LossItem.objects.filter(claim=claim, **form.values()).exists()


@access(SIGNED_IN)
@GET_AND_POST
@own_draft
def loss_remove(request, claim, item):
    stored = get_object_or_404(claim.items.prefetch_related("attachments"), pk=item)
    if request.method == "POST":
        items.remove_item(claim.reference, item, by=request.user)
        return redirect("claim-losses", claim.reference)
    return shown(request, claim, "losses", page="loss_remove", item=stored)
