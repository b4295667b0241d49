"""What the case page shows of the checklist: the rows with their evidence, and an answer that was not accepted."""

from dataclasses import dataclass, field

from claims.reports.checking import Row, checklist_of
from claims.rules import permissions
from claims.rules.statuses import WITH_REVIEWER


@dataclass
class Answer:
    """An answer as it was typed, and what is wrong with it."""

    code: str
    result: str = ""
    note: str = ""
    error: str = ""

    @classmethod
    def read(cls, post):
        return cls(post.get("code", "")[:40], post.get("result", "")[:20], post.get("note", ""))

    @property
    def entry(self):
        return {"code": self.code, "result": self.result, "note": self.note}


@dataclass
class Line:
    """A row of the checklist; `claims` are the references it names that the person who asks may look into."""

    row: Row
    claims: list = field(default_factory=list)
    files: list = field(default_factory=list)
    typed: Answer | None = None

    @property
    def result(self):
        return self.typed.result if self.typed else self.row.result

    @property
    def note(self):
        return self.typed.note if self.typed else self.row.note


def panel_of(claim, person, typed=None):
    """Everything the panel needs, in as many queries for one signal as for thirty."""
    checklist = checklist_of(claim)
    readable = checklist.readable_by(person)
    files = {pk for row in checklist.rows for pk in row.files}
    names = claim.attachments.filter(document__in=files).values_list("document_id", "document__name") if files else ()
    names = {str(pk): name for pk, name in names}
    lines = [
        Line(
            row,
            claims=[reference for reference in row.claims if reference in readable],
            files=[(pk, names[pk]) for pk in row.files if pk in names],
            typed=typed if typed and typed.code == row.code else None,
        )
        for row in checklist.rows
    ]
    may = claim.state in WITH_REVIEWER and bool(permissions.may_decide(person, claim))
    return {"lines": lines, "done": checklist.done, "all": len(lines), "missing": checklist.missing, "may": may}
