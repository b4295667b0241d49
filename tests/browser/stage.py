"""Claims in every state with a page of its own, in a running Ristoro: `python -m tests.browser.stage` names them."""

import json
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from claims.actions import appeals, decisions, holds, messages, questions  # noqa: E402
from claims.models import Incident  # noqa: E402
from tests import make  # noqa: E402

LOSSES = [make.item("1200.00", head="missed_opportunity"), make.item("89.90", description="A journey " + "x" * 90)]


def stage():
    """The reference of a claim of anna's for each of these states; none of them waits for a reviewer to take it."""
    anna, bruno, rita, remo = (
        User.objects.get(email=f"{name}@example.org") for name in ("anna", "bruno", "rita", "remo")
    )
    incident = Incident.objects.get()

    def taken(**particulars):
        return make.taken(anna, incident, rita, items=LOSSES, **particulars)

    review, asked, held, signing, decided, rejected, appealed, final = (taken() for _ in range(8))
    messages.write(review.reference, by=anna, text="When do I hear from you?")
    messages.write_note(review.reference, by=rita, text="@sara look at the invoice.")
    questions.ask(
        asked.reference, by=rita, items=["The bill of the new mailbox", "When you saw it"], text="Two things."
    )
    holds.hold(held.reference, by=rita, until=timezone.localdate() + timedelta(days=20), reason="expert")
    judge(signing, rita, ask_signature=True)
    judge(decided, rita, awarded="20.00", outcome="partly_approved", reasons=["accepted_equitably"])
    for claim in (rejected, appealed, final):
        judge(claim, rita, awarded="0.00", outcome="rejected", reasons=["no_evidence"])
    for claim in (appealed, final):
        appeals.appeal(claim.reference, by=anna, grounds="You did not look at the second bill.")
        make.review.take(claim.reference, by=remo)
    judge(make.checked(final), remo, awarded="20.00", outcome="partly_approved", reasons=["accepted_equitably"])
    found = {
        "draft": make.draft(anna, incident, items=LOSSES),
        "held": held,
        "asked": asked,
        "review": review,
        "signing": signing,
        "decided": decided,
        "rejected": rejected,
        "appealed": appealed,
        "final": final,
    }
    return {state: claim.reference for state, claim in found.items()} | {"bruno": bruno.pk, "rita": rita.pk}


def judge(claim, by, *, outcome="approved", awarded=None, reasons=("accepted_in_full",), **more):
    items = make.findings(claim, awarded=awarded, reasons=reasons)
    decisions.decide(claim.reference, by=by, outcome=outcome, items=items, note="As the documents show.", **more)


if __name__ == "__main__":
    print(json.dumps(stage()))
