"""The pages of a case with 200 events, 50 documents and 100 messages, against those of a case with one of each."""

import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken
from claims.actions import lifecycle
from claims.models import Claim, Message
from tests import make
from tests.bench.results import below

TURNS, WARM_UP = 30, 5


def fill(claim, reviewer, *, events, documents, messages):
    """Gives a claim so many more events, documents and messages of both sides in turn, the last one unread."""
    with transaction.atomic():
        locked = lifecycle.locked(claim.reference, by=reviewer)
        for number in range(events):
            by = reviewer if number % 2 else claim.claimant
            lifecycle.touch(
                locked, by=by, action="message" if number % 3 else "extend", words=f"Words {number}, as long."
            )
    for number in range(documents):
        make.attachment(claim, name=f"invoice-{number}.pdf")
    now = timezone.now()
    Message.objects.bulk_create(
        Message(
            claim=claim,
            author=reviewer if number % 2 else claim.claimant,
            from_staff=bool(number % 2),
            text=f"Message {number}: the invoice is from January, the contract from the year before.",
            read_at=None if number == messages - 1 else now,
        )
        for number in range(messages)
    )
    return Claim.objects.get(pk=claim.pk)


def two_cases():
    """(people, a case with one of each, a case with many)."""
    anna, rita = make.person("anna", "claimant"), make.person("rita", "reviewer")
    incident = make.incident()
    make.customer(incident)
    few, many = (make.taken(anna, incident, rita) for _each in range(2))
    few = fill(few, rita, events=0, documents=0, messages=1)
    return (anna, rita), few, fill(many, rita, events=197, documents=49, messages=100)


def addresses(person, claim):
    """{what: its address} for one side."""
    reference = claim.reference
    page = f"/admin/cases/{reference}/" if person.is_staff else f"/claims/{reference}/"
    api = f"/api/v1/claims/{reference}/"
    return {"page": page, "api": api, "events": f"{api}events/?limit=200", "messages": f"{api}messages/?limit=200"}


def client_of(person):
    token, _row = ApiToken.objects.issue(person, timedelta(hours=1))
    client = Client(headers={"Authorization": f"Bearer {token}"})
    client.force_login(person)
    return client


def in_turn(client, few, many):
    """Seconds of each request for both addresses, asked in turn, so that both have the same machine."""
    took = {few: [], many: []}
    for turn in range(TURNS + WARM_UP):
        for address, times in took.items():
            started = time.perf_counter()
            response = client.get(address)
            seconds = time.perf_counter() - started
            assert response.status_code == 200, (address, response.status_code)
            if turn >= WARM_UP:
                times.append(seconds)
    return took[few], took[many]


def measure():
    settings.ALLOWED_HOSTS = ["*"]
    people, few, many = two_cases()
    for person, side in zip(people, ("claimant", "staff"), strict=True):
        client = client_of(person)
        base, ours = in_turn(client, addresses(person, few)["page"], addresses(person, many)["page"])
        what = f"Case page, 200 events, 50 documents, 100 messages, {side}"
        below(what, ours=ours, base=base, target=3, base_name="with one of each")
