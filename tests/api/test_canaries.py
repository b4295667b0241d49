"""What a claimant, or the operator who filed for them, must never read: planted everywhere and looked for."""

import pytest

from claims.actions import intake
from claims.models import Claim
from tests import make

pytestmark = pytest.mark.django_db
IBAN = "IT60X0542811101000000123456"
CLAIMANT_KEYS = {
    "reference",
    "status",
    "remedy",
    "incident",
    "login",
    "login_explanation",
    "narrative",
    "iban",
    "items",
    "totals",
    "awards",
    "due",
    "estimate",
    "submitted_at",
    "decided_at",
    "version",
}


@pytest.fixture
def canaries(anna, olga, call, incident):
    """A claim that olga filed for gina, on the desk of staff with telling names, with notes, flags and a proposal."""
    reviewer = make.person("canaryreviewer", "reviewer")
    supervisor = make.person("canarysupervisor", "supervisor")
    person = {"email": "gina@example.org", "name": "Gina", "identity_check": "canarycheck"}
    claim = intake.open_claim(
        "libero-2023",
        by=olga,
        login="gina@elsewhere.example",
        login_explanation="My own",
        narrative="Mine",
        items=[make.item("900.00")],
        iban=IBAN,
        holder="Gina",
        on_behalf_of=person,
    )
    make.attachment(claim)
    intake.submit_claim(claim.reference, by=olga, declaration=True)
    claim.refresh_from_db()
    assert claim.flags == ["not_on_roster"]
    path = f"claims/{claim.reference}/"
    reviewing, supervising = call(reviewer), call(supervisor)
    items = [{"id": claim.items.get().pk, "awarded": "123.45", "share": "77.00", "reasons": ["avoidable"]}]
    verdict = {"outcome": "partly_approved", "items": items, "note": "canarynote one", "ask_signature": True}
    for path_of, caller, body in (
        ("assign/", reviewing, {"to": reviewer.email}),
        ("release/", reviewing, {"reason": "canaryrelease"}),
        ("assign/", supervising, {"to": reviewer.email}),
        ("hand-over/", supervising, {"to": supervisor.email, "note": "canaryhandover"}),
        ("hand-over/", supervising, {"to": reviewer.email, "note": "canaryback"}),
        ("decide/", reviewing, verdict),
        ("return/", supervising, {"note": "canaryreturn"}),
        ("decide/", reviewing, verdict),
    ):
        if path_of == "decide/":
            fill_in(caller, path + "checklist/")
        answer = caller.post(path + path_of, body)
        assert answer.status_code == 200, answer.content
    return claim


def fill_in(caller, path):
    """The reviewer's checklist, with a note at each row that nobody outside may read."""
    missing = caller.get(path).json()["missing"]
    entries = [{"code": code, "result": "pass", "note": "canarychecklist"} for code in missing]
    if entries:
        assert caller.patch(path, {"entries": entries}).status_code == 200


SECRETS = ["canary", "not_on_roster", "123.45", "77.00", "avoidable", "awaiting_countersignature", IBAN, "0542811"]


@pytest.mark.parametrize("who", ["gina", "olga"])
def test_nothing_of_the_review_shows_before_the_decision(call, canaries, olga, who):
    caller = call(canaries.claimant if who == "gina" else olga)
    path = f"claims/{canaries.reference}/"
    paths = (path, "claims/", path + "events/", path + "evidence/", "claims/?status=in_review")
    bodies = "".join(caller.get(each).content.decode() for each in paths)
    assert bodies.count(canaries.reference) == 3
    assert [secret for secret in SECRETS if secret in bodies] == []
    assert set(caller.get(path).json()) == CLAIMANT_KEYS


def test_a_claimant_cannot_find_out_by_filters_that_a_signature_is_awaited(call, canaries):
    caller = call(canaries.claimant)
    assert caller.get("claims/?status=awaiting_countersignature").json()["results"] == []
    assert len(caller.get("claims/?status=in_review").json()["results"]) == 1


def test_staff_see_the_proposal(call, canaries, mara):
    told = call(mara).get(f"claims/{canaries.reference}/").json()
    assert (told["status"], told["items"][0]["awarded"]) == ("awaiting_countersignature", "123.45")
    assert told["flags"] == ["not_on_roster"]


def test_nobody_reads_a_whole_iban(call, canaries, mara, sara):
    for person in (mara, sara, canaries.claimant):
        assert "0542811" not in call(person).get(f"claims/{canaries.reference}/").content.decode()


def test_after_the_decision_the_claimant_reads_it_without_names(call, canaries, sara):
    assert call(sara).post(f"claims/{canaries.reference}/countersign/").status_code == 200
    caller = call(canaries.claimant)
    told = caller.get(f"claims/{canaries.reference}/").json()
    assert (told["status"], told["items"][0]["awarded"], told["items"][0]["share"]) == (
        "partly_approved",
        "123.45",
        "77.00",
    )
    bodies = caller.get(f"claims/{canaries.reference}/events/").content.decode() + str(told)
    assert not any(word in bodies for word in ("canary", "Sara", "not_on_roster", "sara@"))
    assert Claim.objects.get().status == "partly_approved"
