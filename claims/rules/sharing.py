"""Sharing out cases among colleagues."""

from django.utils.translation import gettext_lazy as _

WAITS = _("It waits for something and must stay with a reviewer: give it to a colleague.")


def share(cases, receivers, may):
    """(case, receiver) for each case, evenly; None as receiver where `may(receiver, case)` is true for nobody.

    Who has got fewest so far is next, so that nobody gets two more than another unless bars leave no choice.
    """
    got, shared = [0] * len(receivers), []
    for case in cases:
        fit = [at for at, receiver in enumerate(receivers) if may(receiver, case)]
        chosen = min(fit, key=lambda at: got[at], default=None)
        if chosen is not None:
            got[chosen] += 1
        shared.append((case, None if chosen is None else receivers[chosen]))
    return shared
