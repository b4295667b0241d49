"""What a reviewer may ask of a claimant, by when it is to be answered, and when an answer is whole."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from claims.rules.deadlines import due_date
from claims.rules.errors import Collected, Refused
from claims.rules.text import NOTE, clean_line, clean_text

MOST_THINGS = 20
MOST_DAYS = 90
LABEL = 300
# Questions that come up again and again: for every claim, then for each kind of loss.
EVERYWHERE = (
    ("account", _("Proof that the account is yours, such as a confirmation or an invoice of the provider")),
    ("readable", _("A readable copy of the document, with all of its pages")),
    ("already_paid", _("What you were already paid for this loss, by an insurance or anybody else")),
)
COMMON = {
    "missed_opportunity": (
        ("offer", _("The message with the offer, with its date and sender")),
        ("deadline", _("What shows until when you could have answered")),
        ("chance", _("What shows that you would have got it")),
    ),
    "late_payment": (
        ("bill", _("The bill, with its date of payment")),
        ("penalty", _("What shows the penalty or the interest you paid")),
    ),
    "extra_expense": (
        ("receipt", _("The receipt or the invoice of the expense")),
        ("why_needed", _("Why you needed it because of the outage")),
    ),
    "lost_earnings": (
        ("usual", _("What you usually earn on such days, for example the months before")),
        ("order", _("The order or the work you could not do")),
    ),
    "data_loss": (
        ("what_lost", _("What was lost, and since when")),
        ("recovery", _("The invoice or the estimate for getting it back")),
    ),
    "service_value": (("fee", _("What you paid for the service, and for which time")),),
    "non_material": (
        ("effects", _("What it did to you, with papers such as a doctor's")),
        ("others", _("Who else noticed it and can confirm it")),
    ),
    "legal_costs": (("fee_note", _("The lawyer's invoice, with what was done")),),
}


def common(heads):
    """The (code, question) pairs that fit a claim over `heads`."""
    own = [(f"{head}.{code}", text) for head, pairs in COMMON.items() if head in heads for code, text in pairs]
    return own + [(f"any.{code}", text) for code, text in EVERYWHERE]


def clean_things(things):
    """The named things that are asked for: one line each, none twice."""
    things = [clean_line(thing, field=f"items.{place}", limit=LABEL) for place, thing in enumerate(things)]
    things = list(dict.fromkeys(things))
    if not things:
        raise Refused("required", _("Name at least one thing that you ask for."), field="items")
    if len(things) > MOST_THINGS:
        raise Refused("too_many", _("Ask for at most %(most)d things at once.") % {"most": MOST_THINGS}, field="items")
    return things


def clean_days(days, usual):
    """How many days there are to answer; `usual` are those of the terms."""
    if days is None:
        return usual
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        message = _("Give between 1 and %(most)d days to answer.") % {"most": MOST_DAYS}
        raise Refused("invalid_days", message, field="days")
    return days


def answer_by(asked, days):
    """The Rome date until whose end an answer is in time."""
    return due_date(asked, days)


def remind_on(asked, due, days_before):
    """The day from which a reminder is due: never the day of asking itself."""
    return max(asked + timedelta(days=1), due - timedelta(days=days_before))


def clean_answer(text, *, declined, field="text"):
    """An answer in words; what cannot be given needs them: they say why."""
    text = clean_text(text, field=field, limit=NOTE, required=False)
    if declined and not text:
        raise Refused("reason_required", _("Say why you cannot give it."), field=field)
    return text


def check_answered(items):
    """Raises Refused `unanswered` naming each of `items`, (id, label, whether given), that has no answer."""
    wrong = Collected()
    for number, label, given in items:
        if not given:
            message = _("“%(thing)s” has no answer yet. Answer it, or say that you cannot give it.") % {"thing": label}
            wrong.add(Refused("unanswered", message, field=f"items.{number}"))
    wrong.raise_if_any()
