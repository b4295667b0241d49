"""Declaring, opening and closing an incident: who may, what is refused, what is written down."""

from datetime import UTC, datetime

import pytest

from claims.actions import incidents, intake
from claims.models import Incident, IncidentTerms, JournalEntry
from claims.rules.errors import Refused
from claims.rules.terms import Terms
from tests import make

START, END = datetime(2024, 3, 1, 8, tzinfo=UTC), datetime(2024, 3, 2, 8, tzinfo=UTC)
TEXTS = {
    "title_it": "Posta ferma",
    "title_en": "Mail down",
    "summary_it": "La posta non funzionava.",
    "summary_en": "Mail did not work.",
}
SERVICES = [{"code": "free", "kind": "free", "domains": ["Posta.Example"]}, {"code": "paid", "kind": "paid"}]


def declared(by, code="posta-2024", **changes):
    values = {"started_at": START, "ended_at": END, "services": SERVICES, **TEXTS, **changes}
    return incidents.declare(code, by=by, **values)


def story(incident):
    entries = JournalEntry.objects.filter(chain=f"incident:{incident.pk}").order_by("sequence")
    return [(each.sequence, each.action, each.old, each.new) for each in entries]


def refusal(action, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        action(*args, **kwargs)
    return refused.value.code, refused.value.status


@pytest.mark.parametrize("role", ["claimant", "operator", "reviewer", "supervisor", "administrator"])
def test_nobody_but_a_manager_may_touch_an_incident(role, mara):
    other = make.person("other", role)
    declared(mara)
    assert refusal(declared, other, "b") == ("wrong_role", 403)
    assert refusal(incidents.set_terms, "posta-2024", by=other, terms=Terms()) == ("wrong_role", 403)
    assert refusal(incidents.open, "posta-2024", by=other) == ("wrong_role", 403)
    assert refusal(incidents.close, "posta-2024", by=other) == ("wrong_role", 403)
    assert refusal(incidents.restore, "posta-2024", "free", by=other) == ("wrong_role", 403)


def test_everything_wrong_with_a_declaration_is_said_at_once(mara):
    with pytest.raises(Refused) as refused:
        declared(mara, "Not A Code", title_it=" ", started_at=END, ended_at=START, closes_at=START)
    assert [(field, code) for field, code, _message in refused.value.errors] == [
        ("code", "invalid_code"),
        ("title_it", "required"),
        ("ended_at", "invalid_time"),
        ("closes_at", "invalid_time"),
    ]
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"started_at": datetime(2024, 3, 1)}, "started_at", "invalid_time"),
        ({"ended_at": None}, "ended_at", "invalid_time"),
        ({"closes_at": "2024-05-01"}, "closes_at", "invalid_time"),
        ({"summary_en": "\0"}, "summary_en", "invalid_characters"),
        ({"services": []}, "services", "required"),
        ({"services": [SERVICES[0], SERVICES[0]]}, "services", "code_taken"),
        ({"services": [{"code": "x", "kind": "gold"}]}, "services.0.kind", "unknown_kind"),
        ({"services": [{"code": "X y", "kind": "paid"}]}, "services.0.code", "invalid_code"),
        (
            {"services": [{"code": "x", "kind": "paid", "domains": ["no domain"]}]},
            "services.0.domains",
            "invalid_domain",
        ),
    ],
)
def test_a_wrong_value_is_named(mara, changes, field, code):
    with pytest.raises(Refused) as refused:
        declared(mara, **changes)
    assert (refused.value.field, refused.value.code, refused.value.status) == (field, code, 422)
    assert not Incident.objects.exists()


def test_a_code_is_taken_once(mara):
    declared(mara)
    assert refusal(declared, mara) == ("code_taken", 409)


def test_declaring_makes_a_draft_that_nobody_outside_sees(mara, anna):
    incident = declared(mara)
    assert incident.state == "draft"
    assert not Incident.objects.public().exists()
    assert incident.services.get(code="free").domains == ["posta.example"]
    assert incident.terms.frozen_at is None
    assert incident.terms.rules == Terms()
    assert refusal(intake.open_claim, incident.code, by=anna, login="anna@posta.example") == ("unknown_incident", 422)


def test_opening_freezes_the_terms_for_good(mara, anna):
    declared(mara)
    incidents.set_terms("posta-2024", by=mara, terms=Terms(decision_days=10))
    incident = incidents.open("posta-2024", by=mara)
    assert incident.terms.frozen_at is not None
    assert incident.terms.rules.decision_days == 10
    assert refusal(incidents.set_terms, "posta-2024", by=mara, terms=Terms()) == ("terms_frozen", 409)
    assert intake.open_claim("posta-2024", by=anna, login="anna@posta.example").terms == incident.terms


def test_an_incident_without_terms_or_services_or_with_unreadable_terms_is_not_opened(mara):
    incident = declared(mara)
    incident.terms_versions.update(values={"decision_weeks": 6})
    assert refusal(incidents.open, incident.code, by=mara) == ("invalid_terms", 422)
    incident.services.all().delete()
    assert refusal(incidents.open, incident.code, by=mara) == ("no_services", 409)
    IncidentTerms.objects.filter(incident=incident).delete()
    assert refusal(incidents.open, incident.code, by=mara) == ("no_terms", 409)
    assert Incident.objects.get().state == "draft"


def test_only_an_open_incident_is_closed_and_an_open_one_is_not_opened(mara):
    declared(mara)
    assert refusal(incidents.close, "posta-2024", by=mara) == ("illegal_move", 409)
    incidents.open("posta-2024", by=mara)
    assert refusal(incidents.open, "posta-2024", by=mara) == ("illegal_move", 409)
    incidents.close("posta-2024", by=mara)
    assert refusal(incidents.close, "posta-2024", by=mara) == ("illegal_move", 409)


def test_a_closed_incident_takes_no_claims_until_it_is_opened_again_under_the_same_terms(mara, anna, incident):
    frozen = incident.terms.frozen_at
    incidents.close(incident.code, by=mara)
    assert refusal(intake.open_claim, incident.code, by=anna, login="anna@libero.example") == ("window_closed", 409)
    incidents.open(incident.code, by=mara)
    assert intake.open_claim(incident.code, by=anna, login="anna@libero.example").is_draft
    assert Incident.objects.get().terms.frozen_at == frozen


def test_an_unknown_incident_or_service_is_refused(mara, incident):
    assert refusal(incidents.open, "nowhere", by=mara) == ("unknown_incident", 404)
    assert refusal(incidents.restore, incident.code, "gold", by=mara) == ("unknown_service", 404)


def test_each_step_is_one_entry_of_the_incident_s_own_chain(mara):
    incident = declared(mara)
    incidents.set_terms(incident.code, by=mara, terms=Terms(decision_days=10))
    incidents.open(incident.code, by=mara)
    incidents.restore(incident.code, "free", by=mara)
    incidents.close(incident.code, by=mara)
    assert story(incident) == [
        (1, "declare", "", "draft"),
        (2, "set terms", "draft", "draft"),
        (3, "open", "draft", "open"),
        (4, "restore", "open", "open"),
        (5, "close", "open", "closed"),
    ]
