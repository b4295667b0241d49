"""What follows a decision: accepting it, appealing, saying where to pay, and opening an ended claim again."""

from drf_spectacular.utils import extend_schema_view

from accounts.access import SIGNED_IN
from claims.actions import appeals, banking, endings, people
from claims.api.body import Strict
from claims.api.fields import MaybeWord, Text, Word
from claims.api.steps import SUPERVISORS, Nothing, Step, step
from claims.rules.text import NARRATIVE, NOTE


class Grounds(Strict):
    grounds = Text(max_length=NARRATIVE, help_text="What is wrong with the decision.")


class BankDetails(Strict):
    iban = Word(help_text="Blanks do not matter.")
    holder = MaybeWord(required=False, help_text="Who holds the account.")


class Again(Strict):
    reason = Text(max_length=NOTE)
    to = MaybeWord(
        required=False, help_text="E-mail address of the reviewer who gets it; the supervisor who asks if left out."
    )


@extend_schema_view(
    post=step(
        "Accept a decision",
        Nothing,
        tag="claims",
        example={},
        description="It is paid then, or closed if there is nothing to pay, and cannot be appealed against any more."
        " 409 `bank_details_missing` while nobody knows where to pay.",
    )
)
class Accept(Step):
    access_rule = SIGNED_IN
    body = Nothing

    def go(self, reference, **values):
        return endings.accept(reference, **values)


@extend_schema_view(
    post=step(
        "Appeal against a decision",
        Grounds,
        tag="claims",
        example={"grounds": "You did not read the second invoice."},
        description="Once, within the days of the terms from the notice; new documents are added before, with"
        " `evidence/`. Another reviewer decides, not worse than the first unless the terms allow it.",
    )
)
class AppealDecision(Step):
    access_rule = SIGNED_IN
    body = Grounds

    def go(self, reference, **values):
        return appeals.appeal(reference, **values)


@extend_schema_view(
    post=step(
        "Say where to pay",
        BankDetails,
        tag="claims",
        example={"iban": "IT60X0542811101000000123456", "holder": "Anna Bianchi"},
        description="As long as nothing was paid. The IBAN is stored encrypted and answered shortened.",
    )
)
class GiveBankDetails(Step):
    access_rule = SIGNED_IN
    body = BankDetails

    def go(self, reference, *, holder="", **values):
        return banking.give_bank_details(reference, holder=holder or "", **values)


@extend_schema_view(
    post=step(
        "Open an ended claim again",
        Again,
        example={"reason": "The bank confirms the loss after all.", "to": "remo@example.org"},
        description="In its next round, on the desk of a reviewer who has not decided it before. An expired draft"
        " becomes a draft again, for its claimant to go on with.",
    )
)
class Reopen(Step):
    access_rule = SUPERVISORS
    body = Again

    def go(self, reference, *, to="", **values):
        return endings.reopen(reference, to=people.reviewer_called(to) if to else None, **values)
