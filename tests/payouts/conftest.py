"""Claims that are due to be paid, batches of them, and the bank that answers."""

import io

import pytest
from schwifty import IBAN

from claims.actions import bank_files, batches, decisions, endings, settling
from claims.models import Claim, Transfer
from tests import make

PAYER = "IT74T0300203280000000000001"


def iban_of(number):
    return IBAN.generate("IT", "0542811101", f"{number:012}").compact


class Till:
    """The way of money, one call for each step."""

    def __init__(self, incident, rita, mara, marco):
        self.incident, self.rita, self.mara, self.marco = incident, rita, mara, marco
        self.made = 0

    def due(self, claimant=None, *, amount="120.00", iban=None, **more):
        """A claim that its claimant accepted: payment due, unless it has no bank details."""
        self.made += 1
        claimant = claimant or make.person(f"payee{self.made}", "claimant")
        login = more.pop("login", f"payee{self.made}@libero.example")
        details = {} if iban == "" else {"iban": iban or iban_of(self.made), "holder": claimant.name}
        claim = make.taken(
            claimant,
            self.incident,
            self.rita,
            login=login,
            login_explanation="Mine",
            items=[make.item(amount)],
            **details,
            **more,
        )
        decisions.decide(claim.reference, by=self.rita, outcome="approved", items=make.findings(claim))
        if details:
            endings.accept(claim.reference, by=claimant)
        return Claim.objects.get(pk=claim.pk)

    def batch(self, **limits):
        opened, _waiting = batches.open_batches(self.incident.code, by=self.mara, **limits)
        return opened[0]

    def approved(self, batch=None):
        batch = batch or self.batch()
        batches.approve_batch(batch.number, by=self.marco)
        return bank_files.write_file(batch.number)

    def sent(self, batch=None):
        batch = self.approved(batch)
        bank_files.opened(batch.number, by=self.mara)[1].close()
        return bank_files.handed_over(batch.number, by=self.mara)

    def transfer(self, claim):
        return Transfer.objects.filter(payout__claim=claim).latest("pk")

    def read(self, content, *, by=None):
        return settling.settle(io.BytesIO(content), by=by or self.mara)[0]


@pytest.fixture
def till(incident, rita, mara, marco):
    return Till(incident, rita, mara, marco)
