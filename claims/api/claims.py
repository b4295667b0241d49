"""Claims: opening, listing, reading, changing."""

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.access import SIGNED_IN, rule_of
from accounts.roles import Role
from claims.actions import answers, intake
from claims.api.body import Strict, data_of
from claims.api.documentation import IF_MATCH_DEMANDED, KEY, PAGES, described, page_of
from claims.api.door import Door
from claims.api.fields import Amount, Id, MaybeWord, Moment, Text, Word
from claims.api.filters import DESCRIBED, NARROW, filtered
from claims.api.paging import Cursor, newest_first, parameters
from claims.api.preconditions import if_match, only_if
from claims.api.questions import GivenAnswer
from claims.api.repeating import Acting, answered
from claims.api.representations import claim_for, claims_for, either, find, known
from claims.rules.asking import MOST_THINGS
from claims.rules.errors import Refused
from claims.rules.text import DESCRIPTION, NARRATIVE

MOST_ITEMS = 1000  # of the door; the terms of an incident allow fewer
SLOW_SEARCH = "SET LOCAL statement_timeout = '3s'"

EXAMPLE_ITEM = {
    "head": "extra_expense",
    "description": "A new mailbox elsewhere",
    "amount": "120.00",
    "occurred_at": "2023-01-24T09:30:00Z",
}
EXAMPLE = {
    "incident": "libero-2023",
    "remedy": "damages",
    "login": "anna@libero.example",
    "narrative": "I could not read the offer of a client and lost the job.",
    "items": [EXAMPLE_ITEM],
    "iban": "IT60X0542811101000000123456",
}
EXAMPLE_ANSWER = {
    "reference": "4F7GH-9HQ2X",
    "status": "draft",
    "remedy": "damages",
    "incident": "libero-2023",
    "login": "anna@libero.example",
    "login_explanation": "",
    "narrative": "I could not read the offer of a client and lost the job.",
    "iban": "IT** 3456",
    "items": [{"id": 17, **EXAMPLE_ITEM, "awarded": None, "share": None, "reasons": [], "explanations": []}],
    "totals": {"claimed": "120.00", "total": None, "offsets": None, "net": None},
    "awards": [],
    "due": None,
    "estimate": None,
    "submitted_at": None,
    "decided_at": None,
    "version": 1,
}


class NewItem(Strict):
    head = Word()
    description = Text(max_length=DESCRIPTION)
    amount = Amount()
    occurred_at = Moment()


class ChangedItem(Strict):
    """With an `id`: that loss is changed. Without: it is added. Losses that are not named are removed."""

    id = Id(required=False, allow_null=True)
    head = Word()
    description = Text(max_length=DESCRIPTION)
    amount = Amount()
    occurred_at = Moment()


class OnBehalfOf(Strict):
    """Whom an operator files for, and how it was checked who called."""

    email = Word()
    name = Word()
    phone = MaybeWord(required=False)
    identity_check = Word()


class NewClaim(Strict):
    incident = Word()
    login = Word()
    remedy = serializers.ChoiceField(choices=["indemnity", "refund", "damages"], default="damages")
    narrative = Text(max_length=NARRATIVE, required=False, allow_blank=True)
    login_explanation = Text(max_length=NARRATIVE, required=False, allow_blank=True)
    items = NewItem(many=True, required=False, max_length=MOST_ITEMS)
    iban = MaybeWord(required=False)
    holder = MaybeWord(required=False)
    on_behalf_of = OnBehalfOf(required=False, allow_null=True)


class ClaimChange(Strict):
    """What is to change; the rest stays."""

    login = Word(required=False)
    narrative = Text(max_length=NARRATIVE, required=False, allow_blank=True)
    login_explanation = Text(max_length=NARRATIVE, required=False, allow_blank=True)
    late_reason = Text(max_length=NARRATIVE, required=False, allow_blank=True)
    items = ChangedItem(many=True, required=False, max_length=MOST_ITEMS)
    iban = MaybeWord(required=False)
    holder = MaybeWord(required=False)
    answers = GivenAnswer(many=True, required=False, max_length=MOST_THINGS)


class Claims(Acting):
    access_rule = {"GET": SIGNED_IN, "POST": rule_of(Role.CLAIMANT, Role.OPERATOR)}

    @described(
        "List claims",
        tag="claims",
        operation_id="claims_list",
        answers={200: page_of(either(many=True), "ClaimPage")},
        problems=(400, 401),
        parameters=[*DESCRIBED, *PAGES],
        description="Your own; for operators also those they filed; for reviewers, supervisors and managers all"
        " that were submitted. Newest first.",
    )
    def get(self, request):
        given = parameters(request, *NARROW)
        cursor = Cursor(request, "claims", given)
        with transaction.atomic():
            if "q" in given:
                with connection.cursor() as database:
                    database.execute(SLOW_SEARCH)
            page = newest_first(filtered(known(request.user), given, request.user), cursor)
            return answered(200, {**page, "results": claims_for(request.user, page["results"])})

    @described(
        "Open a claim",
        tag="claims",
        request=NewClaim,
        answers={201: either()},
        problems=(400, 401, 403, 409, 411, 413, 415, 422),
        parameters=[KEY],
        example=EXAMPLE,
        reply=EXAMPLE_ANSWER,
        description="Opens a draft. Operators name whom they file for in `on_behalf_of`.",
    )
    def post(self, request):
        return super().post(request)

    def act(self, request, data):
        values = NewClaim.read(data)
        claim = intake.open_claim(values.pop("incident"), by=request.user, channel="api", **values)
        return 201, claim_for(request.user, claim)


class OneClaim(Door):
    access_rule = SIGNED_IN

    @described(
        "Read a claim",
        tag="claims",
        answers={200: either()},
        problems=(400, 401, 404),
        reply=EXAMPLE_ANSWER,
    )
    def get(self, request, reference):
        parameters(request)
        return answered(200, claim_for(request.user, find(request.user, reference)))

    @described(
        "Change a draft, or keep answers to what was asked",
        tag="claims",
        request=ClaimChange,
        answers={200: either()},
        problems=(400, 401, 403, 404, 409, 411, 412, 413, 415, 422, 428),
        parameters=[IF_MATCH_DEMANDED],
        example={"narrative": "I could not read the offer of a client.", "items": [{"id": 17, **EXAMPLE_ITEM}]},
        reply={**EXAMPLE_ANSWER, "version": 2},
        description="While a question is open, `answers` (and nothing else) keeps answers until `answer/` hands them"
        " in. Nobody sees them before, and the version of the claim stays.",
    )
    def patch(self, request, reference):
        version = if_match(request, required=True)
        changes = ClaimChange.read(data_of(request))
        kept = changes.pop("answers", None)
        if kept is not None and changes:
            raise Refused("not_together", _("Send the answers by themselves."), field="answers")
        change = intake.edit_claim if kept is None else answers.save_answers
        values = changes if kept is None else {"answers": kept}
        with only_if(version):
            claim = change(reference, by=request.user, version=version, **values)
        return answered(200, claim_for(request.user, claim))
