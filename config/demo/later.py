"""What may come between and after: a question, a hold, a second round, the end of the time to appeal."""

from datetime import timedelta

from claims.actions import appeals, decisions, endings, holds, questions, review
from claims.rules.outage import ROME
from config.demo import stories
from config.demo.clock import at


def ask(case, reviewer, taken, now):
    """Asks some days ago, so that the days to answer are not over."""
    with at(max(taken, now - timedelta(days=case.rnd.randint(1, 8)))):
        questions.ask(case.reference, by=reviewer, items=case.rnd.choice(stories.QUESTIONS), text=stories.PLEASE)


def hold(case, reviewer, taken, now):
    until = now.astimezone(ROME).date() + timedelta(days=case.rnd.randint(3, 20))
    with at(max(taken, now - timedelta(days=case.rnd.randint(1, 6)))):
        holds.hold(case.reference, by=reviewer, until=until, reason=case.rnd.choice(("court", "expert", "third_party")))


def hear_appeal(case, other, signer, decided, now):
    """The claimant appeals, somebody else decides, and grants all of it."""
    filed = decided + (now - decided) * 0.3
    with at(filed):
        appeals.appeal(case.reference, by=case.claimant, grounds=case.rnd.choice(stories.GROUNDS))
    with at(filed + (now - filed) * 0.4):
        review.take(case.reference, by=other)
    with at(filed + (now - filed) * 0.6):
        case.check(other, "approved")
    with at(filed + (now - filed) * 0.8):
        items = case.findings(list(other.assigned_claims.get(reference=case.reference).items.all()), "approved")
        note = stories.NOTE_ON_APPEAL
        claim = decisions.decide(case.reference, by=other, outcome="approved", items=items, note=note)
    if claim.status == "awaiting_countersignature":
        with at(filed + (now - filed) * 0.9):
            decisions.countersign(case.reference, by=signer)


def open_again(case, supervisor, other, decided, now):
    with at(decided + (now - decided) * 0.5):
        endings.reopen(case.reference, by=supervisor, reason=stories.REOPENED, to=other)
