"""Corrections: the effect is shown before, applied as shown, and nothing that was granted changes in silence."""

import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from claims.actions import corrections, mass_runs, roster
from claims.actions.roster_problems import RosterRefused
from claims.models import CorrectedAccount, Correction, Customer, JournalEntry, Payout
from claims.rules.errors import Refused
from tests import make
from tests.roster.test_loading import HEADER as COLUMNS
from tests.roster.test_loading import stored

HEADER = "action;" + COLUMNS
NAMES = ("add", "change", "remove", "touched", "altering")


@pytest.fixture
def crowd(db):
    """Four paid mailboxes on a roster."""
    made = make.crowd(4)
    made.customers.update(fee="400.00", paid_from="2022-06-01", paid_to="2023-06-01", bounced=3)
    return made


def line(action, login, **fields):
    names = COLUMNS.strip().split(";")[1:]
    return ";".join([action, login, *(str(fields.get(name, "")) for name in names)]) + "\n"


def proposed(incident, *lines, by=None):
    return corrections.propose(incident.code, io.BytesIO((HEADER + "".join(lines)).encode()), by=by)


def applied(made, by, **choice):
    return corrections.apply(made.pk, by=by, fingerprint=made.fingerprint, **choice)


def no(code, status, act, *args, **more):
    with pytest.raises(Refused) as refused:
        act(*args, **more)
    assert (refused.value.code, refused.value.status) == (code, status)


def granted(incident, mara, marco):
    """An indemnity of 24.00 for everybody on the roster."""
    run = mass_runs.propose(incident.code, "indemnity", by=mara)
    mass_runs.approve(run.pk, by=marco)
    while mass_runs.grant_chunk(run.pk):
        pass


def test_the_effect_is_shown_and_exactly_that_is_applied(crowd, mara, marco):
    before = stored(crowd)
    made = proposed(
        crowd,
        line("Add", "New@libero.example", service="business", intervals="2023-01-23T08:00Z/2023-01-24T20:00Z"),
        line("change", "p0@libero.example", contact="other@example.net", paid_to="2023-05-01", bounced="-"),
        line("change", "p1@libero.example", fee="400,00", bounced=3),
        line("remove", "p2@libero.example", fee="1.00"),
        by=mara,
    )
    assert stored(crowd) == before
    assert made.counts == dict(zip(NAMES, (1, 1, 1, 0, 0), strict=True))
    assert (made.unchanged, made.moves_money) == (1, True)
    assert made.effect == {
        "indemnity": {"accounts": 2, "before": "24.00", "after": "24.00"},
        "refund": {"accounts": 2, "before": "8.76", "after": "4.79"},
    }
    lines = {each.login: each for each in made.lines.all()}
    assert lines["p0@libero.example"].before == {
        "contact": "p0@example.net", "paid_to": "2023-06-01", "bounced": 3,
    }  # fmt: skip
    assert lines["p0@libero.example"].amounts["refund"] == {"before": "4.38", "after": "4.79"}
    assert lines["p2@libero.example"].amounts["indemnity"] == {"before": "24.00", "after": "0.00"}
    assert set(lines["p2@libero.example"].before).isdisjoint({"contact", "second_contact"})
    applied(made, marco)
    after = stored(crowd)
    assert set(after) == {"new@libero.example", "p0@libero.example", "p1@libero.example", "p3@libero.example"}
    assert after["p0@libero.example"][3:5] == (before["p0@libero.example"][3].replace(2023, 5, 1), "other@example.net")
    assert after["p0@libero.example"][-2:] == (None, None)
    assert after["p1@libero.example"] == before["p1@libero.example"]
    assert (after["new@libero.example"][0], len(after["new@libero.example"][7])) == ("business", 1)
    entry = JournalEntry.objects.get(action="apply correction")
    facts = {name: entry.facts[name] for name in ("correction", "sha256", "add", "change", "remove", "left_out")}
    expected = {"correction": made.pk, "sha256": made.sha256, "add": 1, "change": 1, "remove": 1, "left_out": 0}
    assert (facts, entry.actor) == (expected, marco)
    no("illegal_move", 409, applied, made, marco)


WRONG = [
    (line("delete", "p0@libero.example"), "action", "unknown_action"),
    (line("", "p0@libero.example"), "action", "unknown_action"),
    (line("add", "P0@libero.example", service="paid"), "login", "known_account"),
    (line("change", "nobody@libero.example", fee=1), "login", "unknown_account"),
    (line("remove", "nobody@libero.example"), "login", "unknown_account"),
    (line("add", "new@libero.example"), "service", "required"),
    (line("add", "new@libero.example", service="paid", fee="-"), "fee", "invalid_amount"),
    (line("change", "p0@libero.example", fee="-1"), "fee", "invalid_amount"),
    (line("change", "p0@libero.example", paid_to="2022-05-01"), "paid_to", "invalid_period"),
    (line("change", "p0@libero.example", paid_to="-"), "paid_to", "invalid_period"),
    (line("change", "p0@libero.example", service="-"), "service", "unknown_service"),
    (line("remove", "p1@libero.example"), "login", "in_use"),
    (line("remove", "p2@libero.example") + line("change", "P2@libero.example", fee=1), "login", "twice"),
]


def test_one_wrong_line_and_nothing_is_proposed(crowd, anna):
    make.draft(anna, crowd, login="p1@libero.example")
    for content, column, code in WRONG:
        with pytest.raises(RosterRefused) as refused:
            proposed(crowd, line("change", "p3@libero.example", fee=5), content)
        found = {(each.line, each.column, each.code) for each in refused.value.problems}
        assert found == {(3 + n, column, code) for n in range(content.count("\n"))}, content
    with pytest.raises(RosterRefused) as refused:
        corrections.propose(crowd.code, io.BytesIO(b"login;fee\np0@libero.example;1\n"))
    assert [(each.column, each.code) for each in refused.value.problems] == [("action", "missing_column")]
    no("nothing_to_correct", 422, proposed, crowd, line("change", "p0@libero.example", fee="400.00"))
    assert not Correction.objects.exists()


def test_what_was_granted_changes_only_if_somebody_says_so_and_no_payout_ever_does(crowd, mara, marco):
    granted(crowd, mara, marco)
    payouts = list(Payout.objects.order_by("id").values())
    content = [
        line("change", "p0@libero.example", service="business"),
        line("change", "p1@libero.example", contact="p1@elsewhere.example"),
        line("change", "p2@libero.example", intervals="2023-01-23T08:00Z/2023-01-23T20:00Z"),
    ]
    made = proposed(crowd, *content, by=mara)
    assert made.counts == dict(zip(NAMES, (0, 3, 0, 3, 2), strict=True))
    assert made.granted["indemnity"] == {"accounts": 2, "granted": "48.00", "before": "48.00", "after": "54.00"}
    rows = {each.login[:2]: (each.granted, each.altering) for each in made.lines.all()}
    assert rows == {"p0": ({"indemnity": "24.00"}, True), "p1": ({"indemnity": "24.00"}, False),
                    "p2": ({"indemnity": "24.00"}, True)}  # fmt: skip
    no("choice_required", 422, applied, made, marco)
    applied(made, marco, with_granted=False)
    now = stored(crowd)
    assert (now["p0@libero.example"][0], now["p2@libero.example"][7]) == ("paid", None)
    assert now["p1@libero.example"][4] == "p1@elsewhere.example"
    again = proposed(crowd, content[0], content[2], by=mara)
    applied(again, marco, with_granted=True)
    now = stored(crowd)
    assert (now["p0@libero.example"][0], len(now["p2@libero.example"][7])) == ("business", 1)
    assert list(Payout.objects.order_by("id").values()) == payouts
    facts = JournalEntry.objects.filter(action="apply correction").latest("sequence").facts
    assert (facts["with_granted"], facts["left_out"], facts["granted"]["indemnity"]["after"]) == (True, 0, "54.00")
    with pytest.raises(RosterRefused) as refused:
        proposed(crowd, line("remove", "p3@libero.example"))
    assert refused.value.problems[0].code == "in_use"


def test_a_plain_load_alters_nothing_that_was_granted(crowd, mara, marco):
    granted(crowd, mara, marco)
    roster.load(crowd.code, io.BytesIO(b"login,service,contact\np0@libero.example,paid,new@example.net\n"))
    assert Customer.objects.filter(contact="new@example.net").exists()
    with pytest.raises(RosterRefused) as refused:
        roster.load(crowd.code, io.BytesIO(b"login,service\np3@libero.example,paid\np1@libero.example,free\n"))
    assert [(each.line, each.code) for each in refused.value.problems] == [(3, "granted")]
    report = roster.load(crowd.code, io.BytesIO(b"login,service\np1@libero.example,free\n"), dry_run=True)
    assert (report.wrong, report.changed) == (1, 0)


def test_four_eyes_where_money_moves_and_nobody_their_own_account(crowd, mara, marco, anna):
    made = proposed(crowd, line("change", "p0@libero.example", service="free"), by=mara)
    no("four_eyes", 403, applied, made, mara)
    no("wrong_role", 403, applied, made, anna)
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.filter(pk=made.pk).update(state="applied", finished_by=mara, finished_at=made.created_at)
    contact = proposed(crowd, line("change", "p1@libero.example", contact=marco.email), by=mara)
    assert contact.moves_money is False
    no("own_payment", 403, applied, contact, marco)
    applied(contact, mara)
    no("stale_correction", 409, applied, made, marco)
    own = proposed(crowd, line("change", "p1@libero.example", fee="99.00"), by=mara)
    no("own_payment", 403, applied, own, marco)
    for role in ("operator", "reviewer", "supervisor", "administrator"):
        no("wrong_role", 403, proposed, crowd, line("remove", "p2@libero.example"), by=make.person(f"x{role}", role))


def test_what_moved_on_since_it_was_shown_is_not_applied(crowd, mara, marco, anna):
    removal = line("remove", "p0@libero.example")
    made = proposed(crowd, removal, by=mara)
    no("other_effect", 409, corrections.apply, made.pk, by=marco, fingerprint="")
    no("other_effect", 409, corrections.apply, made.pk, by=marco, fingerprint="0" * 64)
    roster.load(crowd.code, io.BytesIO(b"login,service\nnew@libero.example,paid\n"))
    no("stale_correction", 409, applied, made, marco)
    made = proposed(crowd, removal, by=mara)
    make.later_terms(crowd)
    no("stale_correction", 409, applied, made, marco)
    made, other = (
        proposed(crowd, removal, by=mara),
        proposed(crowd, line("change", "p1@libero.example", fee=9), by=mara),
    )
    make.draft(anna, crowd, login="p0@libero.example")
    no("stale_correction", 409, applied, made, marco)
    make.submitted(anna, crowd, login="p1@libero.example")
    no("stale_correction", 409, applied, other, marco)
    made = proposed(crowd, line("change", "p2@libero.example", fee=9), by=mara)
    run = mass_runs.propose(crowd.code, "indemnity", by=mara)
    mass_runs.approve(run.pk, by=marco)
    no("run_on", 409, applied, made, marco)
    no("run_on", 409, proposed, crowd, line("change", "p2@libero.example", fee=8))
    mass_runs.cancel(run.pk, by=mara)
    corrections.cancel(made.pk, by=mara)
    no("illegal_move", 409, applied, made, marco)
    assert stored(crowd)["p2@libero.example"][1] == Decimal("400.00")


def test_the_command_shows_the_effect_and_applies_it_by_its_token(crowd, mara, marco, tmp_path, capsys):
    granted(crowd, mara, marco)
    path = tmp_path / "corrections.csv"
    path.write_text(
        HEADER + line("change", "p0@libero.example", service="business") + line("change", "p1@libero.example")
    )
    call_command("load_roster", crowd.code, path, "--corrections", "--as", mara.email)
    said, made = capsys.readouterr().out, Correction.objects.get()
    assert "would add 0, change 1, remove 0; 1 unchanged, 1 with payouts or claims" in said
    assert "Indemnity: 1 accounts, 24.00 -> 48.00 euro (+24.00)" in said
    assert "line 2, p0@libero.example: Service: Paid mailbox -> Business mailbox; Indemnity due 24.00 -> 48.00" in said
    token = f"{made.pk}-{made.fingerprint[:16]}"
    assert f"--apply {token}" in said
    apply = ("load_roster", crowd.code, "--corrections", "--as")
    for who, wrong, message in (
        (mara.email, token, "A second person"),
        (marco.email, f"{made.pk}-", "not the effect that was shown"),
        (marco.email, f"{made.pk}-{'0' * 16}", "not the effect that was shown"),
        (marco.email, "x", "no such correction"),
        (marco.email, token, "Say whether the accounts"),
        ("nobody@example.org", token, "Nobody signs in"),
    ):
        with pytest.raises(CommandError, match=message):
            call_command(*apply, who, "--apply", wrong)
    call_command(*apply, marco.email, "--apply", token, "--granted", "change")
    assert stored(crowd)["p0@libero.example"][0] == "business"


@pytest.mark.django_db(transaction=True)
def test_nothing_is_applied_while_somebody_counts_or_approves_over_the_roster(crowd, mara, marco):
    made, other = proposed(crowd, line("remove", "p0@libero.example"), by=mara), connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", [roster.LOCKS, crowd.pk % 2**31])
        no("roster_busy", 409, applied, made, marco)
    finally:
        other.close()
    applied(made, marco)


def test_an_applied_correction_makes_a_proposed_run_stale(crowd, mara, marco):
    run = mass_runs.propose(crowd.code, "indemnity", by=mara)
    applied(proposed(crowd, line("remove", "p0@libero.example"), by=mara), marco)
    no("stale_run", 409, mass_runs.approve, run.pk, by=marco)


def test_what_was_shown_is_kept(crowd, mara):
    made = proposed(crowd, line("change", "p0@libero.example", fee=9), by=mara)
    for change in (
        lambda: Correction.objects.filter(pk=made.pk).update(fingerprint="0" * 64),
        lambda: CorrectedAccount.objects.update(after={"fee": 99}),
        lambda: CorrectedAccount.objects.all().delete(),
        lambda: Correction.objects.create(incident=crowd, sha256="", fingerprint="", state="applied"),
    ):
        with pytest.raises(Exception, match=r"pgtrigger|proposed|constraint"), transaction.atomic():
            change()


def test_the_number_of_statements_does_not_grow_with_the_lines(crowd, mara, marco):
    def statements(rows):
        content = [line("add", f"n{len(stored(crowd))}-{n}@libero.example", service="paid") for n in range(rows)]
        with CaptureQueriesContext(connection) as queries:
            applied(proposed(crowd, *content, by=mara), marco)
        return len(queries)

    statements(1)
    assert statements(3) == statements(40)
