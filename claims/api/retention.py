"""Legal holds: nothing of a claim is deleted until one is lifted."""

from drf_spectacular.utils import extend_schema_view

from accounts.access import rule_of
from accounts.roles import Role
from claims.actions import legal_holds
from claims.api.body import Strict
from claims.api.fields import Text
from claims.api.steps import Step, step
from claims.rules.text import NOTE

KEEPERS = rule_of(Role.SUPERVISOR, Role.MANAGER)


class Because(Strict):
    reason = Text(max_length=NOTE, help_text="For the journal and for colleagues; the claimant does not see it.")


@extend_schema_view(
    post=step(
        "Set a legal hold",
        Because,
        example={"reason": "Court of Rome, case 12/2026"},
        description="The documents of the claim are kept, however long ago it ended, until the hold is lifted. The"
        " claim may be in any state, and one hold at a time is set.",
    )
)
class LegalHold(Step):
    access_rule = KEEPERS
    body = Because

    def go(self, reference, **values):
        return legal_holds.place(reference, **values)


@extend_schema_view(
    post=step(
        "Lift a legal hold",
        Because,
        example={"reason": "The court has decided."},
        description="Documents that are past their time are deleted within an hour.",
    )
)
class LiftLegalHold(Step):
    access_rule = KEEPERS
    body = Because

    def go(self, reference, **values):
        return legal_holds.lift(reference, **values)
