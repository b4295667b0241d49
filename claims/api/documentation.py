"""The schema at /api/schema/ and the page at /api/docs/: every call with its answers, problems and examples."""

from django.conf import settings
from django.utils.translation import get_language
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers

from accounts.access import PUBLIC
from claims.api.access import Permitted
from claims.api.problems import MEDIA_TYPE

DESCRIPTION = """
Claims after a mass outage: file one, follow it, review and decide it.

**Sign in** with `POST /api/v1/token/` and send `Authorization: Bearer <token>`.

**Money** is a string with two decimals (`"120.00"`, euro), **times** are ISO 8601 with their zone, answered in UTC.
Fields that a call does not know are refused with 422.

**Errors** are problem documents (RFC 9457, `application/problem+json`) with a stable `code` and, where several values
are wrong, one entry of `errors` for each.

**Repeating.** Every signed-in POST takes an `Idempotency-Key`; those that move a claim demand one. The same key with
the same body on the same address gets the first answer again (`Idempotency-Replayed: true`), without a second effect,
for 30 days. Another body or address under the same key is 409 `idempotency_key_reused`; while the first request is
still running, 409 `in_progress`. Only what had an effect is kept: after a 4xx or 5xx nothing was done, so the same
request may be sent again, corrected or not, under the same key.

**Changing.** A claim's `version` is its `ETag`. `PATCH` of a claim demands it as `If-Match`; other calls accept it.

**Lists** are `{next, previous, results}`: follow the links. A page has 50 rows, or `limit` up to 200.
"""
TAGS = [
    {"name": "sign-in", "description": "Tokens."},
    {"name": "incidents", "description": "Outages, what is granted after them, and whether an account was affected."},
    {"name": "claims", "description": "For claimants and the operators who file for them."},
    {"name": "evidence", "description": "Documents of a claim."},
    {"name": "review", "description": "For reviewers and supervisors."},
    {"name": "payments", "description": "Batches of payments and what the bank answers, for managers."},
    {"name": "awards", "description": "What is given in kind: files, confirmations and vouchers, for managers."},
    {"name": "exports", "description": "Files of claims, for managers and supervisors."},
]
PROBLEMS = {
    400: ("The request cannot be read", "malformed_json"),
    401: ("No token, or one that is not valid", "token_required"),
    403: ("The role, or the claim itself, does not allow it", "not_assignee"),
    404: ("It does not exist, or is none of yours", "not_found"),
    406: ("Only JSON is answered", "not_acceptable"),
    409: ("The state does not allow it", "illegal_move"),
    410: ("It is gone for good: deleted, or never finished in time", "deleted"),
    411: ("The body has no length", "length_required"),
    412: ("Somebody changed it in the meantime", "stale"),
    413: ("Too large", "too_large"),
    415: ("A kind of content that is not accepted", "unsupported_media_type"),
    416: ("The range lies outside of the file", None),
    422: ("Values to be corrected, each named", "unknown_field"),
    423: ("Another piece of the same file is being received", "being_received"),
    428: ("If-Match is missing", "precondition_required"),
    429: ("Too many tries: wait as long as Retry-After says", "too_many_requests"),
    460: ("The piece does not match its checksum", "checksum_mismatch"),
    503: ("The database does not answer: nothing was stored", "database_away"),
}


class FieldProblem(serializers.Serializer):
    field = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemDocument(serializers.Serializer):
    """RFC 9457. `code` is stable and meant for programs, `detail` for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = FieldProblem(many=True)


def described(summary, *, tag, answers, problems, request=None, example=None, reply=None, **more):
    """extend_schema for one call: `answers` {status: serializer}, `problems` its 4xx, `example` of the body."""
    responses = {of: OpenApiResponse(content, SAID[code_of(of)]) for of, content in answers.items()}
    for status in sorted({*problems, 406, 503}):
        text, code = PROBLEMS[status]
        responses[status, MEDIA_TYPE] = OpenApiResponse(ProblemDocument, text, examples=problem_examples(status, code))
    examples = []
    if example is not None:
        examples.append(OpenApiExample("Request", example, request_only=True))
    if reply is not None:
        done = [str(code_of(of)) for of in answers]
        examples.append(OpenApiExample("Answer", reply, response_only=True, status_codes=done))
    return extend_schema(
        summary=summary, tags=[tag], request=request, responses=responses, examples=examples or None, **more
    )


def code_of(answer):
    """The status in a key of `answers`: a status, or (status, media type)."""
    return answer[0] if isinstance(answer, tuple) else answer


SAID = {
    200: "As asked",
    201: "Made",
    202: "Taken; a worker goes on with it",
    204: "Nothing more to say",
    206: "The range asked for",
    302: "Where to fetch it, for a minute",
    304: "You have it already",
}


def problem_examples(status, code):
    if code is None:
        return None
    text = PROBLEMS[status][0]
    value = {"type": "about:blank", "title": text, "status": status, "detail": f"{text}.", "code": code, "errors": []}
    return [OpenApiExample(code, value)]


def header(name, description, *, required=False, example=None):
    return OpenApiParameter(
        name,
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        required=required,
        description=description,
        examples=[OpenApiExample(example, value=example)] if example else None,
    )


KEY = header("Idempotency-Key", "1 to 200 printable ASCII characters, fresh for each thing you do.")
KEY_DEMANDED = header("Idempotency-Key", KEY.description, required=True)
IF_MATCH = header("If-Match", "The version you saw, as in the ETag: 412 if the claim changed since.")
IF_MATCH_DEMANDED = header("If-Match", IF_MATCH.description, required=True)


def query(name, description, **more):
    return OpenApiParameter(name, more.pop("type", OpenApiTypes.STR), description=description, **more)


PAGES = [
    query("cursor", "As in `next` and `previous` of the page before."),
    query("limit", "Rows on a page: 50 unless told otherwise, at most 200.", type=OpenApiTypes.INT),
]


def page_of(results, name):
    """The serializer of a list of `results` (a field)."""
    links = {field: serializers.URLField(allow_null=True) for field in ("next", "previous")}
    return type(name, (serializers.Serializer,), {**links, "results": results})


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.tokens.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "A token of POST /api/v1/token/."}


def complete(result, generator, request, public):
    """What the generator cannot know: the introduction, and that requests hold nothing but what is declared."""
    result["info"]["description"] = DESCRIPTION.strip()
    result["tags"] = TAGS
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    return result


class MadeOnce(SchemaGenerator):
    """The schema does not change while we run, and making it takes a second: anybody may ask for it."""

    made = {}

    def get_schema(self, request=None, public=False):
        language = get_language() if get_language() in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        if language not in self.made:
            self.made[language] = super().get_schema(request, public)
        return self.made[language]


class Schema(SpectacularAPIView):
    """OpenAPI 3 as YAML, or JSON for ?format=json or `Accept: application/json`."""

    access_rule = PUBLIC
    permission_classes = (Permitted,)
    authentication_classes = ()
    generator_class = MadeOnce


class Docs(SpectacularSwaggerSplitView):
    """The documentation page; its script is an address of its own, so that no inline script has to be allowed."""

    access_rule = PUBLIC
    permission_classes = (Permitted,)
    authentication_classes = ()
    template_name = "api/docs.html"
    url_name = "api-schema"
