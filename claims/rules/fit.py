"""Whether what was told and handed in fits the outage of the account: dated facts, and flags for what does not fit.

A flag never decides: each names the fact it rests on, and a person looks at it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from claims.rules.outage import ROME, merged, overlaps

ROME_ASSUMED, UTC_ASSUMED = "rome", "utc"
MADE = frozenset({"pdf_created", "xmp_created", "document_created", "file_created", "photo_taken"})
EDITED = frozenset({"pdf_modified", "xmp_modified", "document_modified", "file_changed"})
TAKEN = frozenset({"photo_taken", "photo_stored", "satellite_time", "file_created"})
SENT = frozenset({"mail_date", "received", "bounced_mail"})
# Programs write the two dates of a document some time apart; an unknown zone may be off by half a day or more.
SLACK, UNSURE = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Fact:
    """Something that is said to have happened at a moment. `assumed` is the zone we took for want of one."""

    what: str
    at: datetime
    zone: int | None = None
    assumed: str = ""
    document: str = ""
    head: str = ""


@dataclass(frozen=True)
class Paper:
    """A document with its dated facts. `shows` the failure itself: a bounce, a screenshot. `people` of a mail."""

    id: str
    facts: tuple = ()
    shows: bool = False
    is_mail: bool = False
    failed: frozenset = frozenset()  # whom a mail did not reach
    people: frozenset = frozenset()  # everybody a mail names


@dataclass(frozen=True)
class Flag:
    """What does not fit: `code`, of which document or kind of loss, and the figures for its sentence."""

    code: str
    document: str = ""
    head: str = ""
    facts: dict = field(default_factory=dict)

    def as_json(self):
        return {"code": self.code, "document": self.document, "head": self.head, **self.facts}


def read_moment(told):
    """(moment in UTC, zone in minutes or None, what was assumed) of a fact as the reader wrote it down."""
    at, zone = datetime.fromisoformat(told["at"]), told.get("zone")
    if at.tzinfo is None:
        return at.replace(tzinfo=ROME).astimezone(UTC), None, ROME_ASSUMED
    return at.astimezone(UTC), zone, UTC_ASSUMED if zone is None else ""


def flags(losses, papers, *, outage, submitted_at, own):
    """[Flag]. `losses` are Facts, `own` the addresses of the account and its claimant in small letters."""
    intervals = merged(outage)
    found = [flag for loss in losses for flag in of_time((loss,), intervals, head=loss.head)]
    for paper in papers:
        if paper.shows:
            found += of_time(moments_of_proof(paper), intervals, document=paper.id)
        found += edited_after(paper, submitted_at)
        found += other_account(paper, own)
    return found


def moments_of_proof(paper):
    """The facts that say when the failure was met: the way of a mail, or when a picture was taken."""
    return tuple(fact for fact in paper.facts if fact.what in (SENT if paper.is_mail else TAKEN))


def of_time(facts, intervals, **whose):
    """A flag if what lasted from the first fact to the last one lies wholly outside of the outage."""
    if not facts or not intervals:
        return []
    first, last = min(fact.at for fact in facts), max(fact.at for fact in facts)
    if any(start <= last and first < end for start, end in intervals):
        return []
    restored = intervals[-1][1]
    if first >= restored:
        away = {"at": first.isoformat(), "minutes": minutes(first - restored)}
        return [Flag("after_restoration", facts=away, **whose)]
    gaps = [(start - last, "before") for start, _end in intervals if last < start]
    gaps += [(first - end, "after") for _start, end in intervals if first >= end]
    least, side = min(gaps)
    return [Flag("no_overlap", facts={"at": first.isoformat(), "minutes": minutes(least), "side": side}, **whose)]


def edited_after(paper, submitted_at):
    """A flag if a document was made or changed after the claim was filed, or changed after it was made."""
    dated = [fact for fact in paper.facts if fact.what in MADE | EDITED]
    late = [fact for fact in dated if submitted_at and fact.at > submitted_at + (UNSURE if fact.assumed else SLACK)]
    if late:
        last = max(late, key=lambda fact: fact.at)
        away = {"than": "claim", "what": last.what, "minutes": minutes(last.at - submitted_at)}
        return [Flag("edited_after", paper.id, facts={**away, "at": last.at.isoformat()})]
    made = [fact for fact in dated if fact.what in MADE]
    changed = [fact for fact in dated if fact.what in EDITED]
    if not made or not changed:
        return []
    first, last = min(made, key=lambda fact: fact.at), max(changed, key=lambda fact: fact.at)
    sure = bool(first.assumed) == bool(last.assumed)
    if last.at - first.at <= (SLACK if sure else UNSURE):
        return []
    away = {"than": "itself", "what": last.what, "minutes": minutes(last.at - first.at), "at": last.at.isoformat()}
    return [Flag("edited_after", paper.id, facts=away)]


def other_account(paper, own):
    """A flag if a mail names neither the account nor its claimant, or reports failure for somebody else's account."""
    if not paper.is_mail or not own or not paper.people | paper.failed:
        return []
    if paper.people & own or paper.failed & own:
        return []
    named = sorted(paper.failed or paper.people)[:3]
    return [Flag("other_account", paper.id, facts={"addresses": named})]


def minutes(length):
    return length // timedelta(minutes=1)


def is_inside(fact, intervals):
    """Whether a fact lies in the outage."""
    return overlaps(fact.at, intervals)
