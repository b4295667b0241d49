"""What was read in the documents of a claim, beside each of them."""

from evidence.findings import findings_of


def with_findings(attachments):
    """The attachments; each knows what was `found` in its document, None before it was read."""
    found = findings_of([attachment.document for attachment in attachments])
    for attachment in attachments:
        attachment.found = found.get(attachment.document_id)
    return attachments
