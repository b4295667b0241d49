"""Claims that give something beside money, files of it, and who answers them."""

import csv
import io
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from claims.actions import clock, confirming, decisions, endings, fulfilling, vouchers
from claims.models import Claim, Entitlement, MassRun
from claims.rules.errors import Refused
from claims.rules.terms import Terms
from tests import make

LIMITS = {"subscription_month": 12, "storage_gb": 100, "voucher": 50}


class Counter:
    """The way of what is given in kind, one call for each step."""

    def __init__(self, incident, rita, mara, marco):
        self.incident, self.rita, self.mara, self.marco = incident, rita, mara, marco
        self.made = 0

    def decided(self, claimant=None, *, outcome="partly_approved", awarded="0.00", **gifts):
        """A claim that a decision gives `gifts` ({kind: quantity}), and usually no money."""
        self.made += 1
        claimant = claimant or make.person(f"taker{self.made}", "claimant")
        claim = make.taken(
            claimant,
            self.incident,
            self.rita,
            login=f"taker{self.made}@libero.example",
            login_explanation="Mine",
        )
        items = make.findings(claim, awarded=awarded, reasons=("no_evidence",))
        awards = [{"kind": kind, "quantity": quantity} for kind, quantity in gifts.items()]
        decisions.decide(claim.reference, by=self.rita, outcome=outcome, items=items, awards=awards)
        return Claim.objects.get(pk=claim.pk)

    def due(self, claimant=None, **gifts):
        """The same, accepted: it is to be given."""
        claim = self.decided(claimant, **gifts)
        endings.accept(claim.reference, by=claim.claimant)
        return Claim.objects.get(pk=claim.pk)

    def file(self, kind="storage_gb", **limits):
        return fulfilling.open_file(self.incident.code, by=self.mara, kind=kind, **limits)

    def approved(self, file=None, **more):
        file = file or self.file(**more)
        return fulfilling.approve_file(file.number, by=self.marco)

    def out(self, file=None, **more):
        """A file that was handed over."""
        file = self.approved(file, **more)
        fulfilling.taken_out(file.number, by=self.mara)[1].close()
        return fulfilling.handed_over(file.number, by=self.mara)

    def text(self, file):
        """What is in a file that is taken out."""
        with fulfilling.taken_out(file.number, by=self.mara)[1] as content:
            return content.read().decode()

    def pool(self, count=1, value=20):
        return vouchers.generate(
            self.incident.code, by=self.mara, value=value, count=count, expires_on=clock.today() + timedelta(days=365)
        )

    def confirm(self, file, content=None, *, dry=False, **answers):
        content = answer(file, **answers) if content is None else content
        return confirming.confirm(file.number, io.BytesIO(content), by=self.mara, dry=dry)

    def states(self):
        return sorted(Entitlement.objects.values_list("state", flat=True))


def answer(file, *, refused=(), only=None, head="fulfilment_id,result,reason", more=()):
    """A confirmation: everything of `file` was given, but what is `refused` (a set of names)."""
    names = file.lines.exclude(state="withdrawn").order_by("pk").values_list("name", flat=True)
    out = io.StringIO()
    writer = csv.writer(out)
    for name in [*(names if only is None else only), *more]:
        writer.writerow([name, "refused", "No such account"] if name in refused else [name, "given", ""])
    return f"{head}\n{out.getvalue()}".encode()


def entitled(incident, number, *, by, kind="voucher", start=0):
    """So many accounts of the roster to whom a mass run gives 20 of a kind each."""
    rows = [make.customer(incident, f"p{each}@libero.example") for each in range(start, start + number)]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        run, _made = MassRun.objects.get_or_create(
            incident=incident,
            state="approved",
            defaults={
                "terms": incident.terms_versions.get(),
                "remedy": "indemnity",
                "approved_by": by,
                "approved_at": timezone.now(),
            },
        )
        cursor.execute("RESET session_replication_role")
    Entitlement.objects.bulk_create(
        Entitlement(incident=incident, kind=kind, quantity=20, customer=row, run=run) for row in rows
    )


@pytest.fixture
def refused():
    """`with refused(403, "wrong_role"):` – the action says no in this way."""

    @contextmanager
    def expect(status, code, field=None):
        with pytest.raises(Refused) as caught:
            yield
        assert (caught.value.status, caught.value.code) == (status, code)
        assert field in (None, caught.value.field)

    return expect


@pytest.fixture
def incident(db):
    return make.incident(terms=Terms(benefits=LIMITS))


@pytest.fixture
def counter(incident, rita, mara, marco):
    return Counter(incident, rita, mara, marco)


@pytest.fixture
def site(client):
    """The browser of somebody who reads English."""

    def browser(person):
        client.force_login(person)
        client.cookies["language"] = "en"
        return client

    return browser
