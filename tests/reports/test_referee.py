"""The referee is silent on a sound state and finds every planted violation, law by law."""

import shutil
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from claims.actions import answers, decisions, exports, intake, notices, questions, review
from claims.models import Attachment, Claim, Decision, Export, Incident, Notice
from claims.reports import referee
from evidence import blobs
from evidence.models import Document
from tests import make, worlds
from tests.referee import assert_laws_hold

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("referee")]
COPY_DECISION = (
    "INSERT INTO claims_decision (claim_id, round, outcome, state, decider_id, note, assessment, total, offsets, net,"
    " reason_versions, signature_reasons, made_at, effective_at)"
    " SELECT claim_id, ROUND, outcome, state, decider_id, note, assessment, total, offsets, net,"
    " reason_versions, signature_reasons, made_at, effective_at FROM claims_decision WHERE claim_id = %s"
)
IN_USE = {
    "L1",
    "L2",
    "L4",
    "L5",
    "L6",
    "L7",
    "L8",
    "L9",
    "L10",
    "L11",
    "L13",
    "L14",
    "L15",
    "L16",
    "L17",
    "L18",
    "L19",
    "L20",
}


def broken(**options):
    """{law: examples} of the laws that are broken."""
    return {verdict.law: verdict.examples for verdict in referee.judge(**options) if verdict.state == referee.BROKEN}


def plant(sql, *params):
    """Does what no action and no person with the application's rights can: triggers and constraints are off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params)
        assert cursor.rowcount > 0
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """(its folder, its claims): made once, in a transaction that ends with the module; each test undoes what it did."""
    folder = tmp_path_factory.mktemp("referee")
    with worlds.lasting(django_db_blocker, folder):
        claims = sound_state()
        worlds.end_of_making()
        yield folder, claims


@pytest.fixture(autouse=True)
def own_storage(world, settings, tmp_path):
    """A copy of the world's files, to be spoilt."""
    copied = shutil.copytree(world[0], tmp_path / "files")
    for name, path in worlds.in_folder(copied).items():
        setattr(settings, name, path)


@pytest.fixture
def sound(world):
    return {name: Claim.objects.get(pk=claim.pk) for name, claim in world[1].items()}


@pytest.fixture
def anna(world):
    return User.objects.get(email="anna@example.org")


@pytest.fixture
def rita(world):
    return User.objects.get(email="rita@example.org")


@pytest.fixture
def incident(world):
    return Incident.objects.get()


def without(table, constraint):
    """Takes away what forbids a violation, until the test ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE conname = %s", [constraint])
        is_constraint = cursor.fetchone()[0]
        cursor.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {constraint}" if is_constraint else f"DROP INDEX {constraint}"
        )


def sound_state():
    """Every kind of thing the product makes: claims at every step, files, notices sent and waiting, reports."""
    anna, bruno = make.person("anna", "claimant"), make.person("bruno", "claimant")
    rita, sara, mara = (
        make.person("rita", "reviewer"),
        make.person("sara", "supervisor"),
        make.person("mara", "manager"),
    )
    incident = make.incident()
    make.customer(incident, "anna@libero.example")
    make.customer(incident, "bruno@virgilio.example", service="free")
    incident.services.update(restored_at=timezone.now())
    claims = {
        "approved": make.decided(anna, incident, rita),
        "rejected": make.taken(anna, incident, rita),
        "signed": make.taken(
            anna, incident, rita, items=[make.item("800.00"), make.item("90.00", head="late_payment")]
        ),
        "waiting": make.taken(bruno, incident, rita, login="bruno@virgilio.example"),
        "withdrawn": intake.withdraw(make.submitted(anna, incident).reference, by=anna),
        "released": make.taken(anna, incident, rita),
        "draft": make.draft(bruno, incident, login="bruno@virgilio.example"),
    }
    review.release(claims["released"].reference, by=rita)
    decisions.decide(
        claims["rejected"].reference,
        by=rita,
        outcome="rejected",
        items=make.findings(claims["rejected"], awarded="0.00", reasons=["loss_not_proven"]),
    )
    for name in "signed", "waiting":
        claim = claims[name]
        decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim), ask_signature=True)
    decisions.countersign(claims["signed"].reference, by=sara)
    notices.deliver_batch(size=3)
    for file_format in "csv", "xlsx":
        exports.request_export(by=mara, format=file_format)
        exports.build_batch()
    exports.cancel(exports.request_export(by=mara).pk, by=mara)
    return claims


def test_a_sound_state_breaks_no_law(sound):
    verdicts = {verdict.law: verdict for verdict in referee.judge()}
    assert list(verdicts) == [f"L{number}" for number in range(1, 21)]
    assert {law for law, verdict in verdicts.items() if verdict.state == referee.HOLDS} == IN_USE
    assert {verdict.state for law, verdict in verdicts.items() if law not in IN_USE} == {referee.NOT_IN_USE}
    assert_laws_hold()
    assert broken(fast=True) == {}


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE claims_claim SET status = 'paid' WHERE reference = %s", "the claim is “paid”, the journal says"),
        ("UPDATE claims_claim SET version = version + 1 WHERE reference = %s", "version "),
        (
            "DELETE FROM claims_journalentry WHERE chain ="
            " (SELECT 'claim:' || id FROM claims_claim WHERE reference = %s)",
            "the journal knows nothing of it",
        ),
        (
            "UPDATE claims_journalentry SET new = 'paid' WHERE action = 'submit' AND chain ="
            " (SELECT 'claim:' || id FROM claims_claim WHERE reference = %s)",
            "no move leads from “draft” to “paid”",
        ),
        (
            "UPDATE claims_journalentry SET old = 'on_hold' WHERE action = 'take' AND chain ="
            " (SELECT 'claim:' || id FROM claims_claim WHERE reference = %s)",
            "it goes on from “on_hold”, the entry before says “submitted”",
        ),
        (
            "UPDATE claims_journalentry SET new = 'submitted' WHERE action = 'open' AND chain ="
            " (SELECT 'claim:' || id FROM claims_claim WHERE reference = %s)",
            "it starts as “submitted”",
        ),
        (
            "UPDATE claims_journalentry SET chain = 'claim:999999' WHERE chain ="
            " (SELECT 'claim:' || id FROM claims_claim WHERE reference = %s)",
            "there is no such claim",
        ),
    ],
)
def test_l1_a_status_that_the_journal_does_not_tell_of(sound, sql, says):
    plant(sql, sound["approved"].reference)
    assert says in " ".join(broken()["L1"])


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE claims_journalentry SET at = at + interval '1 microsecond' WHERE sequence = 2", "its content"),
        ("UPDATE claims_journalentry SET facts = facts || '{\"x\": 1}' WHERE sequence = 1", "its content"),
        ("UPDATE claims_journalentry SET sealed = '\\x00' WHERE sealed IS NOT NULL", "its content"),
        ("UPDATE claims_journalentry SET actor_id = NULL WHERE sequence = 3", "its content"),
        ("DELETE FROM claims_journalentry WHERE sequence = 2", "number 2 is missing"),
        ("UPDATE claims_journalentry SET previous = repeat('0', 64) WHERE sequence = 2", "it is not linked"),
    ],
)
def test_l2_an_entry_that_somebody_changed(sound, sql, says):
    plant(sql)
    assert says in broken()["L2"][0]


def test_l4_two_decisions_in_a_round(sound):
    without("claims_decision", "one_standing_decision_per_round")
    plant(
        COPY_DECISION.replace("ROUND", "round"),
        sound["approved"].pk,
    )
    assert "2 effective decisions" in broken()["L4"][0]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "UPDATE claims_decision d SET decider_id = c.claimant_id FROM claims_claim c"
            " WHERE c.id = d.claim_id AND c.reference = %s",
            "the claimant decided it",
        ),
        (
            "UPDATE claims_countersignature s SET signer_id = d.decider_id FROM claims_decision d JOIN claims_claim c"
            " ON c.id = d.claim_id WHERE d.id = s.decision_id AND c.reference = %s",
            "the decider countersigned it",
        ),
        (
            "UPDATE claims_countersignature s SET signer_id = c.claimant_id FROM claims_decision d JOIN claims_claim c"
            " ON c.id = d.claim_id WHERE d.id = s.decision_id AND c.reference = %s",
            "the claimant countersigned it",
        ),
        (
            "DELETE FROM claims_countersignature s USING claims_decision d, claims_claim c"
            " WHERE d.id = s.decision_id AND c.id = d.claim_id AND c.reference = %s",
            "it is over the limit and nobody countersigned it",
        ),
    ],
)
def test_l4_a_missing_second_person(sound, sql, says):
    plant(sql, sound["signed"].reference)
    assert says in broken()["L4"][0]


def test_l4_a_claimant_who_reviews(sound):
    without("claims_claim", "claim_not_reviewed_by_claimant")
    plant("UPDATE claims_claim SET assigned_to_id = claimant_id WHERE reference = %s", sound["waiting"].reference)
    assert "its claimant reviews it" in broken()["L4"][0]


def test_l4_an_appeal_decided_by_the_same_person(sound):
    plant("UPDATE claims_decision SET round = 1, state = 'effective' WHERE claim_id = %s", sound["approved"].pk)
    plant(
        COPY_DECISION.replace("ROUND", "2"),
        sound["approved"].pk,
    )
    assert "the appeal was decided by who decided or signed before" in broken()["L4"][0]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE claims_award SET reduced = reduced + 0.01", "an award is not the amount less the own share"),
        ("DELETE FROM claims_award WHERE id = (SELECT max(id) FROM claims_award)", "an item was not decided"),
        ("UPDATE claims_decision SET total = total + 1, net = net + 1 WHERE total > 0", "the awards make"),
        ('UPDATE claims_decision SET assessment = assessment || \'{"net": "7.00"}\'', "the arithmetic that was shown"),
        ("UPDATE claims_decision SET outcome = 'rejected' WHERE total > 0", "it is “rejected” with"),
        ("UPDATE claims_claim SET claimed = claimed + 1", "claimed, the items make"),
    ],
)
def test_l5_amounts_that_do_not_add_up(sound, sql, says):
    plant(sql)
    assert says in broken()["L5"][0]


def test_l5_caps_and_shares_are_known(anna, incident, rita):
    """The example of the field: head cap 600.00, share 25 %; and a claim over its cap."""
    make.later_terms(incident, countersign_limit=10**6)
    claim = make.taken(
        anna, incident, rita, items=[make.item("1200.00", head="missed_opportunity"), make.item("89.90")]
    )
    first, second = make.findings(claim)
    first |= {"awarded": make.Decimal("900.00"), "share": make.Decimal(25), "reasons": ["own_contribution"]}
    decisions.decide(claim.reference, by=rita, outcome="partly_approved", items=[first, second])
    large = make.taken(anna, incident, rita, items=[make.item("9000.00")])
    decisions.decide(large.reference, by=rita, outcome="approved", items=make.findings(large, reasons=["above_cap"]))
    totals = Decision.objects.filter(claim__in=[claim, large]).order_by("id").values_list("total", flat=True)
    assert [str(total) for total in totals] == ["689.90", "5000.00"]
    assert_laws_hold()


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DELETE FROM claims_notice WHERE id = (SELECT max(id) FROM claims_notice)", "times, notices: 0"),
        (
            "INSERT INTO claims_notice (key, kind, claim_id, recipient_id, address, language, context, code, state,"
            " tries, created_at, next_try_at, last_error) SELECT key || 'again', kind, claim_id, recipient_id, address,"
            " language, context, 'X' || id, 'queued', 0, created_at, next_try_at, '' FROM claims_notice LIMIT 1",
            "notices: 2",
        ),
        ("UPDATE claims_notice SET sent_at = NULL WHERE state = 'sent'", "nobody knows when"),
        ("UPDATE claims_notice SET sent_at = now() WHERE state = 'queued'", "queued, although it was sent"),
        ("UPDATE claims_notice SET state = 'sending' WHERE state = 'queued'", "being sent by nobody"),
        ("UPDATE claims_notice SET leased_until = now() WHERE state = 'sent'", "sent, although somebody sends it"),
        ("UPDATE claims_notice SET tries = 0 WHERE state = 'sent'", "sent without a try"),
        ("UPDATE claims_notice SET address = '' WHERE state = 'queued'", "queued, but to nowhere"),
    ],
)
def test_l7_a_notice_too_few_too_many_or_in_no_state(sound, sql, says):
    plant(sql)
    assert says in broken()["L7"][0]


def test_l7_one_key_used_twice(sound):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'claims_notice'::regclass AND contype = 'u'"
            " AND pg_get_constraintdef(oid) LIKE '%(key)%'"
        )
        without("claims_notice", cursor.fetchone()[0])
    plant("UPDATE claims_notice SET key = 'same'")
    assert any("the key same is used" in example for example in broken()["L7"])


def change(path):
    path.write_bytes(path.read_bytes()[:-1] + b"?")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.unlink(), "its file is missing"),
        (lambda path: path.write_bytes(b""), "its file has 0 bytes, not"),
        (change, "its file was changed"),
    ],
)
@pytest.mark.parametrize("fast", [True, False])
def test_l8_a_document_whose_bytes_are_not_those(sound, spoil, says, fast):
    spoil(blobs.path(Document.objects.first().sha256))
    assert says in broken(fast=fast)["L8"][0]


def test_l8_bytes_of_no_document(sound):
    blobs.write(blobs.path("ab" * 32), b"left behind")
    assert broken() == {}
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert "no document has these bytes" in broken()["L8"][0]


def test_l8_a_preview_that_is_not_there(sound):
    Document.objects.update(has_preview=True)
    assert "its preview is missing" in broken()["L8"][0]


def test_l8_a_document_that_nobody_judged(sound):
    without("evidence_document", "document_judged_unless_pending")
    plant("UPDATE evidence_document SET judged_at = NULL")
    assert "nobody judged it" in broken()["L8"][0]
    plant("UPDATE evidence_document SET judged_at = now()")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (
            "UPDATE evidence_document SET parts = 2 WHERE parent_id IS NULL AND parts = 1",
            "2 files were found inside, but 1",
        ),
        (
            "DELETE FROM evidence_scan WHERE document_id IN (SELECT id FROM evidence_document WHERE depth = 1);"
            "DELETE FROM evidence_document WHERE depth = 1",
            "1 files were found inside, but 0 are kept",
        ),
        ("UPDATE evidence_document SET parts = NULL", "which was not opened"),
        ("UPDATE evidence_document SET depth = 3 WHERE depth = 1", "at another depth"),
        (
            "UPDATE evidence_document SET state = 'refused', reason = 'malware' WHERE depth = 1",
            "which passed although a virus is in it",
        ),
    ],
)
def test_l8_files_inside_others(sound, spoil, says):
    holder = Document.objects.first()
    make.document(holder.owner, content=b"inside", parent=holder, inside="a.txt", depth=1)
    Document.objects.filter(pk=holder.pk).update(parts=1)
    assert broken() == {}
    plant(spoil)
    assert says in broken()["L8"][0]


def test_l8_a_file_inside_that_is_in_another_claim(sound, anna, incident):
    holder = Document.objects.filter(attachment__isnull=False).first()
    inner = make.document(holder.owner, content=b"inside", parent=holder, inside="a.txt", depth=1)
    Document.objects.filter(pk=holder.pk).update(parts=1)
    Attachment.objects.create(claim=make.draft(anna, incident), document=inner)
    assert "what holds it in claim" in broken()["L8"][0]


def test_l9_something_that_nobody_works_on_any_more(sound, anna):
    long_ago, just_now = timezone.now() - timedelta(minutes=2), timezone.now() - timedelta(seconds=5)
    Notice.objects.filter(state="queued").update(state="sending", leased_until=just_now)
    assert broken() == {}
    Notice.objects.filter(state="sending").update(leased_until=long_ago)
    assert "being sent: notice" in broken()["L9"][0]
    Notice.objects.filter(state="sending").update(state="queued", leased_until=None)
    Export.objects.filter(state="cancelled").update(state="running", leased_until=long_ago)
    assert "being built: export" in broken()["L9"][0]
    Export.objects.filter(state="running").update(state="cancelled")
    make.document(anna, content=b"waits", state="pending", leased_until=long_ago)
    Document.objects.filter(state="pending").update(judged_at=None)
    assert "being checked: document" in broken()["L9"][0]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-9]), change])
def test_l10_a_report_that_is_not_whole(sound, file_format, spoil):
    spoil(exports.path_of(Export.objects.get(format=file_format, state="ready")))
    assert "its file" in broken()["L10"][0]


def test_l10_a_report_with_other_rows_than_it_says(sound):
    Export.objects.filter(format="csv").update(rows=99)
    assert "rows, not 99" in broken()["L10"][0]


def test_every_law_in_use_has_a_planted_violation():
    source = "".join(file.read_text() for file in Path(__file__).parents[1].rglob("test_*.py"))
    assert {law for law in IN_USE if f"def test_{law.lower()}_" in source} == IN_USE


def test_the_command_prints_a_table_and_ends_well(sound):
    out = StringIO()
    call_command("referee", stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == 20
    assert lines[0].split()[:2] == ["L1", "holds"]
    assert "not in use yet" in lines[2]


def test_the_command_names_the_broken_law_and_exits_1(sound):
    plant("UPDATE claims_claim SET status = 'withdrawn' WHERE reference = %s", sound["approved"].reference)
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("referee", "--fast", stdout=out, stderr=err)
    assert ended.value.code == 1
    assert err.getvalue() == "Broken: L1.\n"
    assert f"{sound['approved'].reference} #" in out.getvalue()
    assert Claim.objects.get(pk=sound["approved"].pk).status == "withdrawn"


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DELETE FROM claims_clockevent WHERE claim_id = %s", "it is in round 1, its clocks are those of rounds []"),
        ("UPDATE claims_clockevent SET days = 70 WHERE claim_id = %s", "its ledger says"),
        ('UPDATE claims_clockevent SET "on" = "on" - 1 WHERE claim_id = %s', "its clock started on"),
        ("UPDATE claims_clockevent SET round = 2 WHERE claim_id = %s", "its clocks are those of rounds [2]"),
        ("UPDATE claims_clockevent SET kind = 'resume', days = 0 WHERE claim_id = %s", "a ledger begins with a start"),
        ("UPDATE claims_claim SET due = due + 1 WHERE id = %s", "its ledger says"),
        ("UPDATE claims_claim SET status = 'information_requested' WHERE id = %s", "but its clock runs"),
        ("UPDATE claims_claim SET submitted_at = NULL WHERE id = %s", "nobody submitted it"),
        (
            'INSERT INTO claims_clockevent (claim_id, round, kind, "on", days, mode, basis)'
            " VALUES (%s, 1, 'pause', CURRENT_DATE + 1, 0, 'calendar', 'test')",
            "but its clock stands still",
        ),
        (
            'INSERT INTO claims_clockevent (claim_id, round, kind, "on", days, mode, basis)'
            " VALUES (%s, 1, 'pause', '2020-01-01', 0, 'calendar', 'test')",
            "does not fit the ledger",
        ),
    ],
)
def test_l11_a_ledger_with_a_gap_or_another_date(sound, sql, says):
    without("claims_claim", "claim_submitted_has_due")
    plant(sql, sound["waiting"].pk)
    assert says in "; ".join(broken()["L11"])


PLANTED_QUESTION = (
    "INSERT INTO claims_informationrequest (claim_id, asked_by_id, text, state, due, asked_at, ended_at, answer,"
    " answered_at) SELECT id, claimant_id, '', %s, due, now(), %s, '', %s FROM claims_claim WHERE id = %s"
)


@pytest.mark.parametrize(
    ("state", "ended", "answered", "says"),
    [
        ("open", None, None, "with an open question"),
        ("expired", "2026-01-01", None, "no flag says so"),
        ("cancelled", "2026-01-01", None, "asks for nothing"),
    ],
)
def test_l13_a_question_that_does_not_fit_its_claim(sound, state, ended, answered, says):
    plant(PLANTED_QUESTION, state, ended, answered, sound["waiting"].pk)
    if state != "cancelled":
        plant(
            "UPDATE claims_journalentry SET action = 'ask' WHERE chain = %s AND sequence = 1",
            f"claim:{sound['waiting'].pk}",
        )
    assert says in "; ".join(broken()["L13"])


def test_l13_a_claim_that_waits_for_nothing_and_an_answer_with_a_hole(sound, anna, incident, rita):
    claim = questions.ask(make.taken(anna, incident, rita).reference, by=rita, items=["One", "Two"])
    assert "L13" not in broken()
    answers.answer(claim.reference, by=anna, text="Here.")
    assert "L13" not in broken()
    plant("UPDATE claims_requesteditem SET answer = '' WHERE label = 'Two'")
    plant("UPDATE claims_claim SET status = 'information_requested' WHERE id = %s", sound["waiting"].pk)
    told = "; ".join(broken()["L13"])
    assert "leaves “Two” out" in told
    assert "it waits for an answer to nothing" in told
