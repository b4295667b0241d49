"""One loss at a time: what the pages add, change and remove."""

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import lifecycle
from claims.actions.intake import own_draft
from claims.actions.particulars import cleaned_item, total_of
from claims.models import LossItem
from claims.rules.errors import Refused


@transaction.atomic
def save_item(reference, *, by, item_id=None, version=None, head, description, amount, occurred_at):
    """Adds a loss to a draft, or changes the one with `item_id`; returns it. `version` as for edit_claim()."""
    claim = own_draft(reference, by=by, version=version)
    values = {"head": head, "description": description, "amount": amount, "occurred_at": occurred_at}
    values = cleaned_item(values, incident=claim.incident, now=timezone.now())
    values.pop("id")
    if item_id is None:
        most = claim.terms.rules.most_items
        if claim.items.count() >= most:
            raise Refused("too_many_items", _("A claim holds at most %(most)d losses.") % {"most": most}, status=409)
        item = LossItem(claim=claim, **values)
    else:
        item = own_item(claim, item_id)
        for name, value in values.items():
            setattr(item, name, value)
    item.save()
    lifecycle.touch(claim, by=by, action="edit", facts={"changed": ["items"]}, claimed=total(claim))
    return item


@transaction.atomic
def remove_item(reference, item_id, *, by):
    """Removes a loss from a draft; its documents stay with the claim."""
    claim = own_draft(reference, by=by)
    own_item(claim, item_id).delete()
    return lifecycle.touch(claim, by=by, action="edit", facts={"changed": ["items"]}, claimed=total(claim))


def own_item(claim, item_id):
    item = claim.items.filter(pk=item_id).first()
    if item is None:
        raise Refused("unknown_item", _("This loss is not part of the claim."), field="item")
    return item


def total(claim):
    return total_of([claim.items.aggregate(total=Sum("amount", default=0))["total"]])
