"""The tables of evidence. Import from here."""

from evidence.models.contents import Content, Mail, Page, SigningKey
from evidence.models.deletions import DeletedFile, Deletion
from evidence.models.documents import ALARM_AFTER, Document, Reading
from evidence.models.fingerprints import Fingerprint
from evidence.models.leaves import Leaves
from evidence.models.scans import Scan
from evidence.models.searches import Search
from evidence.models.uploads import Upload

__all__ = [
    "ALARM_AFTER",
    "Content",
    "DeletedFile",
    "Deletion",
    "Document",
    "Fingerprint",
    "Leaves",
    "Mail",
    "Page",
    "Reading",
    "Scan",
    "Search",
    "SigningKey",
    "Upload",
]
