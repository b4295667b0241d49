"""Pages that everybody may open: home, incident, verify, problem report; and how they look to a browser."""

import re

import pytest
from django.urls import reverse

from claims.models import Incident
from tests import make

PAGES = ["/", "/incidents/libero-2023/", "/verify/", "/problems/new/", "/problems/thanks/"]
INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["it", "en"])
def test_everybody_may_open_the_public_pages_in_both_languages(client, incident, path, language):
    client.cookies["language"] = language
    response = client.get(path)
    assert response.status_code == 200
    page = response.content.decode()
    assert f'<html lang="{language}">' in page
    assert not INLINE.search(page)
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_the_pages_carry_a_policy_that_forbids_inline_scripts_and_styles(client, db):
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_first_page_says_so_when_no_outage_is_open(client, db):
    assert "empty" in client.get("/").content.decode()


def test_a_draft_incident_is_shown_to_nobody(client, incident):
    make.incident("secret-2024", state=Incident.State.DRAFT)
    assert client.get("/incidents/secret-2024/").status_code == 404
    assert client.post("/incidents/secret-2024/affected/", {"login": "anna@libero.example"}).status_code == 404
    assert "secret-2024" not in client.get("/").content.decode()


def test_the_first_page_asks_the_database_the_same_for_many_incidents(client, incident, django_assert_num_queries):
    for number in range(5):
        make.incident(f"outage-{number}")
    with django_assert_num_queries(1):
        client.get("/")


def test_an_incident_page_shows_the_amounts_of_its_terms(client, incident):
    client.cookies["language"] = "en"
    page = client.get(reverse("incident", args=["libero-2023"])).content.decode().replace("&nbsp;", " ")
    for amount in ("1.50 €", "6.00 €", "12.00 €", "20.00 €", "100.00 €", "5,000.00 €", "600.00 €"):
        assert amount in page


def test_a_closed_incident_offers_no_claim(client, db):
    make.incident(state=Incident.State.CLOSED)
    assert "/claim/" not in client.get("/incidents/libero-2023/").content.decode()


def test_an_incident_page_asks_the_database_four_times(client, incident, django_assert_num_queries):
    with django_assert_num_queries(4):  # the incident, its terms, its services, its pace
        client.get("/incidents/libero-2023/")
