"""The figures that managers and supervisors see first, and the claims behind them."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Claim, Notice
from tests import make


@pytest.fixture
def lives(anna, bruno, incident, rita):
    """One decided claim, one on rita's desk and overdue, one free; a notice that failed."""
    make.decided(anna, incident, rita)
    busy = make.taken(bruno, incident, rita, login="bruno@virgilio.example")
    Claim.objects.filter(pk=busy.pk).update(due="2023-02-01")
    make.submitted(anna, incident)
    Notice.objects.filter(claim=busy).update(state="failed")


def figures(page):
    return {figure.label: figure for figure in page.context["dashboard"]["figures"]}


@pytest.mark.parametrize("role", ["supervisor", "manager"])
def test_six_figures_count_what_there_is(staff, at, role, lives):
    shown = figures(staff(make.person("boss", role)).get(at("index")))
    assert {label: figure.value for label, figure in shown.items()} == {
        "Open claims": "2",
        "Submitted": "3",
        "Decided": "1",
        "Overdue": "1",
        "Days to a decision": "0",
        "Notices that failed": "1",
    }
    assert shown["Submitted"].change == "+3"
    assert "240.00" in shown["Open claims"].note
    assert "100 % granted" in shown["Decided"].note


def test_each_figure_links_to_the_claims_behind_it(staff, at, mara, lives):
    browser = staff(mara)
    shown = figures(browser.get(at("index")))
    behind = {}
    for label, figure in shown.items():
        page = browser.get(figure.link)
        assert page.status_code == 200, figure.link
        rows = page.context["rows"] if "rows" in page.context else page.context["cl"].result_list
        behind[label] = len(rows)
    assert behind == {
        "Open claims": 2,
        "Submitted": 3,
        "Decided": 1,
        "Overdue": 1,
        "Days to a decision": 1,
        "Notices that failed": 1,
    }


def test_a_desk_links_to_its_claims(staff, at, mara, lives):
    browser = staff(mara)
    name, claims, overdue, link = browser.get(at("index")).context["dashboard"]["load"][0]
    assert (name, claims, overdue) == ("Rita", 1, 1)
    assert len(browser.get(link).context["rows"]) == 1


def test_an_incident_can_be_chosen_and_its_links_keep_it(staff, at, mara, incident, lives):
    make.incident("other-2024")
    browser = staff(mara)
    assert figures(browser.get(at("index"), {"incident": "other-2024"}))["Submitted"].value == "0"
    chosen = figures(browser.get(at("index"), {"incident": incident.code, "days": "7"}))
    assert chosen["Submitted"].value == "3"
    assert len(browser.get(chosen["Submitted"].link).context["cl"].result_list) == 3


@pytest.mark.parametrize("query", ["days=0", "days=x", "days=9999999", "incident=nothing"])
def test_an_unknown_period_or_incident_is_400(staff, at, mara, incident, query):
    assert staff(mara).get(f"{at('index')}?{query}").status_code == 400


def test_without_any_claim_the_figures_are_zero(staff, at, words, mara, db):
    page = staff(mara).get(at("index"))
    assert {figure.value for figure in figures(page).values()} == {"0", "–"}
    assert "No claim is on a desk." in words(page)


@pytest.mark.parametrize("role", ["operator", "reviewer", "administrator"])
def test_others_see_no_figures(staff, at, role, lives):
    assert staff(make.person("other", role)).get(at("index")).context["dashboard"] is None


def test_more_claims_cost_no_more_queries(staff, at, mara, incident, lives):
    browser = staff(mara)
    browser.get(at("queue"))
    counts = []
    for numbers in (range(0), range(10)):
        for number in numbers:
            person = make.person(f"claimant{number}", "claimant")
            make.submitted(person, incident, login=f"{number}@x.example", login_explanation="An alias.")
        with CaptureQueriesContext(connection) as queries:
            browser.get(at("index"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 35


def test_the_spark_line_is_drawn_by_us(staff, at, mara, lives):
    page = html.unescape(staff(mara).get(at("index")).content.decode())
    points = re.search(r'<polyline points="([^"]+)"', page)[1].split()
    assert len(points) == 30
    assert points[-1] == "120.0,2.0"
