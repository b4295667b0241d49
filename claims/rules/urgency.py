"""How urgent a claim is: the one order of the queue, of desks and of “take next”.

1. What is pressing: overdue, or due within the reminder days of its terms. The one due first comes first, so that all
   that is overdue stands before all that is only due soon; then the riskier, then the older submission.
2. The rest: the riskier first, then the older submission.

A claim whose clock stands still is never pressing. An appeal has a due date of its own and competes by that. Between
claims without risk, submitted under the same terms and never prolonged, this is the order of due dates all along.

claims.models.claim.ClaimQuerySet.by_urgency() and the statement of claims.actions.review say the same in SQL.
"""

from django.utils.translation import gettext_lazy as _

# Each that holds makes a claim riskier by one: what was decided in a hurry here is dear, or was wrong before.
RISKS = {
    "over_limit": _("Over the limit"),
    "second_look": _("Second look"),
    "returned": _("Returned"),
}


def risks(claimed, number, terms, *, returned):
    """The codes of RISKS that hold in review round `number`; `returned`: a decision of it was given back."""
    holds = {
        "over_limit": claimed > terms.countersign_limit,
        "second_look": number > 1,  # appealed or reopened
        "returned": returned,
    }
    return tuple(code for code, true in holds.items() if true)


def is_pressing(due, today, *, reminder_days):
    """Whether a running clock is over, or nearly so."""
    return (due - today).days <= reminder_days


def place(claim, today, *, reminder_days, stands=False):
    """Sorts claims by urgency. `claim` has due, risk, submitted_at and pk; `stands`: its clock stands still."""
    pressing = not stands and is_pressing(claim.due, today, reminder_days=reminder_days)
    return (0, claim.due) if pressing else (1,), -claim.risk, claim.submitted_at, claim.pk
