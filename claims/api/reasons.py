"""The reasons a decision may give, and the words of each."""

from rest_framework import serializers

from accounts.access import rule_of
from accounts.roles import CASE_READERS
from claims.api.documentation import described
from claims.api.door import Door
from claims.api.paging import parameters
from claims.api.repeating import answered
from claims.reports import wording

READERS = rule_of(*CASE_READERS)


class Texts(serializers.Serializer):
    it = serializers.CharField()
    en = serializers.CharField()


class ReasonOut(serializers.Serializer):
    """A reason: `staff` is what reviewers pick from, `claimant` what the claimant reads."""

    code = serializers.CharField()
    version = serializers.IntegerField()
    staff = Texts()
    claimant = Texts()


class ReasonList(serializers.Serializer):
    results = ReasonOut(many=True)


def reason_as_json(text):
    return {
        "code": text.code,
        "version": text.version,
        "staff": {"it": text.staff_it, "en": text.staff_en},
        "claimant": {"it": text.claimant_it, "en": text.claimant_en},
    }


class Reasons(Door):
    access_rule = READERS

    @described(
        "List the reasons for a decision",
        tag="review",
        operation_id="reasons_list",
        answers={200: ReasonList()},
        problems=(400, 401, 403),
        description="Those that are offered now, in the words that hold now. Decisions keep the words they were made"
        " with: see `explanations` of a claim's items.",
    )
    def get(self, request):
        parameters(request)
        return answered(200, {"results": [reason_as_json(text) for text in wording.offered().values()]})
