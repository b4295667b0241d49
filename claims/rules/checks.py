"""The reviewer's checklist: what must be looked at before a decision, and what the data say of it by themselves.

What the data find in order, or not to matter, is answered by them. What they find wrong they only propose: a person
looks at it and says so, with a note. Harm, causation, mitigation and tone are for people alone.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from disposable_email_domains import blocklist

from claims.rules.checklist import CHECKS, NEEDS_A_NOTE, NOT_A_RESULT, STILL_OPEN, TWICE, UNKNOWN
from claims.rules.errors import Collected, Refused
from claims.rules.money import ZERO
from claims.rules.outage import outage_days, overlaps, total_minutes
from claims.rules.terms import WITHOUT_EVIDENCE, Terms

OPEN, PASS, FAIL, NOT_APPLICABLE = "open", "pass", "fail", "not_applicable"
ANSWERS = (PASS, FAIL, NOT_APPLICABLE)
TARIFF = frozenset({"standing", "outage", "amount", "duplicates", "waiver", "terms"})  # indemnity and refund
ALWAYS = frozenset({"standing", "outage", "amount", "duplicates", "waiver", "terms", "fraud", "tone"})
PROVEN_LOSS = frozenset({"harm", "documents", "causation", "mitigation"})
# What a kind of loss adds to ALWAYS; all but this one are losses to be proven.
OF_HEAD = {"service_value": frozenset()}
MANY_PEOPLE = 3  # claimants with one IBAN
OF_TIME = ("no_overlap", "after_restoration")  # of claims.rules.fit: the other flags are signs of fraud
NEAR = Decimal("0.95")  # of the limit above which a second person signs
FRESH = timedelta(hours=48)  # of an IBAN


@dataclass(frozen=True)
class Loss:
    id: int
    head: str
    amount: Decimal
    occurred_at: datetime


@dataclass(frozen=True)
class Paper:
    """A document: which loss it proves (None: all of them), what was found of its content, who else handed it in."""

    id: str
    item: int | None
    state: str
    elsewhere: tuple = ()


@dataclass(frozen=True)
class Facts:
    """What is known of a claim. References are of other claims; drafts and withdrawn ones are never among them."""

    remedy: str
    terms: Terms
    claimed: Decimal
    items: tuple
    documents: tuple
    outage: tuple
    now: datetime
    mails: dict = field(default_factory=dict)  # {"deferred", "bounced"}: how many to the account, as far as known
    late: bool = False  # when it was submitted the window was closed
    on_roster: bool = True
    contacts: frozenset = frozenset()  # of the account: itself, and what the roster has
    contact_known: bool = False  # whether the roster has any
    reached_at: frozenset = frozenset()  # addresses and telephone of the claimant
    tariff: Decimal | None = None  # what the terms give for this account: indemnity and refund
    same_losses: tuple = ()  # references with a loss of the same kind, of the same person or account
    iban_claims: tuple = ()  # references with the same IBAN, by others
    iban_people: int = 1
    iban_changed_at: datetime | None = None
    unfit: tuple = ()  # flags of documents that do not fit the outage (claims.rules.fit), as JSON
    near_files: tuple = ()  # (document, references of other claimants with one that is nearly the same)
    near_stories: tuple = ()  # references of other claimants who tell nearly the same
    accepted: tuple = ()  # references whose decision was accepted, same incident and remedy


@dataclass(frozen=True)
class Proposal:
    """What the data say: `finds` is a result or "" where they cannot tell; `evidence` is what it rests on, as JSON."""

    finds: str
    evidence: dict = field(default_factory=dict)

    @property
    def result(self):
        """What stands until a person says otherwise: nobody is failed by data alone."""
        return self.finds if self.finds in (PASS, NOT_APPLICABLE) else OPEN


def needed(remedy, heads):
    """The codes of the checks that a claim over losses of these kinds needs, in their order."""
    codes = TARIFF
    if remedy == "damages":
        codes = ALWAYS.union(*(OF_HEAD.get(head, PROVEN_LOSS) for head in heads))
    return tuple(code for code in CHECKS if code in codes)


def proposals(facts):
    """{code: Proposal} for every check that `facts` need; those for people alone have nothing to say."""
    codes = needed(facts.remedy, {item.head for item in facts.items})
    return {code: AUTOMATIC[code](facts) if code in AUTOMATIC else Proposal("") for code in codes}


def standing(facts):
    """The account is on the roster, and its owner is reached where the claimant is."""
    if not facts.on_roster:
        return Proposal(FAIL, {"on_roster": False})
    same = facts.contacts & facts.reached_at
    contact = "same" if same else "other" if facts.contact_known else "unknown"
    return Proposal(PASS if contact == "same" else "", {"on_roster": True, "contact": contact})


def outage(facts):
    """Every loss happened while this account was out; a loss that showed later is for a person to judge."""
    minutes = round(total_minutes(facts.outage))
    days = len(outage_days(facts.outage, min_minutes_per_day=facts.terms.min_minutes_per_day))
    outside = [
        {"item": item.id, "head": item.head, **distance(item.occurred_at, facts.outage)}
        for item in facts.items
        if not overlaps(item.occurred_at, facts.outage)
    ]
    evidence = {"minutes": minutes, "days": days, "outside": outside}
    unfit = [flag for flag in facts.unfit if flag["code"] in OF_TIME]
    if unfit:
        evidence |= {"unfit": unfit, "files": named(unfit)}
    if facts.mails:
        evidence["mails"] = facts.mails
    return Proposal(FAIL if outside or unfit or not minutes else PASS, evidence)


def named(flags):
    """The documents of flags, as evidence names documents."""
    return [{"document": pk, "claims": []} for pk in dict.fromkeys(flag["document"] for flag in flags)]


def distance(moment, intervals):
    """How many minutes a moment lies {before} the next outage or {after} the last one, whichever is less."""
    away = [("before", start - moment) for start, _end in intervals if moment < start]
    away += [("after", moment - end) for _start, end in intervals if moment >= end]
    side, least = min(away, key=lambda each: each[1], default=("after", timedelta()))
    return {"side": side, "minutes": least // timedelta(minutes=1)}


def causation(facts):
    """A person alone judges it; what the provider counted is a hint in front of them."""
    return Proposal("", {"mails": facts.mails} if facts.mails else {})


def documents(facts):
    """Each kind of loss that wants evidence has a document that was found safe to open."""
    wanting = [item for item in facts.items if item.head not in WITHOUT_EVIDENCE]
    if not wanting:
        return Proposal(NOT_APPLICABLE, {"wanted": False})
    clean = [paper for paper in facts.documents if paper.state == "clean"]
    pending = sum(paper.state == "pending" for paper in facts.documents)
    proven = {paper.item for paper in clean}
    unproven = () if None in proven else dict.fromkeys(item.head for item in wanting if item.id not in proven)
    evidence = {"wanted": True, "clean": len(clean), "pending": pending, "unproven": list(unproven)}
    return Proposal((PASS if not unproven else "" if pending else FAIL), evidence)


def amount(facts):
    """The losses make the sum that is claimed, and it is not over the tariff where there is one."""
    total = sum((item.amount for item in facts.items), ZERO)
    over = facts.tariff is not None and facts.claimed > facts.tariff
    tariff = None if facts.tariff is None else str(facts.tariff)
    evidence = {"sum": str(total), "claimed": str(facts.claimed), "tariff": tariff}
    return Proposal(FAIL if total != facts.claimed or over else PASS, evidence)


def duplicates(facts):
    """Nobody else claims the same: the same loss of this person or account, the same file, an IBAN of many people."""
    many = facts.iban_people >= MANY_PEOPLE
    files = [{"document": paper.id, "claims": list(paper.elsewhere)} for paper in facts.documents if paper.elsewhere]
    evidence = {
        "claims": list(facts.same_losses),
        "files": files,
        "iban_people": facts.iban_people if many else 0,
        "iban_claims": list(facts.iban_claims) if many else [],
    }
    return Proposal(FAIL if facts.same_losses or files or many else PASS, evidence)


def waiver(facts):
    """No decision on the same remedy after the same incident was accepted before."""
    return Proposal(FAIL if facts.accepted else PASS, {"claims": list(facts.accepted)})


def terms(facts):
    """In time, and within what the terms give at most."""
    sums = {}
    for item in facts.items:
        sums[item.head] = sums.get(item.head, ZERO) + item.amount
    caps = [
        {"head": head, "claimed": str(total), "cap": str(cap)}
        for head, total in sums.items()
        if (cap := facts.terms.head_caps.get(head)) is not None and total > cap
    ]
    if facts.claimed > facts.terms.damages_cap:
        caps.append({"head": "", "claimed": str(facts.claimed), "cap": str(facts.terms.damages_cap)})
    if facts.remedy != "damages":
        caps = []  # the tariff has caps of its own
    return Proposal(FAIL if facts.late or caps else PASS, {"late": facts.late, "caps": caps})


def fraud(facts):
    """Signals that the data of one claim can give. A signal never decides: it asks a person to look."""
    limit = facts.terms.countersign_limit
    signals = {
        "disposable_mail": any(is_disposable(address) for address in facts.reached_at),
        "near_limit": NEAR * limit <= facts.claimed <= limit and limit > 0,
        "iban_changed": facts.iban_changed_at is not None and facts.now - facts.iban_changed_at < FRESH,
    }
    unfit = [flag for flag in facts.unfit if flag["code"] not in OF_TIME]
    signals |= {flag["code"]: True for flag in unfit}
    signals |= {"near_document": bool(facts.near_files), "near_story": bool(facts.near_stories)}
    seen = [signal for signal, is_seen in signals.items() if is_seen]
    evidence = {"signals": seen}
    if unfit or facts.near_files:
        near = [{"document": pk, "claims": list(others)} for pk, others in facts.near_files]
        evidence |= {"unfit": unfit, "files": near + named(unfit)}
    if facts.near_stories:
        evidence["claims"] = list(facts.near_stories)
    if "near_limit" in seen:
        evidence |= {"claimed": str(facts.claimed), "limit": str(limit)}
    return Proposal(FAIL if seen else PASS, evidence)


def is_disposable(address):
    """Whether an e-mail address, or the domain above its own, is of those made to be thrown away."""
    labels = address.rpartition("@")[2].lower().split(".") if "@" in address else []
    return any(".".join(labels[place:]) in blocklist for place in range(len(labels) - 1))


AUTOMATIC = {
    "standing": standing,
    "outage": outage,
    "documents": documents,
    "causation": causation,
    "amount": amount,
    "duplicates": duplicates,
    "waiver": waiver,
    "terms": terms,
    "fraud": fraud,
}


def check_entries(entries, finds, *, clean):
    """[(code, result, note)] of what a person answered, or one Refused with everything that is wrong, by entry.

    `finds` is {code: what the data find} of the checks there are, `clean` how a note is made fit to be stored.
    A fail, and whatever says otherwise than the data, needs a note.
    """
    problems, answers = Collected(), {}
    for place, entry in enumerate(entries):
        code, result = entry["code"], entry["result"]
        try:
            if code not in finds:
                raise Refused("unknown_check", UNKNOWN, field="code")
            if code in answers:
                raise Refused("answered_twice", TWICE, field="code")
            if result not in ANSWERS:
                raise Refused("unknown_result", NOT_A_RESULT, field="result")
            note = clean(entry.get("note") or "", field="note")
            if not note and demands_note(result, finds[code]):
                raise Refused("note_required", NEEDS_A_NOTE, field="note")
            answers[code] = (code, result, note)
        except Refused as refused:
            problems.add(refused, field=f"entries.{place}.{refused.field}")
    problems.raise_if_any()
    return list(answers.values())


def demands_note(result, finds):
    return result == FAIL or bool(finds and result != finds)


def check_complete(results):
    """Raises Refused `checklist_incomplete` naming every check of `results` ({code: result}) that is open."""
    missing = Collected()
    for code, result in results.items():
        if result == OPEN:
            message = STILL_OPEN % {"what": CHECKS[code].label}
            missing.add(Refused("checklist_incomplete", message, field=f"checklist.{code}"))
    missing.raise_if_any()
