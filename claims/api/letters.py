"""The letters of a claim's decisions. Their PDFs are documents of the claim and are fetched as such."""

from rest_framework import serializers

from accounts.access import SIGNED_IN
from claims.api.documentation import PAGES, described, page_of
from claims.api.documents import LETTER, DocumentOut, file_as_json
from claims.api.door import Door
from claims.api.fields import Time, utc
from claims.api.paging import Cursor, in_order, parameters
from claims.api.repeating import answered
from claims.api.representations import find
from claims.models import Decision, Letter

AFTER_ALL = 2**62  # letters follow whatever was attached


class LetterOut(serializers.Serializer):
    """`code` proves at /verify/ that it is ours. `document` is null until it is printed, a few seconds later."""

    code = serializers.CharField()
    language = serializers.ChoiceField(choices=["it", "en"])
    outcome = serializers.ChoiceField(choices=Decision.Outcome.values)
    round = serializers.IntegerField()
    written_at = Time()
    document = DocumentOut(allow_null=True)


class Letters(Door):
    access_rule = SIGNED_IN

    @described(
        "List the letters of a claim's decisions",
        tag="claims",
        operation_id="claims_letters_list",
        answers={200: page_of(LetterOut(many=True), "LetterPage")},
        problems=(400, 401, 404),
        parameters=PAGES,
        description="Fetch the PDF as a document: `evidence/{id}/content`.",
    )
    def get(self, request, reference):
        cursor = Cursor(request, f"letters {reference}", parameters(request))
        claim = find(request.user, reference)
        page = in_order(list(Letter.objects.of(claim)), cursor, lambda letter: letter.pk)
        return answered(200, {**page, "results": [letter_as_json(letter) for letter in page["results"]]})


def letter_as_json(letter):
    return {
        "code": letter.code,
        "language": letter.language,
        "outcome": letter.decision.outcome,
        "round": letter.decision.round,
        "written_at": utc(letter.written_at),
        "document": file_as_json(letter.document, LETTER) if letter.document else None,
    }


def printed(claim):
    """(position, document) of each letter that is printed, for the list of a claim's documents."""
    return [
        (AFTER_ALL + letter.pk, file_as_json(letter.document, LETTER))
        for letter in Letter.objects.of(claim)
        if letter.document
    ]
