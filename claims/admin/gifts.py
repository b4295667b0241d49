"""What a reviewer gives beside money, as typed into the decision form."""

from dataclasses import dataclass

from claims.models import Benefit
from claims.rules.benefits import check_benefits
from claims.rules.errors import Refused

LABELS = dict(Benefit.Kind.choices)


@dataclass
class GiftRow:
    """One kind that the terms allow, and how many of it were typed."""

    kind: str
    most: int
    quantity: str = ""
    error: str = ""

    @property
    def label(self):
        return LABELS[self.kind]


def gift_rows(claim):
    return [GiftRow(kind, most) for kind, most in claim.terms.rules.benefits.items() if kind in LABELS and most]


def gifts_typed(post, claim):
    rows = gift_rows(claim)
    for row in rows:
        row.quantity = post.get(f"benefit-{row.kind}", "").strip()[:10]
        row.quantity = "" if row.quantity == "0" else row.quantity
    return rows


def gift_entries(form):
    """The rows as decisions.decide() takes them; what is no number is 0, which the rule refuses."""
    return [{"kind": row.kind, "quantity": whole(row.quantity)} for row in form.gifts if row.quantity]


def whole(text):
    return int(text) if text.isascii() and text.isdecimal() else 0


def gifts_of(form):
    """What is given so far; () while it is not right."""
    try:
        return check_benefits(gift_entries(form), {row.kind: row.most for row in form.gifts})
    except Refused:
        return ()
