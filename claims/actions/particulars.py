"""Checking and storing what a claimant writes into a claim: texts, items, bank details."""

import json

from django.utils.translation import gettext_lazy as _

from accounts import keys
from claims.models import LossItem
from claims.models.writing import insert
from claims.rules import filing
from claims.rules.errors import Collected, Refused
from claims.rules.money import MOST, ZERO, cents
from claims.rules.text import DESCRIPTION, NARRATIVE, clean_line, clean_text

FIELDS = ("narrative", "login_explanation", "late_reason", "items", "iban", "holder")
TEXTS = ("narrative", "login_explanation", "late_reason")
BANK_DETAILS = "claim.bank_details"


def cleaned(values, *, incident, terms, now):
    """Those of `values` that FIELDS names, checked. Raises one Refused with everything that is wrong."""
    result, problems = {}, Collected()
    if unknown := set(values) - set(FIELDS):
        raise TypeError(f"unknown particulars: {unknown}")
    for name in TEXTS:
        if name in values:
            with_problem(problems, result, name, clean_text, values[name], field=name, limit=NARRATIVE, required=False)
    if values.get("iban"):
        with_problem(problems, result, "iban", filing.clean_iban, values["iban"])
    elif "iban" in values:
        result["iban"] = ""
    if "holder" in values:
        with_problem(problems, result, "holder", clean_line, values["holder"], field="holder", required=False)
    if "items" in values:
        result["items"] = cleaned_items(values["items"], problems, incident=incident, terms=terms, now=now)
    problems.raise_if_any()
    return result


def with_problem(problems, result, name, check, *args, **kwargs):
    try:
        result[name] = check(*args, **kwargs)
    except Refused as refused:
        problems.add(refused)


def cleaned_items(items, problems, *, incident, terms, now):
    """The items as dicts of head, description, amount (Decimal euro), occurred_at (UTC), id or None."""
    if len(items) > terms.most_items:
        raise Refused(
            "too_many_items",
            _("A claim holds at most %(most)d losses. Put similar ones together.") % {"most": terms.most_items},
            field="items",
        )
    result = []
    for position, item in enumerate(items):
        try:
            result.append(cleaned_item(item, incident=incident, now=now))
        except Refused as refused:
            problems.add(refused, field=f"items.{position}.{refused.field}")
    return result


def cleaned_item(item, *, incident, now):
    if not item["amount"].is_finite() or item["amount"] <= 0:
        raise Refused("invalid_amount", _("The amount must be more than zero."), field="amount")
    if item["amount"] > MOST or item["amount"] != cents(item["amount"]):
        raise Refused(
            "invalid_amount", _("Give less than one billion euro, with two decimals at most."), field="amount"
        )
    return {
        "id": item.get("id"),
        "head": filing.clean_head(item["head"]),
        "description": clean_text(item["description"], field="description", limit=DESCRIPTION),
        "amount": item["amount"],
        "occurred_at": filing.check_occurred(item["occurred_at"], now=now, incident_start=incident.started_at),
    }


def total_of(amounts):
    """The sum, as a claim holds it. Raises Refused `invalid_amount` for more than any claim may ask."""
    total = sum(amounts, ZERO)
    if total > MOST:
        raise Refused("invalid_amount", _("The losses together must stay below one billion euro."), field="items")
    return total


def add_items(claim, items):
    """Writes the first items of a claim that has none yet, and returns them."""
    if any(values.pop("id") is not None for values in items):
        raise unknown_item()
    written = [LossItem(claim=claim, **values) for values in items]
    if written:
        insert(*written)
    return written


def replace_items(claim, items):
    """Makes `items` the items of the claim: those with an id are changed, others added, the rest removed."""
    present = {item.pk: item for item in claim.items.all()}
    new = []
    for item in items:
        pk, values = item["id"], {name: value for name, value in item.items() if name != "id"}
        if pk is None:
            new.append(LossItem(claim=claim, **values))
        elif present.pop(pk, None):
            LossItem.objects.filter(pk=pk).update(**values)
        else:
            raise unknown_item()
    LossItem.objects.filter(pk__in=present).delete()
    LossItem.objects.bulk_create(new)


def unknown_item():
    return Refused("unknown_item", _("This loss is not part of the claim."), field="items")


def bank_details(claimant_id, sealed, *, people=None):
    """{"iban", "holder"} of a claim's sealed column; {} if there are none. `people`: as keys.unseal() takes `keys`."""
    return json.loads(keys.unseal(claimant_id, sealed, where=BANK_DETAILS, keys=people)) if sealed else {}


def sealed_bank_details(claimant, values, *, by, sealed=None):
    """`values` with iban and holder replaced by the columns that hold them sealed, and who gave them.

    What is not among `values` stays as in `sealed`, the details so far. An account of which nobody says who holds it is
    the claimant's: what is paid later must not hang on what they are called then.
    """
    if "iban" not in values and "holder" not in values:
        return values
    present = bank_details(claimant.pk, sealed)
    iban = values.pop("iban", present.get("iban", ""))
    holder = values.pop("holder", present.get("holder", "")) or claimant.name
    if not iban:
        return {**values, "bank_details": None, "iban_index": "", "iban_hint": "", "iban_given_by": None}
    details = json.dumps({"iban": iban, "holder": holder})
    return {
        **values,
        "bank_details": keys.seal(claimant.pk, details, where=BANK_DETAILS),
        "iban_index": keys.blind_index(iban, where="iban"),
        "iban_hint": f"{iban[:2]}** {iban[-4:]}",
        "iban_given_by": by,
    }
