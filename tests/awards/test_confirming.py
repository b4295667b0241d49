"""Answers to a file: looked at first, read whole or not at all, and twice changes nothing."""

import pytest

from claims.actions import fulfilling
from claims.actions.mails import contents
from claims.models import Confirmation, Entitlement, JournalEntry, Notice
from claims.rules.errors import Refused
from tests.awards.conftest import answer, entitled

pytestmark = pytest.mark.django_db
HEAD = b"fulfilment_id,result,reason\n"


@pytest.fixture
def file(counter, marco):
    """A file of three accounts of the roster, handed over: no claim is needed for that."""
    entitled(counter.incident, 3, by=marco, kind="storage_gb")
    return counter.out()


def names(file):
    return list(file.lines.order_by("pk").values_list("name", flat=True))


def test_what_is_wrong_with_an_answer_is_said_line_by_line_and_nothing_of_it_counts(counter, file):
    one, two, _three = (name.encode() for name in names(file))
    wrong = {
        b"": "wrong_columns",
        b"\xff\xfe\n": "not_csv",
        b"id,result\n" + one + b",given\n": "wrong_columns",
        b"fulfilment_id,result,result\n" + one + b",given,given\n": "wrong_columns",
        HEAD: "empty",
        HEAD + b"\n,,\n": "empty",
        HEAD + one + b",perhaps,\n": "invalid_result",
        HEAD + one + b",refused, \n": "reason_required",
        HEAD + one + b",given,\n" + two + b",refused,\n": "reason_required",
        HEAD + b"R1-1,given,\n": "invalid_id",
        HEAD + one + b",refused," + b"x" * 201 + b"\n": "too_long",
        HEAD + one + b",given," + b"x" * 3000 + b"\n": "not_csv",
        HEAD + one + b',"given\n': "not_csv",
        HEAD + one + b",gi\0ven,\n": "not_csv",
        HEAD + one + b",given,caf\xe9\n": "not_csv",
        HEAD + one + b",given,\n" + one + b",refused,No such account\n": "contradiction",
        HEAD + b"G999999-1,given,\n": "wrong_file",
    }
    said = {}
    for content, code in wrong.items():
        with pytest.raises(Refused) as caught:
            counter.confirm(file, content)
        if (caught.value.code, caught.value.field) != (code, "file"):
            said[content] = (caught.value.code, caught.value.field)
    assert said == {}
    with pytest.raises(Refused) as caught:
        counter.confirm(file, HEAD + b"x,given,\n" * 30)
    assert len(caught.value.errors) == 20
    assert caught.value.errors[19][2] == "Line 21: “x” is no fulfilment id."
    assert (counter.states(), Confirmation.objects.count(), Notice.objects.filter(kind="award_given").count()) == (
        ["listed"] * 3,
        0,
        0,
    )


def test_a_file_is_answered_only_after_it_was_handed_over_and_by_a_manager(counter, file, rita, refused):
    counter.due(storage_gb=4)
    early = counter.approved()
    with refused(409, "not_handed_over"):
        counter.confirm(early)
    with refused(422, "wrong_file", "file"):
        counter.confirm(file, answer(early))
    counter.mara = rita
    with refused(403, "wrong_role"):
        counter.confirm(file)


def test_an_answer_is_looked_at_first_then_read_once(counter, marco):
    entitled(counter.incident, 1, by=marco, kind="storage_gb")
    for _number in range(2):
        counter.due(storage_gb=1)
    file = counter.out()
    content = answer(file, refused={names(file)[1]}, more=["G999999-1"])
    effect, known = counter.confirm(file, content, dry=True)
    expected = (4, 2, 1, 0, 1, [["G999999-1", "unknown"]])
    assert ((effect.lines, effect.given, effect.refused, effect.known, effect.unmatched, effect.odd), known) == (
        expected,
        False,
    )
    assert (counter.states(), Confirmation.objects.count()) == (["listed"] * 3, 0)
    assert counter.confirm(file, content) == (effect, False)
    assert counter.states() == ["given", "given", "refused"]
    assert counter.confirm(file, content) == (effect, True)
    file.refresh_from_db()
    assert file.state == "closed"
    other, known = counter.confirm(file, answer(file, refused=set(names(file)[:2])))
    assert (other.given, other.refused, other.known, other.odd) == (0, 0, 2, [[names(file)[0], "otherwise"]])
    assert counter.states() == ["given", "given", "refused"]
    assert Notice.objects.filter(kind="award_given").count() == 1
    assert JournalEntry.objects.filter(action="award given").count() == 1
    assert JournalEntry.objects.filter(action="award refused").count() == 1


def test_semicolons_a_bom_capitals_and_further_columns_are_read(counter, file):
    head = "\ufeffRESULT;login;fulfilment_id".encode()
    lines = [f"Given;x;{name}".encode() for name in names(file)]
    effect, _known = counter.confirm(file, b"\r\n".join([head, *lines]))
    assert (effect.given, counter.states()) == (3, ["given"] * 3)


def test_a_part_of_the_answers_leaves_the_rest_open(counter, file):
    counter.confirm(file, answer(file, only=names(file)[:1]))
    file.refresh_from_db()
    assert (file.state, counter.states()) == ("handed_over", ["given", "listed", "listed"])


def test_what_was_refused_is_tried_again_alone(counter, file, mara, refused):
    counter.confirm(file, answer(file, refused=set(names(file)[:1])))
    row, given = Entitlement.objects.get(state="refused"), Entitlement.objects.filter(state="given").first()
    with refused(409, "illegal_move"):
        fulfilling.try_again(given.pk, by=mara)
    with refused(404, "not_found"):
        fulfilling.try_again(0, by=mara)
    fulfilling.try_again(row.pk, by=mara)
    again = counter.out()
    assert names(again) == [f"G{row.pk}-2"]
    counter.confirm(again)
    assert counter.states() == ["given"] * 3


def test_who_is_given_something_is_told_in_words(counter, anna):
    counter.due(anna, storage_gb=5, voucher=20)
    counter.pool()
    for kind in ("storage_gb", "voucher"):
        counter.confirm(counter.out(kind=kind))
    told = Notice.objects.filter(kind="award_given").order_by("pk")
    texts = [contents(notice)[1] for notice in told]
    assert "The account taker1@libero.example has 5 GB more storage" in texts[0]
    assert "A voucher of 20 € is ready for you" in texts[1]
    assert "never in a mail" in texts[1]
