"""What tests of the staff's pages share."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse


@pytest.fixture
def staff(db):
    """staff(person) is a browser of that person, which asks for English pages; several may be open at once."""

    def browser_of(person):
        client = Client()
        client.force_login(person)
        client.cookies["language"] = "en"
        return client

    return browser_of


@pytest.fixture
def at():
    """at("case", claim) is the address of a staff page."""
    return lambda name, *args: reverse(f"admin:{name}", args=[getattr(arg, "reference", arg) for arg in args])


@pytest.fixture
def words():
    """words(response) is what a person reads on the page, on one line."""

    def of(response):
        text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.S)
        return " ".join(html.unescape(text).split())

    return of


@pytest.fixture
def typed():
    """typed(claim, awarded=…, …) is the decision form as a reviewer fills it in, for every loss alike."""

    def form(claim, *, awarded="120,00", share="", reasons=("accepted_in_full",), **more):
        values = {"version": claim.version, "note": "Proven by the invoice.", "outcome": "", **more}
        for item in claim.items.all():
            values |= {f"awarded-{item.pk}": awarded, f"share-{item.pk}": share, f"reasons-{item.pk}": list(reasons)}
        return values

    return form
