"""The values of terms as people read and write them: grouped by meaning, each with its words, unit and help."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from claims.rules import terms_bounds as bounds
from claims.rules.holding import HOLD_REASONS
from claims.rules.terms import HEADS

EURO, A_DAY = _("euro"), _("euro a day")
MINUTES, HOURS, DAYS, TIMES, PERCENT = _("minutes"), _("hours"), _("days"), "×", "%"
REMEDY_LABELS = {"indemnity": _("Indemnity"), "refund": _("Refund"), "damages": _("Damages")}


@dataclass(frozen=True)
class Field:
    """One value. `empty` says what leaving it out means, where one may; `options` {code: label} to choose from."""

    path: str
    label: str
    unit: str = ""
    help: str = ""
    empty: str = ""
    options: dict = field(default_factory=dict)
    of: str = ""  # to which row of its group it belongs, where there is one for each kind

    @property
    def bound(self):
        """The name of its bounds in terms_bounds.py."""
        name, _dot, rest = self.path.partition(".")
        return f"indemnity.{rest.rpartition('.')[2]}" if name == "indemnity" else name

    @property
    def several(self):
        return self.bound in bounds.CHOICES and self.bound != "decision_mode"


@dataclass(frozen=True)
class Group:
    code: str
    label: str
    help: str
    fields: tuple


def tariff(kind, label):
    return (
        Field(f"indemnity.{kind}.rate", _("For each outage day"), A_DAY, of=label),
        Field(f"indemnity.{kind}.factor", _("Factor"), TIMES, of=label),
        Field(f"indemnity.{kind}.cap", _("At most"), EURO, of=label),
    )


NO_LIMIT = _("no limit of its own")
GROUPS = (
    Group(
        "outage",
        _("What counts as an outage"),
        _("For indemnity and refund alike. A day is a date in Rome."),
        (
            Field(
                "min_minutes_per_day", _("A day counts from"), MINUTES, _("So much outage makes a date an outage day.")
            ),
            Field(
                "min_outage_minutes",
                _("The whole outage lasts at least"),
                MINUTES,
                _("Who had less in all gets no indemnity. A refund does not ask for it."),
            ),
        ),
    ),
    Group(
        "indemnity",
        _("Indemnity"),
        _(
            "Given to everybody affected, without proof: outage days × euro a day × factor, up to the limit. "
            "The factor does not raise the limit. Leave a whole row empty to give that service nothing."
        ),
        (
            *tariff("free", _("Free mailbox")),
            *tariff("paid", _("Paid mailbox")),
            *tariff("business", _("Business mailbox")),
        ),
    ),
    Group(
        "refund",
        _("Refund"),
        _("The part of a paid fee that falls on outage days."),
        (
            Field("refund_multiplier", _("That part, times"), TIMES, _("1 gives back what was paid, 2 twice as much.")),
            Field("refund_floor", _("Raised to at least"), EURO, _("What is above zero and less is raised to this.")),
        ),
    ),
    Group(
        "damages",
        _("Damages"),
        _("What proven losses can come to, before indemnity and refund are taken off."),
        (
            Field("damages_cap", _("One claim, at most"), EURO, _("All losses of a claim together.")),
            *(Field(f"head_caps.{head}", label, EURO, empty=NO_LIMIT) for head, label in HEADS.items()),
        ),
    ),
    Group(
        "claiming",
        _("What is claimed"),
        _("Indemnity and refund are granted to the whole roster, unless they must be claimed."),
        (
            Field("remedies_to_claim", _("By a claim only"), options=REMEDY_LABELS),
            Field("benefits.subscription_month", _("Months of subscription, at most"), empty=_("not given")),
            Field("benefits.storage_gb", _("Gigabytes of storage, at most"), empty=_("not given")),
            Field(
                "benefits.voucher",
                _("A voucher of whole euro, at most"),
                help=_("What one decision may give beside money."),
                empty=_("not given"),
            ),
        ),
    ),
    Group(
        "signature",
        _("Second signature"),
        _("When a supervisor signs a decision before it takes effect. Claimants are not told these."),
        (
            Field("countersign_limit", _("Totals above"), EURO),
            Field("countersign_remedies", _("Always for"), options=REMEDY_LABELS),
            Field(
                "band_tolerance",
                _("Awards that stray from what is usual by more than"),
                PERCENT,
                _("Usual is the median of what was awarded for the same kind of loss."),
                empty=_("not looked at"),
            ),
            Field("band_least", _("… once so many losses of the kind were decided"), _("losses")),
            Field("sample_rates.indemnity", _("Picked at random: indemnities"), PERCENT, empty=_("none")),
            Field("sample_rates.refund", _("Picked at random: refunds"), PERCENT, empty=_("none")),
            Field("sample_rates.damages", _("Picked at random: damages"), PERCENT, empty=_("none")),
        ),
    ),
    Group(
        "deadlines",
        _("Deadlines"),
        _("Days are counted from the day after. What ends on a holiday ends on the next working day."),
        (
            Field("decision_days", _("To decide a claim"), DAYS),
            Field(
                "decision_mode",
                _("These are"),
                options={"calendar": _("calendar days"), "working": _("working days")},
            ),
            Field("information_days", _("To answer a question"), DAYS),
            Field("appeal_days", _("To appeal"), DAYS, _("From the notice of the decision.")),
            Field("appeal_decision_days", _("To decide an appeal"), DAYS),
            Field(
                "appeal_may_worsen",
                _("An appeal may end worse for the claimant"),
                options={"yes": _("Yes"), "no": _("No")},
            ),
            Field("reminder_days", _("A reminder, before the last day"), DAYS),
            Field("hold_days", _("A claim is on hold for at most"), DAYS),
            Field("holds_that_pause", _("The clock stands still while"), options=HOLD_REASONS),
            Field("draft_days", _("A draft nobody goes on with is kept"), DAYS),
            Field(
                "closing_days",
                _("A paid claim is closed after"),
                DAYS,
                _("Until then the bank may send the money back."),
            ),
            Field(
                "details_wait_hours",
                _("Changed bank details of an account wait for"),
                HOURS,
                _("Its addresses are told at once; until then nothing is paid to the new ones."),
            ),
        ),
    ),
    Group(
        "files",
        _("Losses and files of a claim"),
        "",
        (
            Field("most_items", _("Losses, at most"), _("losses")),
            Field("most_files", _("Files, at most"), _("files")),
            Field("most_bytes", _("All files together, at most"), _("MB")),
        ),
    ),
    Group(
        "retention",
        _("How long documents are kept"),
        _("Days from the end of a claim until its documents are deleted, by how it ended."),
        (
            Field("keep_days.closed", _("Paid, or closed with nothing to pay"), DAYS),
            Field("keep_days.rejected", _("Rejected"), DAYS),
            Field("keep_days.withdrawn", _("Taken back after it was sent"), DAYS),
            Field("keep_days.discarded", _("Taken back before it was sent"), DAYS),
            Field("keep_days.expired", _("Never sent"), DAYS),
        ),
    ),
)
FIELDS = {each.path: each for group in GROUPS for each in group.fields}


def flat(terms):
    """{path: value} of all FIELDS; None where a value is left out."""
    found = {path: value for path, _name, value in bounds.leaves(terms)}
    return {path: found.get(path) for path in FIELDS}


def changes(before, after):
    """[(Field, old, new)] of what differs between two Terms, in the order of the page. An empty factor is 1."""
    old, new = flat(before), flat(after)
    return [(each, old[path], new[path]) for path, each in FIELDS.items() if old[path] != new[path]]
