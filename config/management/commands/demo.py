"""The demo incident and its cast; running it twice changes nothing."""

from datetime import timedelta
from time import monotonic

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from claims.actions import endings, intake, pace
from claims.models import Incident
from config.demo import cases, money, outage, past, people


class Command(BaseCommand):
    help = "Make the demo: an incident, 20,000 affected accounts, people of all roles, some 300 claims, payments."

    stealth_options = ("accounts", "claims")  # a smaller demo, for tests

    def handle(self, *, accounts=20_000, claims=300, **options):
        if not settings.DEVELOPMENT:
            raise CommandError("The demo's people have a password everybody knows: DEBUG=1 only.")
        if Incident.objects.filter(code=outage.CODE).exists():
            self.stdout.write("demo: already there")
            return
        started = monotonic()
        made, told, cast = make(accounts, claims)
        money.run(cast)  # by chunks, each a transaction of its own
        # What the beat does: old drafts expire, decisions whose time to appeal is over end, the pace is measured.
        intake.expire_drafts()
        endings.pass_windows()
        past.mark_sent(told)
        pace.measure()
        self.stdout.write(f"demo: {accounts} affected accounts, {made} claims, {monotonic() - started:.0f} s")


@transaction.atomic
def make(accounts, claims):
    """All of it or nothing of it; returns how many claims there are, who really gets mail, and the cast."""
    now = timezone.now()
    joined = now - timedelta(days=120)
    cast = people.make_cast(joined)
    incident, _report = outage.declare(by=cast["mara"], affected=accounts)
    planned = cases.plan(incident, cast, claims, joined)
    cases.live(planned, cast, now)
    money.pay_claims(cast, now)
    told = cast["anna"], cast["bruno"]
    past.settle(really_sent_to=told)
    return len(planned), told, cast
