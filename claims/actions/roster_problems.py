"""What can be wrong with a roster file, line by line; a file with a single problem is refused whole."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Refused

SHOWN = 50
SAMPLE = 60  # characters of what stands in a file
SAMPLES = 2  # of a kind of problem
# Those of roster_rows.py are found in SQL.
PROBLEMS = {
    "empty_file": _("The file holds no accounts."),
    "not_csv": _(
        "This is neither CSV nor Parquet. Save the roster as CSV in UTF-8, packed with gzip or not, or as Parquet."
    ),
    "not_utf8": _("The text is not UTF-8. Save the file as UTF-8."),
    "spoilt_gzip": _("The gzip file is damaged or not whole."),
    "unpacked_too_large": _("The file unpacks to more than is allowed (8 GB, or 100 times its size)."),
    "parquet_missing": _(
        "This server cannot read Parquet: install requirements-parquet.txt there, or save the roster as CSV."
    ),
    "spoilt_parquet": _("The Parquet file is damaged or not whole."),
    "parquet_too_large": _("Reading the file takes more memory or time than is allowed. Write smaller row groups."),
    "wrong_type": _("A Parquet column of this type does not fit here. Write it as text."),
    "nul": _("The line contains a NUL character."),
    "control_character": _("The line contains characters that cannot be printed."),
    "too_long": _("The line is longer than 64 KB."),
    "quotes": _("A quotation mark is not closed on the line it was opened."),
    "columns": _("The line has more or fewer columns than the header."),
    "unknown_column": _("There is no column of this name."),
    "missing_column": _("This column is missing."),
    "double_column": _("This column appears twice."),
    "header_again": _("The header appears again. Was the file put together from two?"),
    "required": _("The field is empty."),
    "invalid_login": _("This is no account such as name@example.it."),
    "unknown_service": _("The incident has no service of this code."),
    "invalid_amount": _("This is no amount in euro such as 19.99."),
    "invalid_date": _("This is no date such as 2023-01-31."),
    "invalid_period": _("A paid period needs its first day and the day after its last one."),
    "invalid_contact": _("This is no e-mail address."),
    "invalid_second_contact": _("This is no e-mail address or telephone number."),
    "unknown_language": _("There is no such language here."),
    "invalid_intervals": _("Write start/end with their zone, such as 2023-01-23T08:00Z/2023-01-23T17:30Z."),
    "invalid_count": _("This is no whole number of mails such as 14."),
    "unknown_action": _("Write add, change or remove."),
    "twice": _("The account is in this file more than once."),
    "known_account": _("The account is on the roster already: change it."),
    "unknown_account": _("The account is not on the roster."),
    "in_use": _("The account cannot be removed: a claim, a payout or something else rests on it."),
    "granted": _("Something was granted to this account: change what amounts rest on by a correction."),
    "invalid_iban": _("This is no IBAN of the euro payments area."),
    "invalid_holder": _("Write at most 200 letters."),
    "contradiction": _("The account appears before with other data."),
}

OF_PARQUET = {"spoilt": "spoilt_parquet", "too_large": "parquet_too_large", "wrong_type": "wrong_type"}


@dataclass(frozen=True)
class Problem:
    """What is wrong with one line; `column` is empty if it is the whole of it."""

    line: int
    code: str
    message: str
    column: str = ""

    def __str__(self):
        where = _("line %(line)d") % {"line": self.line}
        return f"{where}, {self.column}: {self.message}" if self.column else f"{where}: {self.message}"


@dataclass
class Kind:
    """How often one thing is wrong in a column, and `samples` of it: (line, what stands there)."""

    code: str
    column: str
    count: int = 0
    samples: list = field(default_factory=list)

    @property
    def message(self):
        return PROBLEMS[self.code]

    def __str__(self):
        where = ", ".join(
            (_("line %(line)d: “%(value)s”") if value else _("line %(line)d")) % {"line": line, "value": value}
            for line, value in self.samples
        )
        return f"{self.count} × {self.column + ': ' if self.column else ''}{self.message} ({where})"


class RosterRefused(Refused):
    """Nothing was loaded: `problems` are the first of them by line, `count` is how many there are, `kinds` of what."""

    def __init__(self, found):
        self.problems, self.count, self.kinds = found.in_order, found.count, found.in_kinds
        super().__init__(
            "roster_refused",
            _("The roster was not loaded. Problems found: %(count)d.") % {"count": self.count},
            errors=[(f"line {each.line}", each.code, str(each)) for each in self.problems],
        )


@dataclass
class Problems:
    """The first problems of a file and how many there are."""

    first: list = field(default_factory=list)
    count: int = 0
    kinds: dict = field(default_factory=dict)

    def add(self, line, code, column="", *, counts=1):
        """`counts` is 0 for a further problem of a row: a row counts once."""
        self.count += counts
        self.first.append(Problem(line, code, PROBLEMS[code], column))

    def sort(self, code, column, samples, *, count=1):
        """Notes of what kind a problem is."""
        kind = self.kinds.setdefault((code, column), Kind(code, column))
        kind.count += count
        kind.samples += samples[: SAMPLES - len(kind.samples)]

    @property
    def in_order(self):
        return tuple(sorted(self.first, key=lambda problem: problem.line))[:SHOWN]

    @property
    def in_kinds(self):
        """The most frequent first."""
        return tuple(sorted(self.kinds.values(), key=lambda kind: (-kind.count, kind.samples)))

    def fatal(self, line, code, column=""):
        """The error that ends the reading."""
        self.add(line, code, column)
        self.sort(code, column, [(line, "")])
        return RosterRefused(self)
