"""`manage.py mass_run` proposes, approves as somebody else and walks to the end, saying how far it is."""

import io

import pytest
from django.core.management import CommandError, call_command

from claims.actions import mass_counting, mass_runs
from claims.models import MassRun, Payout
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outage(mara, marco, db):
    incident = make.incident()
    for number in range(3):
        make.customer(incident, f"c{number}@libero.example", contact=f"c{number}@example.net")
    make.customer(incident, "c@libero.example")
    return incident


def run_command(*words):
    out = io.StringIO()
    call_command("mass_run", *words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("libero-2023", "indemnity", "--propose-as", "rita@example.org"), "rita@example.org is no manager"),
        (("nothing", "indemnity", "--propose-as", "mara@example.org"), "There is no such incident."),
        (("libero-2023", "damages", "--propose-as", "mara@example.org"), "Choose indemnity or refund."),
    ],
)
def test_what_cannot_be_done_ends_with_the_reason(outage, words, says):
    with pytest.raises(CommandError, match=says):
        run_command(*words)
    assert not MassRun.objects.exists()


def test_a_remedy_that_nobody_gets_ends_with_why(outage):
    out = io.StringIO()
    with pytest.raises(CommandError, match="Nobody on the roster would get anything"):
        call_command("mass_run", "libero-2023", "refund", stdout=out)
    assert "cancelled: 0 of 4 accounts get 0.00 euro\n  outside_terms: 4" in out.getvalue()
    assert MassRun.objects.get().is_empty


def test_nothing_is_granted_without_a_second_manager(outage):
    said = run_command("libero-2023", "indemnity", "--propose-as", "mara@example.org")
    assert "counted 4 / 4 (100 %)\nproposed: 4 of 4 accounts get 96.00 euro" in said
    assert "no_channel: 1" in said
    assert "Nothing was granted" in said
    with pytest.raises(CommandError, match="A second person must do this"):
        run_command("libero-2023", "indemnity", "--approve-as", "mara@example.org")
    assert not Payout.objects.exists()
    said = run_command("libero-2023", "indemnity", "--approve-as", "marco@example.org")
    assert "4 / 4 (100 %)" in said
    assert "done: 4 granted, 96.00 euro, 1 notices wait" in said


def test_one_at_the_server_proposes_and_a_manager_approves(outage):
    assert "done: 4 granted" in run_command("libero-2023", "indemnity", "--approve-as", "marco@example.org")
    assert MassRun.objects.get().proposed_by is None


def test_it_goes_on_with_a_run_that_was_left_in_the_middle(outage, mara, marco):
    run = mass_counting.begin(outage.code, "indemnity", by=mara)
    mass_counting.count_chunk(run.pk, size=3)
    assert "counted 4 / 4 (100 %)\nproposed: 4 of 4" in run_command("libero-2023", "indemnity")
    mass_runs.approve(run.pk, by=marco)
    mass_runs.grant_chunk(run.pk, size=2)
    assert "done: 4 granted, 96.00 euro" in run_command("libero-2023", "indemnity")
    assert Payout.objects.count() == 4
