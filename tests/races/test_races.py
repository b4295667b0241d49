"""What people do at the same moment. Each race is run with the locks, when it must end well every time, and once
without them, when it must end badly: a race that cannot be lost proves nothing."""

import re
import threading
from datetime import timedelta
from itertools import count

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import keys
from accounts.models import PersonKey, User
from accounts.people import end_sign_ins, let_in
from claims.actions import (
    answers,
    attachments,
    clock,
    deadlines,
    decisions,
    drafting,
    holds,
    intake,
    journal,
    leasing,
    notices,
    people,
    questions,
    review,
)
from claims.actions.lifecycle import chain_of
from claims.models import Claim, DecisionDraft, Hold, JournalEntry, Notice
from claims.rules.deadlines import due_date
from claims.rules.errors import Refused
from claims.rules.terms import Terms
from evidence.uploading import StreamedUpload
from tests import make
from tests.races.together import NOTICE, at_once, split, waits_for_lock
from tests.referee import assert_laws_hold
from tests.soak import LONG, rounds

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
NUMBERS = count()
USER = re.compile(r'SELECT "accounts_user"\."id"')
DRAFT = re.compile(r'(?:SELECT|DELETE FROM) "claims_decisiondraft"')
PROPOSAL = re.compile(r'SELECT "claims_decision"\."id"')
FILES = re.compile(r'SELECT COUNT\(\*\) AS "__count" FROM "claims_attachment"')
ENTRY = re.compile(r'SELECT "claims_journalentry"')
RECORDED = re.compile(r'SELECT 1 AS "a" FROM "claims_journalentry"')
KEY = re.compile(r'SELECT "accounts_personkey"\."id"')


class Cast:
    """The people and the incident of all rounds of one test."""

    def __init__(self):
        self.anna, self.olga = make.person("anna", "claimant"), make.person("olga", "operator")
        self.rita, self.remo = make.person("rita", "reviewer"), make.person("remo", "reviewer")
        self.sara = make.person("sara", "supervisor")
        self.incident = make.incident(terms=Terms(most_files=3))
        make.customer(self.incident)

    def again(self, person):
        """The same person as another request sees them: nothing remembered."""
        return User.objects.get(pk=person.pk)

    def draft(self):
        claim = make.draft(self.anna, self.incident)
        make.attachment(claim)
        return claim

    def submitted(self):
        return intake.submit_claim(self.draft().reference, by=self.anna, declaration=True)

    def taken(self):
        return make.checked(review.take(self.submitted().reference, by=self.rita))


def acts(claim):
    return list(
        JournalEntry.objects.filter(chain=chain_of(claim)).order_by("sequence").values_list("action", flat=True)
    )


def told(claim, kind):
    return claim.notices.filter(kind=kind).count()


def r1_one_claim_is_decided_twice(cast):
    claim = cast.taken()
    approve, reject = make.findings(claim), make.findings(claim, awarded="0.00", reasons=["no_evidence"])
    done, refused = split(
        at_once(
            lambda: decide(cast, claim, "approved", approve, version=claim.version),
            lambda: decide(cast, claim, "rejected", reject, version=claim.version),
        )
    )
    claim.refresh_from_db()
    assert (len(done), refused) == (1, [(409, "stale")])
    assert claim.status == done[0].status == claim.decisions.get().outcome
    assert (acts(claim).count("decide"), told(claim, "claim_decided")) == (1, 1)


def decide(cast, claim, outcome, items, **more):
    return decisions.decide(claim.reference, by=cast.again(cast.rita), outcome=outcome, items=items, **more)


def r2_a_claim_is_decided_while_it_moves_to_another_desk(cast):
    claim = cast.taken()
    items = make.findings(claim)
    done, refused = split(
        at_once(
            lambda: decide(cast, claim, "approved", items),
            lambda: review.assign(claim.reference, by=cast.again(cast.sara), to=cast.again(cast.remo)),
        )
    )
    claim.refresh_from_db()
    assert len(done) == 1
    if claim.status == "approved":
        assert (refused, claim.assigned_to) == ([(409, "illegal_move")], cast.rita)
    else:
        assert (refused, claim.assigned_to) == ([(403, "not_assignee")], cast.remo)
    assert claim.decisions.count() == acts(claim).count("decide") == (claim.status == "approved")


def r3_a_draft_is_submitted_eight_times(cast):
    claim = cast.draft()
    done, refused = split(
        at_once(*[lambda: intake.submit_claim(claim.reference, by=cast.again(cast.anna), declaration=True)] * 8)
    )
    assert (len(done), refused) == (1, [(409, "illegal_move")] * 7)
    assert (acts(claim).count("submit"), told(claim, "claim_submitted")) == (1, 1)


def r9_a_claim_is_taken_while_it_is_withdrawn(cast):
    Claim.objects.waiting().update(due="2099-01-01")
    claim = cast.submitted()
    [taken, withdrawn] = at_once(
        lambda: review.take_next(by=cast.again(cast.rita)),
        lambda: intake.withdraw(claim.reference, by=cast.again(cast.anna)),
    )
    claim.refresh_from_db()
    assert (claim.status, withdrawn.pk, claim.assigned_to) == ("withdrawn", claim.pk, None)
    assert not claim.assignments.filter(ended_at=None).exists()
    assert acts(claim)[-1] == "withdraw"
    assert claim.version == len(acts(claim))
    assert acts(claim).count("take") == claim.assignments.count() == int(taken is not None and taken.pk == claim.pk)


def r9_a_claim_is_taken_while_it_is_given_to_somebody(cast):
    Claim.objects.waiting().update(due="2099-01-01")
    claim = cast.submitted()
    [taken, given] = at_once(
        lambda: review.take_next(by=cast.again(cast.rita)),
        lambda: review.assign(claim.reference, by=cast.again(cast.sara), to=cast.again(cast.remo)),
    )
    assert not isinstance(taken, Exception), repr(taken)
    claim.refresh_from_db()
    assert claim.assigned_to == cast.remo
    assert given.pk == claim.pk
    assert claim.assignments.get(ended_at=None).reviewer == cast.remo


def r8_two_reviewers_take_the_next_at_once(cast):
    Claim.objects.waiting().update(due="2099-01-01")
    claims = [cast.submitted() for _ in range(2)]
    done, refused = split(at_once(*take_next(cast)))
    assert refused == []
    assert {claim.pk for claim in done} == {claim.pk for claim in claims}
    assert [claim.assignments.get().reviewer for claim in done] == [cast.rita, cast.remo]


def take_next(cast):
    return [lambda by=by: review.take_next(by=cast.again(by)) for by in (cast.rita, cast.remo)]


def r9_something_more_urgent_arrives_while_two_take_the_next(cast):
    """Two of the three are taken, the other one is next: none is lost, none is in two hands."""
    Claim.objects.waiting().update(due="2099-01-01")
    old = [cast.submitted() for _ in range(2)]
    new = make.draft(cast.anna, cast.incident, items=[make.item("900.00")])
    make.attachment(new)
    submit = lambda: intake.submit_claim(new.reference, by=cast.again(cast.anna), declaration=True)  # noqa: E731
    done, refused = split(at_once(*take_next(cast), submit))
    assert refused == []
    *taken, arrived = done
    assert arrived.risk > old[0].risk
    left = review.take_next(by=cast.again(cast.remo))
    assert {claim.pk for claim in (*taken, left)} == {old[0].pk, old[1].pk, new.pk}
    assert [claim.assignments.get().reviewer for claim in (*taken, left)] == [cast.rita, cast.remo, cast.remo]
    assert review.take_next(by=cast.again(cast.rita)) is None


def r13_two_edits_start_from_one_version(cast):
    claim = cast.draft()
    done, refused = split(
        at_once(
            *(
                lambda text=text: intake.edit_claim(
                    claim.reference, by=cast.again(cast.anna), narrative=text, version=claim.version
                )
                for text in ("one", "other")
            )
        )
    )
    written = claim.narrative
    claim.refresh_from_db()
    assert (len(done), refused) == (1, [(409, "stale")])
    assert done[0].narrative == claim.narrative != written
    assert acts(claim).count("edit") == 1


def upload(content):
    return StreamedUpload.of("a.txt", [content])


def attach(cast, claim, content):
    file = upload(content)
    try:
        return attachments.attach(claim.reference, file, by=cast.again(cast.anna))
    finally:
        file.close()
        connection.close()


def r14_a_file_arrives_while_the_claim_is_submitted(cast):
    claim = cast.draft()
    done, refused = split(
        at_once(
            lambda: attach(cast, claim, b"the receipt"),
            lambda: intake.submit_claim(claim.reference, by=cast.again(cast.anna), declaration=True),
        )
    )
    claim.refresh_from_db()
    assert claim.status == "submitted"
    attached = claim.attachments.count()
    assert (attached, refused) in [(2, []), (1, [(409, "wrong_state")])]
    assert JournalEntry.objects.get(chain=chain_of(claim), action="submit").facts["documents"] == attached
    assert (acts(claim)[-1], claim.version) == ("submit", len(acts(claim)))
    assert len(done) == attached


def r15_a_claim_is_withdrawn_while_it_is_decided(cast):
    claim = cast.taken()
    items = make.findings(claim)
    done, refused = split(
        at_once(
            lambda: decide(cast, claim, "approved", items),
            lambda: intake.withdraw(claim.reference, by=cast.again(cast.anna)),
        )
    )
    claim.refresh_from_db()
    assert (len(done), refused) == (1, [(409, "illegal_move")])
    assert claim.status in ("approved", "withdrawn")
    assert claim.decisions.filter(state="effective").count() == (claim.status == "approved")
    assert told(claim, "claim_decided") + told(claim, "claim_withdrawn") == 1


def r15_a_proposed_decision_is_signed_and_returned(cast):
    claim = cast.taken()
    claim = decide(cast, claim, "approved", make.findings(claim), ask_signature=True)
    done, refused = split(
        at_once(
            lambda: decisions.countersign(claim.reference, by=cast.again(cast.sara)),
            lambda: decisions.return_to_reviewer(claim.reference, by=cast.again(cast.sara), note="Why?"),
            moment=PROPOSAL,
        )
    )
    claim.refresh_from_db()
    assert (len(done), refused) == (1, [(409, "illegal_move")])
    assert (claim.status, claim.decisions.get().state) in [("approved", "effective"), ("in_review", "returned")]


def r1_a_proposed_decision_is_signed_while_its_reviewer_changes_it(cast):
    claim = cast.taken()
    claim = decide(cast, claim, "approved", make.findings(claim), ask_signature=True)
    done, refused = split(
        at_once(
            lambda: decisions.countersign(claim.reference, by=cast.again(cast.sara)),
            lambda: decisions.recall(claim.reference, by=cast.again(cast.rita)),
        )
    )
    claim.refresh_from_db()
    assert (len(done), refused) == (1, [(409, "illegal_move")])
    decision = claim.decisions.get()
    assert (claim.status, decision.state) in (("approved", "effective"), ("in_review", "void"))
    signed = hasattr(decision, "countersignature")
    assert signed == (claim.status == "approved")
    assert (acts(claim).count("countersign"), acts(claim).count("recall")) == (int(signed), int(not signed))


def a_draft_is_kept_while_the_claim_is_decided(cast):
    claim = cast.taken()
    items = make.findings(claim)
    drafting.save_draft(claim.reference, by=cast.again(cast.rita), values={"note": ["before"]})
    outcomes = at_once(
        lambda: decide(cast, claim, "approved", items),
        lambda: drafting.save_draft(claim.reference, by=cast.again(cast.rita), values={"note": ["late"]}),
        moment=DRAFT,
    )
    assert not isinstance(outcomes[0], Exception), repr(outcomes[0])
    _done, refused = split(outcomes)
    assert refused in ([], [(409, "illegal_move")])
    assert not DecisionDraft.objects.exists()
    assert claim.decisions.count() == 1


def r17_ten_files_arrive_where_one_fits(cast):
    claim = cast.draft()
    attach(cast, claim, b"first")
    done, refused = split(at_once(*(lambda n=n: attach(cast, claim, b"file %d" % n) for n in range(10)), moment=FILES))
    assert (len(done), refused) == (1, [(409, "too_many_files")] * 9)
    assert claim.attachments.count() == 3
    assert acts(claim).count("attach") == 2


def while_it_waits(claim, act, meanwhile):
    """What `act` raised, which began before `meanwhile` happened and waited for the claim until after it."""
    outcome = []

    def waiting():
        try:
            outcome.append(act())
        except Exception as error:
            outcome.append(error)
        finally:
            connection.close()

    before, thread = acts(claim), threading.Thread(target=waiting, daemon=True)
    with transaction.atomic():
        list(Claim.objects.select_for_update().filter(pk=claim.pk))
        thread.start()
        waits_for_lock(thread)
        meanwhile()
    thread.join()
    assert acts(claim) == before
    [error] = outcome
    assert isinstance(error, Refused), repr(error)
    return error.status, error.code


def r18_a_role_is_taken_away_while_its_holder_waits_for_the_lock(cast):
    claim = cast.taken()
    items, groups = make.findings(claim), list(cast.rita.groups.all())
    refused = while_it_waits(claim, lambda: decide(cast, claim, "approved", items), cast.rita.groups.clear)
    cast.rita.groups.set(groups)
    assert refused[0] == 403
    assert not claim.decisions.exists()


def r18_a_reviewer_is_signed_out_while_a_decision_waits_for_the_lock(cast):
    claim = cast.taken()
    items = make.findings(claim)
    refused = while_it_waits(
        claim, lambda: decide(cast, claim, "approved", items), lambda: end_sign_ins(cast.again(cast.rita))
    )
    cast.rita.refresh_from_db()
    assert refused == (403, "signed_out")
    assert not claim.decisions.exists()


def r18_an_account_is_closed_while_its_claim_waits_to_be_sent(cast):
    claim = cast.draft()
    refused = while_it_waits(
        claim,
        lambda: intake.submit_claim(claim.reference, by=cast.again(cast.anna), declaration=True),
        lambda: let_in(cast.again(cast.anna), active=False),
    )
    let_in(cast.again(cast.anna), active=True)
    cast.anna.refresh_from_db()
    assert refused == (403, "signed_out")
    assert not claim.notices.exists()


def r18_a_password_is_changed_while_a_withdrawal_waits(cast):
    """Whoever stole the old one gets nothing through with it any more."""
    claim = cast.submitted()

    def change():
        person = cast.again(cast.anna)
        person.set_password(f"another {next(NUMBERS)}")
        person.save()

    refused = while_it_waits(claim, lambda: intake.withdraw(claim.reference, by=cast.again(cast.anna)), change)
    cast.anna.refresh_from_db()
    assert refused == (403, "signed_out")


def a_draft_expires_while_it_is_submitted(cast):
    claim = cast.draft()
    Claim.objects.filter(pk=claim.pk).update(updated_at="2020-01-01T00:00:00Z")
    [submitted, expired] = at_once(
        lambda: intake.submit_claim(claim.reference, by=cast.again(cast.anna), declaration=True),
        lambda: intake.expire_draft(claim.pk, timezone.now()),
    )
    claim.refresh_from_db()
    if isinstance(submitted, Exception):
        assert (submitted.code, claim.status, expired) == ("illegal_move", "expired", 1)
    else:
        assert (claim.status, expired) == ("submitted", 0)


def asked(cast):
    claim = questions.ask(cast.taken().reference, by=cast.again(cast.rita), items=["The invoice", "Why"])
    return claim, claim.information_requests.get()


def r15_an_answer_arrives_while_its_question_expires(cast):
    claim, request = asked(cast)
    [answered, expired] = at_once(
        lambda: answers.answer(claim.reference, by=cast.again(cast.anna), text="Here."),
        lambda: questions.expire_one(request.pk, claim.pk, request.due + timedelta(days=1)),
    )
    claim.refresh_from_db()
    request.refresh_from_db()
    assert not isinstance(answered, Exception), repr(answered)
    assert (claim.status, request.answered_at is not None) == ("in_review", True)
    ends = [action for action in acts(claim) if action in ("answer", "unanswered", "late answer")]
    won = ("expired", 1, ["unanswered", "late answer"], ["answered_late"])
    assert (request.state, expired, ends, claim.flags) in [("answered", 0, ["answer"], []), won]
    assert list(claim.clock_events.values_list("kind", flat=True)) == ["start", "pause", "resume"]
    assert claim.version == len(acts(claim))


def an_answer_arrives_while_the_claim_is_withdrawn(cast):
    claim, request = asked(cast)
    done, refused = split(
        at_once(
            lambda: answers.answer(claim.reference, by=cast.again(cast.anna), text="Here."),
            lambda: intake.withdraw(claim.reference, by=cast.again(cast.anna)),
        )
    )
    claim.refresh_from_db()
    request.refresh_from_db()
    assert (claim.status, acts(claim)[-1]) == ("withdrawn", "withdraw")
    assert (request.state, refused) in [("answered", []), ("cancelled", [(409, "nothing_asked")])]
    assert acts(claim).count("answer") == len(done) - 1
    assert claim.version == len(acts(claim))


def an_answer_arrives_while_the_question_is_taken_back(cast):
    claim, request = asked(cast)
    done, refused = split(
        at_once(
            lambda: answers.answer(claim.reference, by=cast.again(cast.anna), text="Here."),
            lambda: questions.cancel(claim.reference, by=cast.again(cast.rita)),
        )
    )
    claim.refresh_from_db()
    request.refresh_from_db()
    assert (len(done), claim.status) == (1, "in_review")
    assert (request.state, refused) in [
        ("answered", [(409, "illegal_move")]),
        ("cancelled", [(409, "nothing_asked")]),
    ]
    assert told(claim, "information_not_needed") == (request.state == "cancelled")


def two_workers_remind_of_one_question(cast):
    claim, request = asked(cast)
    counts = at_once(*[lambda: questions.remind_one(request.pk, claim.pk)] * 2)
    assert sorted(counts, key=str) == [0, 1]
    assert told(claim, "information_reminder") == 1


def two_workers_deliver_one_outbox(cast):
    Notice.objects.all().update(state="sent")
    mail.outbox.clear()
    for _ in range(20):
        context = {"subject": "s", "text": "t", "html": ""}
        Notice.objects.create(key=f"test:{next(NUMBERS)}", kind="sign_in", address="a@b.example", context=context)
    counts = at_once(*[lambda: notices.deliver_batch(size=15)] * 2, moment=NOTICE)
    while notices.deliver_batch():
        pass
    sent = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert all(isinstance(number, int) for number in counts), counts
    assert (len(sent), len(set(sent))) == (20, 20)
    assert set(Notice.objects.values_list("state", "tries")) <= {("sent", 0), ("sent", 1)}


def r15_a_hold_ends_by_hand_and_by_the_clock(cast):
    """One of them brings the claim back; the clock of the case resumes once, on the day the hold was for."""
    claim = cast.taken()
    holds.hold(claim.reference, by=cast.rita, until=clock.today() + timedelta(days=3), reason="court")
    Hold.objects.filter(claim=claim).update(until=clock.today())
    outcomes = at_once(lambda: holds.resume(claim.reference, by=cast.again(cast.rita)), holds.end_holds)
    done, refused = split(outcomes)
    ended_by_clock = outcomes[1] == 1
    assert refused == ([(409, "illegal_move")] if ended_by_clock else [])
    assert len(done) == (1 if ended_by_clock else 2)
    assert acts(claim)[-2:] == ["hold", "resume"]
    assert [line.kind for line in clock.ledger_of(claim)] == ["start", "pause", "resume"]
    assert claim.holds.get().ended_at is not None


def r15_two_supervisors_prolong_at_once(cast):
    """Both extensions count, one after the other, and the date is that of the whole ledger."""
    claim = cast.submitted()
    done, refused = split(
        at_once(
            lambda: deadlines.extend(claim.reference, by=cast.again(cast.sara), days=10, basis="agreed"),
            lambda: deadlines.extend(claim.reference, by=cast.again(cast.sara), days=20, basis="agreed"),
        )
    )
    assert (len(done), refused) == (2, [])
    claim.refresh_from_db()
    assert claim.due == due_date(clock.today(), 45, extension=30)
    assert acts(claim)[-2:] == ["extend", "extend"]
    assert told(claim, "deadline_extended") == 2


def r15_two_jobs_find_the_same_breach(cast):
    claim = cast.submitted()
    with time_machine.travel(timezone.now() + timedelta(days=90)):
        outcomes = at_once(deadlines.record_breaches, deadlines.record_breaches, moment=RECORDED)
    done, refused = split(outcomes)
    assert (sorted(done), refused) == ([0, 1], [])
    assert acts(claim).count("overdue") == 1


RACES = [
    r1_one_claim_is_decided_twice,
    r2_a_claim_is_decided_while_it_moves_to_another_desk,
    r3_a_draft_is_submitted_eight_times,
    r8_two_reviewers_take_the_next_at_once,
    r9_something_more_urgent_arrives_while_two_take_the_next,
    r9_a_claim_is_taken_while_it_is_withdrawn,
    r9_a_claim_is_taken_while_it_is_given_to_somebody,
    r13_two_edits_start_from_one_version,
    r14_a_file_arrives_while_the_claim_is_submitted,
    r15_a_claim_is_withdrawn_while_it_is_decided,
    r15_a_proposed_decision_is_signed_and_returned,
    r15_a_hold_ends_by_hand_and_by_the_clock,
    r15_two_supervisors_prolong_at_once,
    r15_two_jobs_find_the_same_breach,
    r1_a_proposed_decision_is_signed_while_its_reviewer_changes_it,
    a_draft_is_kept_while_the_claim_is_decided,
    r17_ten_files_arrive_where_one_fits,
    r18_a_role_is_taken_away_while_its_holder_waits_for_the_lock,
    r18_a_reviewer_is_signed_out_while_a_decision_waits_for_the_lock,
    r18_an_account_is_closed_while_its_claim_waits_to_be_sent,
    r18_a_password_is_changed_while_a_withdrawal_waits,
    a_draft_expires_while_it_is_submitted,
    r15_an_answer_arrives_while_its_question_expires,
    an_answer_arrives_while_the_claim_is_withdrawn,
    an_answer_arrives_while_the_question_is_taken_back,
    two_workers_remind_of_one_question,
    two_workers_deliver_one_outbox,
]


@pytest.fixture
def without_locks(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda queryset, *_args, **_options: queryset._chain())
    assert review.MOST_URGENT.count("FOR UPDATE SKIP LOCKED") == 2
    monkeypatch.setattr(review, "MOST_URGENT", review.MOST_URGENT.replace("FOR UPDATE SKIP LOCKED", ""))
    assert "FOR UPDATE SKIP LOCKED" in leasing.DUE
    monkeypatch.setattr(leasing, "DUE", leasing.DUE.replace("FOR UPDATE SKIP LOCKED", ""))
    monkeypatch.setattr(leasing, "ALONE", "SELECT %s::int")


@pytest.mark.soak
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_with_locks_it_ends_well_every_time(race, tally):
    cast = Cast()
    for _ in range(rounds(2, 200)):
        tally.tried(race.__name__)
        race(cast)
        assert_laws_hold()
        tally.held(race.__name__)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_without_locks_it_ends_badly(race, without_locks):
    cast = Cast()

    def several_times():  # on a busy machine both may happen to come one after the other
        for _ in range(5):
            race(cast)

    with pytest.raises((AssertionError, AttributeError)):
        several_times()


@pytest.mark.soak
def test_r8_eight_reviewers_empty_the_queue_and_each_claim_is_on_one_desk(tally):
    """No meeting here: everybody takes until nothing is left, and nobody gets an own or a released one."""
    cast = Cast()
    reviewers = [make.person(f"reviewer{number}", "reviewer") for number in range(8)]
    for _ in range(rounds(1, 20)):
        tally.tried("r8 eight reviewers empty the queue")
        claims = [cast.submitted() for _ in range(400 if LONG else 40)]
        own = make.draft(reviewers[0], cast.incident)
        make.attachment(own)
        own = intake.submit_claim(own.reference, by=reviewers[0], declaration=True)
        released = claims[0]
        review.take(released.reference, by=reviewers[1])
        review.release(released.reference, by=reviewers[1])
        taken = {reviewer.pk: [] for reviewer in reviewers}

        def empty(reviewer, taken=taken):
            try:
                while claim := review.take_next(by=reviewer):
                    taken[reviewer.pk].append(claim.pk)
            finally:
                connection.close()

        threads = [threading.Thread(target=empty, args=(cast.again(reviewer),), daemon=True) for reviewer in reviewers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        everything = [pk for pks in taken.values() for pk in pks]
        assert len(everything) == len(set(everything)) == len(claims) + 1
        assert not Claim.objects.waiting().exists()
        assert own.pk not in taken[reviewers[0].pk]
        assert released.pk not in taken[reviewers[1].pk]
        tally.held("r8 eight reviewers empty the queue")
    assert_laws_hold()


def test_two_entries_of_one_chain_whose_subject_nobody_locked_are_numbered_one_after_the_other():
    mara = make.person("mara", "manager")

    def write():
        with transaction.atomic():
            return journal.record("incident:1", "open", by=mara)

    entries = sorted(at_once(write, write, write, moment=ENTRY), key=lambda entry: entry.sequence)
    assert [entry.sequence for entry in entries] == [1, 2, 3]
    assert [entry.previous for entry in entries] == ["", entries[0].hash, entries[1].hash]


def test_two_operators_file_for_the_same_new_person_at_once():
    made = at_once(*[lambda: people.claimant_for(email="carla@example.org", name="Carla")] * 2, moment=USER)
    assert [person.email for person in made] == ["carla@example.org"] * 2
    assert made[0] == made[1]
    assert User.objects.get().roles == {"claimant"}


def test_the_first_two_texts_of_a_person_are_sealed_by_one_key():
    person = make.person("anna", "claimant")
    sealed = at_once(*[lambda: keys.seal(person.pk, "text", where="a.b")] * 2, moment=KEY)
    assert [keys.unseal(person.pk, each, where="a.b") for each in sealed] == ["text", "text"]
    assert PersonKey.objects.count() == 1
