"""Plain builders. Each makes one thing the way the product does, with defaults a test need not care about."""

import io
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from accounts.models import User
from claims.actions import checklist, decisions, intake, review
from claims.models import Attachment, Check, Claim, Customer, Incident, IncidentTerms, Service
from claims.rules.terms import Terms
from evidence import blobs
from evidence.models import Document

PASSWORD = "ristoro-demo"
NARRATIVE = "On 24 January I could not read the offer of a client and lost the job."
DURING = datetime(2023, 1, 24, 9, 30, tzinfo=UTC)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R/Size 4>>\n%%EOF\n"
)


def person(name, *roles, email=None, **fields):
    """A person called `name` with `roles`; staff for every role but claimant."""
    staff = any(role != "claimant" for role in roles)
    user = User(email=email or f"{name}@example.org", name=name.capitalize(), is_staff=staff, **fields)
    user.set_password(PASSWORD)
    user.save()
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def incident(code="libero-2023", *, terms=None, terms_frozen=True, state="open", **fields):
    """An open incident with frozen terms and its three services."""
    made = Incident.objects.create(
        **{
            "code": code,
            "title_it": "Disservizio della posta",
            "title_en": "Mail outage",
            "summary_it": "La posta non ha funzionato per giorni.",
            "summary_en": "Mail did not work for days.",
            "started_at": datetime(2023, 1, 22, 23, tzinfo=UTC),
            "ended_at": datetime(2023, 1, 26, 17, tzinfo=UTC),
            "state": state,
            **fields,
        }
    )
    frozen_at = timezone.now() if terms_frozen else None
    IncidentTerms.objects.create(incident=made, version=1, values=(terms or Terms()).to_json(), frozen_at=frozen_at)
    for kind, domain in (("free", "virgilio.example"), ("paid", "libero.example"), ("business", "affari.example")):
        Service.objects.create(incident=made, code=kind, kind=kind, domains=[domain])
    return made


def later_terms(incident, **values):
    """A newer version of the terms, in force: what is frozen stays as it is."""
    version = incident.terms_versions.latest("version").version + 1
    return IncidentTerms.objects.create(
        incident=incident,
        version=version,
        values=Terms(**values).to_json(),
        frozen_at=timezone.now(),
        **dict(zip(("proposed_by", "approved_by"), managers(), strict=True)),
    )


def managers():
    """Two managers that no test knows: later terms need them."""
    found = User.objects.filter(email__in=("first@terms.example", "second@terms.example"))
    return list(found) or [person(name, "manager", email=f"{name}@terms.example") for name in ("first", "second")]


def customer(incident, login="anna@libero.example", *, service="paid", **fields):
    """An account on the roster."""
    return Customer.objects.create(
        incident=incident, service=incident.services.get(code=service), login=login, **fields
    )


def crowd(number, code="libero-2023"):
    """An incident with `number` paid mailboxes, none of them of the staff; an indemnity gives 24.00 to each."""
    made = incident(code)
    paid = made.services.get(code="paid")
    Customer.objects.bulk_create(
        Customer(incident=made, service=paid, login=f"p{n}@libero.example", contact=f"p{n}@example.net")
        for n in range(number)
    )
    return made


def item(amount="120.00", *, head="extra_expense", description="A new mailbox elsewhere", occurred_at=DURING, **more):
    """A loss as actions take it."""
    return {
        "head": head,
        "description": description,
        "amount": Decimal(amount),
        "occurred_at": occurred_at,
        **more,
    }


def draft(claimant, incident, *, login="anna@libero.example", items=None, **particulars):
    """A draft with a narrative and, unless told otherwise, one loss of 120.00."""
    particulars.setdefault("narrative", NARRATIVE)
    by = particulars.pop("by", claimant)
    return intake.open_claim(
        incident.code, by=by, login=login, items=[item()] if items is None else items, **particulars
    )


def document(owner, *, content=PDF, name="invoice.pdf", media_type="application/pdf", state="clean", **fields):
    """A stored document, already judged: bytes on the storage and its row."""
    digest = sha256(content).hexdigest()
    part = blobs.temporary()
    part.write(content)
    blobs.keep(part, blobs.path(digest))
    return Document.objects.create(
        owner=owner,
        name=name,
        sha256=digest,
        size=len(content),
        media_type=media_type,
        state=state,
        judged_at=None if state == "pending" else timezone.now(),
        **fields,
    )


def attachment(claim, *, kind="invoice", **fields):
    """A judged document attached to a claim."""
    return Attachment.objects.create(claim=claim, document=document(claim.claimant, **fields), kind=kind)


def submitted(claimant, incident, **particulars):
    """A submitted claim with one document."""
    claim = draft(claimant, incident, **particulars)
    attachment(claim)
    return intake.submit_claim(claim.reference, by=claimant, declaration=True)


def taken(claimant, incident, reviewer, *, is_checked=True, **particulars):
    """A claim on the desk of `reviewer`, whose checklist is complete unless told otherwise."""
    claim = review.take(submitted(claimant, incident, **particulars).reference, by=reviewer)
    return checked(claim) if is_checked else claim


def checked(claim):
    """The claim, with its reviewer's word for every check of its round: what the data say later changes nothing."""
    found = Claim.objects.get(pk=claim.pk)
    if found.status == "in_review":
        checklist.prefill(found)
        rows = Check.objects.filter(claim=found, round=found.round, by=None)
        looked = {"note": "Looked at.", "by": found.assigned_to, "at": timezone.now(), "automatic": False}
        rows.filter(result="open").update(result="pass", **looked)
        rows.update(**looked)
    return claim


def put(claim, status, **columns):
    """Into a state behind everybody's back: neither the table of moves nor the journal is asked."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")  # of what was right until now
        cursor.execute("SET session_replication_role = replica")
        type(claim).objects.filter(pk=claim.pk).update(status=status, **columns)
        cursor.execute("RESET session_replication_role")


def findings(claim, *, awarded=None, reasons=("accepted_in_full",)):
    """A decision's items: everything in full, or `awarded` euro for each."""
    return [
        {
            "id": each.pk,
            "awarded": each.amount if awarded is None else Decimal(awarded),
            "share": Decimal(0),
            "reasons": list(reasons),
        }
        for each in claim.items.all()
    ]


def decided(claimant, incident, reviewer, **particulars):
    """A claim approved in full."""
    claim = taken(claimant, incident, reviewer, **particulars)
    return decisions.decide(
        claim.reference, by=reviewer, outcome="approved", items=findings(claim), note="Proven by the invoice."
    )


def upload(name="invoice.pdf", content=PDF):
    """A file as a test client posts it."""
    file = io.BytesIO(content)
    file.name = name
    return file
