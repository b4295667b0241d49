"""Bank accounts in a batch that several people name: listed before it is approved, and taken out of it."""

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from claims.actions import batches
from claims.api.batches import MANAGERS, Step, described_batch, find
from claims.api.body import Strict
from claims.api.documentation import described
from claims.api.door import Door
from claims.api.fields import Money, Word, euro
from claims.api.paging import parameters
from claims.api.repeating import answered
from claims.models import Batch
from claims.reports import owed


class WhichAccount(Strict):
    account = Word(help_text="As the list of shared accounts names it.")


class SharedAccountOut(serializers.Serializer):
    """`account` stands for the IBAN, `names` are the claimants and accounts that give it."""

    account = serializers.CharField()
    iban_hint = serializers.CharField()
    names = serializers.IntegerField()
    payments = serializers.IntegerField()
    amount = Money()


class SharedAccountsOut(serializers.Serializer):
    results = SharedAccountOut(many=True)


class SharedAccounts(Door):
    access_rule = MANAGERS

    @described(
        "List the bank accounts in a batch that several name",
        tag="payments",
        answers={200: SharedAccountsOut},
        problems=(400, 401, 403, 404),
        description="Of an open batch, those of which nobody but who opened it has said that they are right. Whoever"
        " approves it gives `shared_reason`, or they are taken out before.",
    )
    def get(self, request, batch):
        parameters(request)
        row = find(batch)
        shared = owed.shared_in(row) if row.state == Batch.State.OPEN else []
        return answered(200, {"results": [as_json(each) for each in shared]})


def as_json(each):
    return {
        "account": each.index,
        "iban_hint": each.hint,
        "names": each.claimants,
        "payments": each.payments,
        "amount": euro(each.amount),
    }


@extend_schema_view(
    post=described_batch(
        "Take the payments into one bank account out of a batch",
        request=WhichAccount,
        example={"account": "0" * 64},
        description="Only as long as it is open. They are owed again.",
    )
)
class ExcludeAccount(Step):
    body = WhichAccount

    def go(self, number, *, account, by):
        batches.exclude_account(number, account, by=by)
