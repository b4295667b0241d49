"""The tables of claims. Import from here; modules below import only what stands above them in this list."""

from claims.models.incident import Customer, Incident, IncidentTerms, Service
from claims.models.claim import REMEDIES, Attachment, Claim, LossItem
from claims.models.review import Assignment
from claims.models.decision import Award, Countersignature, Decision
from claims.models.journal import JournalEntry
from claims.models.notice import Notice
from claims.models.report import Export
from claims.models.idempotency import IdempotencyKey
from claims.models.problem import ProblemReport

__all__ = [
    "REMEDIES",
    "Assignment",
    "Attachment",
    "Award",
    "Claim",
    "Countersignature",
    "Customer",
    "Decision",
    "Export",
    "IdempotencyKey",
    "Incident",
    "IncidentTerms",
    "JournalEntry",
    "LossItem",
    "Notice",
    "ProblemReport",
    "Service",
]
