"""What a decision gives, as it is answered: the words of its reasons, and what is beside money."""

from rest_framework import serializers

from claims.models import Benefit


class Explanation(serializers.Serializer):
    """A reason in the words that the decision was made with, as the claimant reads them."""

    code = serializers.CharField()
    version = serializers.IntegerField()
    text = serializers.CharField()


class Gift(serializers.Serializer):
    """What a decision gives beside money."""

    kind = serializers.ChoiceField(choices=Benefit.Kind.values)
    quantity = serializers.IntegerField()


def explanation(text):
    return {"code": text.code, "version": text.version, "text": text.for_claimant}


def gifts_of(decision):
    gifts = decision.benefits.all() if decision else ()
    return [{"kind": gift.kind, "quantity": gift.quantity} for gift in gifts]
