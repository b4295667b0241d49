"""Every table has a look-up for staff, or a reason why none; nothing is changed there, no own claim is shown."""

from datetime import timedelta

from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.admin import LookUp
from claims.admin.site import site
from claims.models import Bundle, Pin, Proof, ReadMark, StoryPrint
from evidence import deleting
from evidence.models import Fingerprint, Leaves, Mail, Upload
from tests import make

OURS = ("accounts", "evidence", "claims")
# Table: where staff read it instead, or why nobody does.
ELSEWHERE = {
    "accounts.User": "People and roles",
    "accounts.PersonKey": "a secret",
    "accounts.ApiToken": "a secret",
    "accounts.Throttle": "addresses of callers, gone within the hour",
    "evidence.Page": "the words of a document, read in the case, where it is written down",
    "claims.Incident": "Incidents",
    "claims.Service": "Incidents",
    "claims.IncidentTerms": "Incidents",
    "claims.TermsDraft": "Incidents, terms",
    "claims.TermsPreview": "Incidents, terms",
    "claims.Correction": "Incidents, roster",
    "claims.CorrectedAccount": "Incidents, roster",
    "claims.Customer": "the roster: asked account by account in a case",
    "claims.Attachment": "Documents",
    "claims.Decision": "the case",
    "claims.Award": "the case",
    "claims.Benefit": "the case",
    "claims.Countersignature": "the case",
    "claims.Appeal": "the case",
    "claims.ClockEvent": "the case, deadline",
    "claims.Hold": "the case, deadline",
    "claims.DecisionDraft": "its writer's own, until it is a decision",
    "claims.IdempotencyKey": "answers to programs, theirs alone",
    "claims.Seal": "manage.py verify_journal",
    "claims.ReasonText": "Reasons",
    "claims.LetterText": "Words of letters",
    "claims.Letter": "the case",
    "claims.Message": "the case",
    "claims.Note": "the case",
    "claims.Mention": "the desk",
    "claims.Pace": "a number shown to claimants and in the case",
    "claims.InformationRequest": "the case",
    "claims.RequestedItem": "the case",
    "claims.Export": "Exports",
    "claims.Assignment": "Desks and the case's history",
    "claims.Clearing": "Desks",
    "claims.Absence": "Desks",
    "claims.Payout": "the pages of payouts",
    "claims.SharedAccount": "the pages of payouts",
    "claims.Batch": "the pages of payouts",
    "claims.Transfer": "the pages of payouts",
    "claims.Statement": "the pages of payouts",
    "claims.StatementLine": "the pages of payouts",
    "claims.MassRun": "the pages of mass runs",
    "claims.MailDomain": "the outbox",
    "claims.MailPause": "the outbox",
    "claims.MailMinute": "the outbox",
    "claims.Bounce": "the outbox",
    "claims.BadAddress": "the outbox",
    "claims.Entitlement": "the pages of awards in kind",
    "claims.FulfilmentFile": "the pages of awards in kind",
    "claims.Fulfilment": "the pages of awards in kind",
    "claims.Confirmation": "the pages of awards in kind",
    "claims.Voucher": "the pages of awards in kind: a code only by its last letters",
    "claims.AccountDetails": "the pages of payouts, by the last digits",
}


def tables():
    return {model._meta.label: model for model in apps.get_models() if model._meta.app_label in OURS}


def missing(labels, registered, elsewhere):
    """(tables without a look-up or a reason, reasons for what has one or is not there)."""
    return sorted(labels - registered - set(elsewhere)), sorted(set(elsewhere) & registered | set(elsewhere) - labels)


def test_every_table_has_a_look_up_or_a_reason_why_none():
    registered = {model._meta.label for model in site._registry}
    assert missing(set(tables()), registered, ELSEWHERE) == ([], [])
    assert missing({"claims.New"}, set(), {}) == (["claims.New"], [])
    assert missing({"claims.A"}, {"claims.A"}, {"claims.A": "", "claims.B": ""}) == ([], ["claims.A", "claims.B"])


def test_nothing_can_be_added_changed_or_deleted_in_a_look_up(rf, sara):
    request = rf.get("/")
    request.user = sara
    for model, look_up in site._registry.items():
        assert isinstance(look_up, LookUp), model
        may = (look_up.has_add_permission, look_up.has_change_permission, look_up.has_delete_permission)
        assert not any(each(request) for each in may), model


BEHIND = (
    *("evidence_upload", "evidence_scan", "evidence_content", "evidence_mail", "evidence_leaves", "evidence_deletion"),
    *("evidence_fingerprint", "claims_storyprint", "claims_pin", "claims_readmark", "claims_proof", "claims_bundle"),
)


def furnish(claim, by, number):
    """One row in every table behind the documents of a claim."""
    attachment = make.attachment(claim, content=make.PDF + b"%%%d" % number)
    document = attachment.document
    Pin.objects.create(attachment=attachment, text="Look here", by=by)
    ReadMark.objects.create(attachment=attachment, by=by)
    Proof.objects.create(attachment=attachment, item=claim.items.first(), by=by)
    Bundle.objects.create(claim=claim, requested_by=by, digest=f"{number}")
    StoryPrint.objects.create(claim=claim, part=number + 100, value=number)
    Fingerprint.objects.create(sha256=document.sha256, kind="text", value=number)
    Leaves.objects.create(sha256=document.sha256, media_type=document.media_type)
    Mail.objects.create(content_id=document.sha256, message_id=f"<{number}@x>", subject="secret subject")
    later = timezone.now() + timedelta(days=1)
    Upload.objects.create(
        owner=claim.claimant, name="a.pdf", size=9, purpose=f"evidence {claim.reference}", expires_at=later
    )
    deleting.Deletion.objects.create(rule="closed", days=1, why=f"case {claim.reference}")


def test_what_is_behind_documents_is_listed_but_never_of_an_own_claim(staff, at, anna, sara, rita, incident):
    claim, client = make.taken(anna, incident, rita), staff(sara)
    furnish(claim, rita, 1)
    hers = make.submitted(sara, incident, login="sara@elsewhere.example", login_explanation="Mine")
    for number in range(2, 5):
        furnish(hers, rita, number)
    for name in BEHIND:
        answer = client.get(at(f"{name}_changelist"))
        rows = answer.context["cl"].result_count
        assert rows == {"evidence_scan": 2, "evidence_content": 2}.get(name, 1), name  # it came with a document
        assert "secret subject" not in answer.content.decode(), name
        assert client.get(at(f"{name}_changelist"), {"q": "nothing like it"}).context["cl"].result_count == 0, name


def test_their_queries_do_not_grow_with_the_rows(staff, at, anna, sara, rita, incident):
    claim, client = make.taken(anna, incident, rita), staff(sara)
    counts = {name: set() for name in BEHIND}
    client.get(at("index"))
    for numbers in (range(3), range(3, 30)):
        for number in numbers:
            furnish(claim, rita, number)
        for name in BEHIND:
            with CaptureQueriesContext(connection) as queries:
                client.get(at(f"{name}_changelist"))
            counts[name].add(len(queries))
    assert {name: found for name, found in counts.items() if len(found) > 1} == {}
