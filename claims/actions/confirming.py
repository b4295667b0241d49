"""What became of a fulfilment file: answers to it, read once, whole or not at all, looked at before they count."""

import csv
import io
from dataclasses import asdict, dataclass, field
from hashlib import file_digest

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from claims.actions import entitling, fulfilling, lifecycle, notices
from claims.actions.answers_in_kind import ANSWER, COPY, COUNT, DONE, JUDGE, ODD, READ, TWO_WAYS
from claims.actions.listing import ANYHOW, AT_ONCE, HASHING
from claims.models import Claim, Confirmation, Entitlement, Fulfilment
from claims.models.patience import be_patient
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.fulfilment import LINE, REASON, RESULTS
from claims.rules.text import clean_line

NEEDED = ("fulfilment_id", "result")
LONGEST = 2_000  # characters of a line
MOST_ERRORS, MOST_ODD = 20, 1_000
State = fulfilling.State


@dataclass(frozen=True)
class Effect:
    """What a confirmation does: `odd` are [fulfilment id, why] of lines that do nothing and should be looked at."""

    lines: int
    given: int
    refused: int
    known: int
    unmatched: int
    odd: list = field(default_factory=list)


@transaction.atomic
def confirm(number, content, *, by, dry=False):
    """Reads answers to the file called `number` from a binary, seekable file: (Effect, whether it was read before).

    CSV with the columns fulfilment_id, result (given or refused) and reason; others are passed over. `dry` only looks.
    Raises Refused, and then none of it counts: 403, 404, 409 `not_handed_over`, 422 `wrong_file`, `not_csv`,
    `wrong_columns`, `empty`, or what is wrong with which lines.
    """
    permissions.require(permissions.may_fulfil(by))
    sha256 = file_digest(content, "sha256").hexdigest()
    content.seek(0)
    be_patient()
    with connection.cursor() as cursor:
        cursor.execute(READ)
        take_up(cursor, content)
        contradictions(cursor)
        fulfilling.hold_claims(number, by=by)
        file = fulfilling.locked(number, by=by)
        if known := Confirmation.objects.filter(file=file, sha256=sha256).first():
            return effect_of(known), True
        fulfilling.check_state(file, State.APPROVED, State.HANDED_OVER, State.CLOSED)
        if file.state == State.APPROVED:
            raise Refused("not_handed_over", _("Say first that this file was handed over."), status=409)
        cursor.execute(HASHING)
        effect = judged(cursor, file)
        if dry:
            return effect, False
        for after in range(0, effect.lines, AT_ONCE):
            for statement in ANSWER:
                cursor.execute(statement, {"after": after, "size": AT_ONCE})
        cursor.execute(ANYHOW)
        cursor.execute(DONE)
        done = [line for (line,) in cursor.fetchall()]
    entitling.drop_superseded(Entitlement.objects.filter(fulfilments__file=file))
    tell(done, by=by)
    note(file, sha256, effect, by=by)
    return effect, False


def take_up(cursor, content):
    """Copies the answers into the table `said` as they are read."""
    text = io.TextIOWrapper(content, encoding="utf-8-sig", newline="", errors="strict")
    try:
        with cursor.copy(COPY) as copy:
            for answer in answers_in(text):
                copy.write_row(answer)
    finally:
        text.detach()  # whoever opened it closes it


def answers_in(text):
    """(line, fulfilment id, result, reason) of each line. Raises Refused for all that is wrong, up to a number."""
    problems, reader, found = [], rows_of(text), 0
    at_id, at_result, at_reason = columns(next(reader, None))
    for line, row in reader:
        if not any(cell.strip() for cell in row):
            continue
        found += 1
        try:
            yield line, *answer_of(row, at_id, at_result, at_reason)
        except Refused as refused:
            why = _("Line %(line)d: %(why)s") % {"line": line, "why": refused.message}
            problems.append(("file", refused.code, why))
            if len(problems) == MOST_ERRORS:
                break
    if problems:
        raise Refused(problems[0][1], problems[0][2], field="file", errors=problems)
    if not found:
        raise Refused("empty", _("There is no answer in this file."), field="file")


def rows_of(text):
    """(number, cells) of each line; comma or semicolon, as the heading has it. Raises Refused `not_csv`."""
    lines, number = bounded(text), 0
    try:
        head = next(lines, "")
        delimiter = ";" if head.count(";") > head.count(",") else ","
        reader = csv.reader(prepend(head, lines), delimiter=delimiter, strict=True)
        for row in reader:
            number = reader.line_num
            yield number, row
    except (UnicodeDecodeError, csv.Error) as error:
        said = _("After line %(line)d: this is no CSV file in UTF-8.") % {"line": number}
        raise Refused("not_csv", said, field="file") from error


def bounded(text):
    while line := text.readline(LONGEST + 1):
        if len(line) > LONGEST or "\0" in line:
            raise csv.Error("a line that no confirmation has")
        yield line


def prepend(first, rest):
    yield first
    yield from rest


def columns(head):
    """Where the three columns are; None for a reason that is not there."""
    names = [cell.strip().lower() for cell in head[1]] if head else []
    if any(names.count(name) != 1 for name in NEEDED) or names.count("reason") > 1:
        raise Refused(
            "wrong_columns", _("The first line must name the columns fulfilment_id, result and reason."), field="file"
        )
    return *(names.index(name) for name in NEEDED), names.index("reason") if "reason" in names else None


def answer_of(row, at_id, at_result, at_reason):
    def cell(at):
        return row[at].strip() if at is not None and at < len(row) else ""

    name, result = cell(at_id), RESULTS.get(cell(at_result).lower())
    if not LINE.fullmatch(name):
        raise Refused("invalid_id", _("“%(name)s” is no fulfilment id.") % {"name": name[:40]})
    if result is None:
        raise Refused("invalid_result", _("The result is “given” or “refused”."))
    reason = clean_line(cell(at_reason), field="reason", limit=REASON, required=False)
    if result == "refused" and not reason:
        raise Refused("reason_required", _("It does not say why it was refused."))
    return name, result, reason


def contradictions(cursor):
    cursor.execute(TWO_WAYS)
    said = _("Line %(last)d: %(name)s is answered otherwise in line %(first)d.")
    errors = [
        ("file", "contradiction", said % {"name": name, "first": first, "last": last})
        for name, first, last in cursor.fetchall()
    ]
    if errors:
        raise Refused("contradiction", errors[0][2], field="file", errors=errors)


def judged(cursor, file):
    """The Effect of what was read on the locked file. Raises Refused `wrong_file` if it speaks of no line of it."""
    cursor.execute(JUDGE.format(file=int(file.pk)))
    cursor.execute(COUNT)
    *counts, ours = cursor.fetchone()
    if not ours:
        raise Refused("wrong_file", _("This is no answer to this file: none of its ids is in it."), field="file")
    cursor.execute(ODD, [MOST_ODD])
    return Effect(*counts, odd=[list(row) for row in cursor.fetchall()])


def tell(done, *, by):
    """The journal of each claim says what was given or not, and its claimant is told once of what was given."""
    for pk in done:
        line = Fulfilment.objects.select_related("entitlement").get(pk=pk)
        gift = line.entitlement
        claim = Claim.objects.select_related("claimant").get(pk=gift.claim_id)
        facts = {"kind": gift.kind, "quantity": gift.quantity, "fulfilment": line.name}
        given = line.state == Fulfilment.State.GIVEN
        lifecycle.touch(claim, by=by, action="award given" if given else "award refused", facts=facts)
        if given:
            context = {"kind": gift.kind, "quantity": gift.quantity, "login": line.login}
            notices.post("award_given", claim=claim, about=f"gift {gift.pk}", context=context)


def note(file, sha256, effect, *, by):
    """Writes down what was read; the file is closed once nothing of it waits for an answer."""
    made = Confirmation.objects.create(file=file, sha256=sha256, imported_by=by, **asdict(effect))
    done = not file.lines.filter(state=Fulfilment.State.LISTED).exists()
    facts = {"confirmation": made.pk, "given": effect.given, "refused": effect.refused, "unmatched": effect.unmatched}
    fulfilling.change(file, "confirm", by=by, facts=facts, state=State.CLOSED if done else file.state)


def effect_of(known):
    return Effect(known.lines, known.given, known.refused, known.known, known.unmatched, known.odd)
