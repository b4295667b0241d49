"""The tables of claims. Import from here; modules below import only what stands above them in this list."""

from claims.models.account_details import AccountDetails
from claims.models.appeal import Appeal
from claims.models.checklist import Check
from claims.models.claim import REMEDIES, Attachment, Claim, LossItem
from claims.models.clock import ClockEvent
from claims.models.correction import CorrectedAccount, Correction
from claims.models.decision import Award, Benefit, Countersignature, Decision
from claims.models.drafting import DecisionDraft
from claims.models.entitlement import Confirmation, Entitlement, Fulfilment, FulfilmentFile
from claims.models.idempotency import IdempotencyKey
from claims.models.incident import Customer, Incident, IncidentTerms, Service
from claims.models.journal import JournalEntry, Seal
from claims.models.letter import Letter
from claims.models.mass_run import MassRun
from claims.models.messages import Mention, Message, Note
from claims.models.notice import Notice
from claims.models.outbox import BadAddress, Bounce, MailDomain, MailMinute, MailPause
from claims.models.pace import Pace
from claims.models.payout import Batch, Payout, SharedAccount, Transfer
from claims.models.problem import ProblemReport
from claims.models.questions import InformationRequest, RequestedItem
from claims.models.reading_room import Bundle, Pin, Proof, ReadMark
from claims.models.report import Export
from claims.models.retention import LegalHold
from claims.models.review import Absence, Assignment, Clearing, Hold
from claims.models.statement import Statement, StatementLine
from claims.models.stories import StoryPrint
from claims.models.terms_draft import TermsDraft, TermsPreview
from claims.models.voucher import Voucher
from claims.models.wording import LetterText, ReasonText

__all__ = [
    "REMEDIES",
    "Absence",
    "AccountDetails",
    "Appeal",
    "Assignment",
    "Attachment",
    "Award",
    "BadAddress",
    "Batch",
    "Benefit",
    "Bounce",
    "Bundle",
    "Check",
    "Claim",
    "Clearing",
    "ClockEvent",
    "Confirmation",
    "CorrectedAccount",
    "Correction",
    "Countersignature",
    "Customer",
    "Decision",
    "DecisionDraft",
    "Entitlement",
    "Export",
    "Fulfilment",
    "FulfilmentFile",
    "Hold",
    "IdempotencyKey",
    "Incident",
    "IncidentTerms",
    "InformationRequest",
    "JournalEntry",
    "LegalHold",
    "Letter",
    "LetterText",
    "LossItem",
    "MailDomain",
    "MailMinute",
    "MailPause",
    "MassRun",
    "Mention",
    "Message",
    "Note",
    "Notice",
    "Pace",
    "Payout",
    "Pin",
    "ProblemReport",
    "Proof",
    "ReadMark",
    "ReasonText",
    "RequestedItem",
    "Seal",
    "Service",
    "SharedAccount",
    "Statement",
    "StatementLine",
    "StoryPrint",
    "TermsDraft",
    "TermsPreview",
    "Transfer",
    "Voucher",
]
