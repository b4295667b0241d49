"""How long the documents of a claim are kept, and what was deleted of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, F, OuterRef, Q, Subquery, UUIDField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from claims.models import Attachment, Claim, Decision, JournalEntry, LegalHold
from claims.rules.statuses import Status
from evidence.models import Deletion, Document

ENDED = (Status.CLOSED, Status.WITHDRAWN, Status.EXPIRED)
# How a claim ended, by the words of the terms.
ENDINGS = {
    "closed": pgettext_lazy("claim", "closed"),
    "rejected": _("closed after a rejection"),
    "withdrawn": pgettext_lazy("claim", "withdrawn"),
    "discarded": _("discarded as a draft"),
    "expired": _("expired as a draft"),
}
CHAIN = Concat(Value("claim:"), Cast("pk", CharField()))


@dataclass(frozen=True)
class Retention:
    """`ending` and `ended_at` are None while the claim goes on; `until` is when its documents may be deleted.

    An end that the journal does not tell of has no day (the referee finds it): nothing of such a claim is deleted.
    """

    ending: str | None
    ended_at: datetime | None
    days: int
    until: datetime | None
    hold: LegalHold | None
    deletions: list

    @property
    def span(self):
        return span_of(self.days)

    @property
    def how(self):
        return ENDINGS.get(self.ending, "")

    @property
    def deleted_at(self):
        return self.deletions[0].ordered_at if self.deletions else None


def span_of(days):
    """ "10 years" where it is whole years, else the days."""
    years, rest = divmod(days, 365)
    if years and not rest:
        return ngettext("%(num)d year", "%(num)d years", years) % {"num": years}
    return ngettext("%(num)d day", "%(num)d days", days) % {"num": days}


def named_in(entries, fact):
    """The ids that a fact of journal entries holds."""
    return entries.annotate(named=Cast(KT(f"facts__{fact}"), UUIDField())).values("named")


def taken_out(claim):
    """Ids of what its claimant took out again: nobody reads it, and it ends with the documents of the claim."""
    return named_in(JournalEntry.objects.of(claim).filter(action="detach"), "document").order_by()


def ends():
    """When a claim came to the state in which it is, by its journal."""
    moves = JournalEntry.objects.filter(chain=OuterRef("chain_name"), new=OuterRef("status"))
    return Subquery(moves.exclude(old=F("new")).order_by("-sequence").values("at")[:1])


def ending_of(claim):
    """The word of the terms for how an ended claim ended, None for one that goes on."""
    if claim.state not in ENDED:
        return None
    if claim.state is Status.WITHDRAWN:
        return "withdrawn" if claim.submitted_at else "discarded"
    if claim.state is Status.EXPIRED:
        return "expired"
    latest = claim.decisions.filter(state="effective").order_by("-round").first()
    return "rejected" if latest is not None and latest.outcome == "rejected" else "closed"


def retention_of(claim):
    ending, hold = ending_of(claim), claim.legal_holds.filter(lifted_at=None).select_related("by").first()
    # Only what ended once, and may have been opened again, can have lost its documents.
    deletions = list(deletions_of(claim)) if ending or claim.round > 1 else []
    keep = claim.terms.rules.keep_days
    if ending is None:
        return Retention(None, None, max(keep.values()), None, hold, deletions)
    ended_at = ended_claims(Claim.objects.filter(pk=claim.pk)).values_list("ended_at", flat=True).get()
    until = ended_at and ended_at + timedelta(days=keep[ending])
    return Retention(ending, ended_at, keep[ending], until, hold, deletions)


def ended_claims(claims):
    """Those of `claims` that ended, with `ended_at`."""
    return claims.filter(status__in=ENDED).annotate(chain_name=CHAIN, ended_at=ends())


def past_retention(terms, now):
    """The claims under these terms whose documents are past their time, are still kept, and are not held.

    Documents of which the claim has not heard the verdict are waited for.
    """
    keep = terms.rules.keep_days
    # A claim cannot have ended before it was opened: this leaves few whose journal has to be asked.
    old = Claim.objects.filter(terms=terms, created_at__lte=now - timedelta(days=min(keep.values())))
    documents = Attachment.objects.filter(claim=OuterRef("pk"))
    latest = Decision.objects.filter(claim=OuterRef("pk"), state="effective").order_by("-round").values("outcome")[:1]
    rejected = Q(status=Status.CLOSED, outcome="rejected")
    of = {
        "closed": Q(status=Status.CLOSED) & ~Q(outcome="rejected") | Q(status=Status.CLOSED, outcome=None),
        "rejected": rejected,
        "withdrawn": Q(status=Status.WITHDRAWN, submitted_at__isnull=False),
        "discarded": Q(status=Status.WITHDRAWN, submitted_at=None),
        "expired": Q(status=Status.EXPIRED),
    }
    due = Q(pk__in=[])
    for ending, is_such in of.items():
        due |= is_such & Q(ended_at__lte=now - timedelta(days=keep[ending]))
    left = JournalEntry.objects.filter(chain=OuterRef("chain_name"), action="detach")
    left = named_in(left, "document").filter(Exists(Document.objects.kept().filter(pk=OuterRef("named"))))
    return ended_claims(
        old.annotate(chain_name=CHAIN)
        .filter(
            Exists(documents.exclude(document__state=Document.State.DELETED)) | Exists(left),
            ~Exists(documents.filter(Q(heard="") | Q(document__state=Document.State.PENDING))),
            ~Exists(LegalHold.objects.filter(claim=OuterRef("pk"), lifted_at=None)),
        )
        .annotate(outcome=Subquery(latest))
    ).filter(due)


def certificates_of(claim):
    """Each deletion of a claim's documents, newest first, with its files, and how the claim had ended."""
    made = list(deletions_of(claim).prefetch_related("files"))
    for each in made:
        each.how, each.span = ENDINGS.get(each.rule, each.rule), span_of(each.days)
    return made


def deletions_of(claim):
    return Deletion.objects.filter(
        pk__in=named_in(JournalEntry.objects.of(claim).filter(action="delete evidence"), "deletion").order_by()
    )
