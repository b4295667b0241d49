"""Where in a document the words are that somebody searched for."""

from rest_framework import serializers


class PassagePart(serializers.Serializer):
    text = serializers.CharField()
    match = serializers.BooleanField(help_text="Whether it is one of the words searched for.")


class Place(serializers.Serializer):
    """Where the words searched for are."""

    page = serializers.IntegerField()
    passage = PassagePart(many=True)


def place_as_json(hit):
    return {"page": hit.number, "passage": [{"text": text, "match": is_word} for is_word, text in hit.snippet]}
