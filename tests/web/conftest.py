"""What tests of the claimant's pages share."""

import html
import re

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Claim
from tests import make
from tests.web.browser import browse, site

__all__ = ["browse", "site"]


@pytest.fixture
def page(client):
    """page(person) is a browser signed in as that person, which asks for English pages."""

    def client_of(person):
        client.force_login(person)
        client.cookies["language"] = "en"
        return client

    return client_of


@pytest.fixture
def signs_in():
    """signs_in(client, person, address) types password and address at the sign-in page and returns where that leads."""

    def go(client, person, address):
        EmailAddress.objects.get_or_create(user=person, email=person.email, verified=True, primary=True)
        return client.post(address, {"login": person.email, "password": make.PASSWORD}).url

    return go


@pytest.fixture
def posted():
    """posted(client, address, **values) posts the form that the page at `address` shows, changed by `values`."""

    def go(client, address, **values):
        page = client.get(address)
        assert page.status_code == 200, address
        hidden = re.search(r'name="version" value="(\d*)"', page.content.decode())
        return client.post(address, {"version": hidden and hidden[1], **values} if hidden else values)

    return go


@pytest.fixture
def codes():
    """codes(response) is {field: [codes]} of the form on the page; "" for what stands above it."""

    def of(response):
        errors = response.context["form"].errors.as_data()
        return {field.replace("__all__", ""): [error.code for error in found] for field, found in errors.items()}

    return of


@pytest.fixture
def text_of():
    """The page as a person reads it: without tags, entities resolved."""

    def of(response):
        body = re.sub(r"<(script|style|template)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).replace("\xa0", " ").split())

    return of


@pytest.fixture
def current():
    """current(claim) is the claim as it is stored now."""
    return lambda claim: Claim.objects.get(pk=claim.pk)


@pytest.fixture
def queries_of():
    """How many questions a page asks the database; never many."""

    def of(client, address):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= 22
        return len(queries)

    return of
