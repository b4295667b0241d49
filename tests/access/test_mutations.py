"""The matrix would notice: every permission answered yes, and every access rule taken away, one at a time."""

import re
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from django.contrib.auth.middleware import LoginRequiredMiddleware

from accounts.access import PUBLIC, Rule
from accounts.admin import LookUp
from accounts.models import User
from claims.rules import permissions
from tests.access.cells import ask
from tests.access.test_matrix import ROUTES, matrix
from tests.access.world import IDENTITIES

pytestmark = [pytest.mark.django_db, pytest.mark.soak]
BY_ADDRESS = {route.address: route for route in ROUTES}
CLAIM, CASE, API = "/claims/<str:reference>/", "/admin/cases/<str:reference>/", "/api/v1/claims/<str:reference>/"
# Where each permission decides; the cells of these routes are tried first to last until one is wrong.
WHERE = {
    "may_file_for_others": ["/api/v1/claims/"],
    "may_file_own": ["/api/v1/claims/"],
    "may_edit": [API + "submit/", API],
    "may_file_late": ["/incidents/<slug:code>/claim/"],
    "may_submit_late": [CASE + "submit/"],
    "may_withdraw": [API + "withdraw/"],
    "may_review": ["/api/v1/review/next/"],
    "may_take": [CASE + "take/"],
    "may_assign": [API + "assign/"],
    "may_release": [API + "release/"],
    "may_hand_over": [API + "hand-over/"],
    "may_clear_desk": ["/admin/desks/<int:person_id>/"],
    "may_hold": [API + "hold/"],
    "may_hold_for_law": [API + "legal-hold/"],
    "may_ask": [API + "request-information/"],
    "may_write": [API + "messages/"],
    "may_word_letters": ["/admin/letters/<slug:kind>/<slug:language>/"],
    "may_word_reasons": ["/admin/reasons/<slug:code>/"],
    "may_extend": [CASE + "extend/"],
    "may_reopen": [API + "reopen/"],
    "may_study": [CASE + "bundle/"],
    "may_settle": [API + "accept/"],
    "may_decide": [API + "decide/"],
    "may_recall": [API + "recall/"],
    "may_countersign": [API + "countersign/"],
    "may_export": ["/api/v1/exports/"],
    "may_pay": ["/api/v1/batches/"],
    "may_approve_batch": ["/api/v1/batches/<int:batch>/approve/"],
    "may_cancel_batch": ["/api/v1/batches/<int:batch>/cancel/"],
    "may_fulfil": ["/api/v1/award-files/"],
    "may_approve_file": ["/api/v1/award-files/<int:file>/approve/"],
    "may_manage_incidents": ["/admin/incidents/<slug:code>/close/"],
    "may_approve_terms": ["/admin/incidents/<slug:code>/terms/approve/"],
    "may_correct_roster": ["/admin/corrections/<int:correction_id>/cancel/"],
    "may_apply_correction": ["/admin/corrections/<int:correction_id>/apply/"],
    "may_propose_run": ["/admin/mass-runs/<int:run_id>/cancel/"],
    "may_approve_run": ["/admin/mass-runs/<int:run_id>/approve/"],
    "may_read_every_claim": [API],
    "may_change_roles": ["/admin/people/<int:person_id>/"],
    "may_pause_outbox": ["/admin/outbox/"],
    "may_send_again": ["/admin/notices/<int:notice_id>/retry/"],
}
NOES = ("403", "404", "409", "422")
# allauth leads to the sign-in by itself: opening our rule changes nothing there, closing it does.
ASK_THEMSELVES = {f"/accounts/{name}/" for name in ("reauthenticate", "email", "password/change", "password/set")}
# Every permission that some module of the product asks.
SOURCES = "".join(file.read_text() for file in (Path(permissions.__file__).parents[1]).rglob("*.py"))
MAY = sorted(set(re.findall(r"\bpermissions\.(may_\w+)", SOURCES)))


@contextmanager
def rules_answer(world, verdict):
    """Every access rule says `verdict`; when it is yes, the second looks behind the rules are gone too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "allows", lambda rule, user: verdict)
        if verdict:
            patch.setattr(User, "works_here", True)
            patch.setattr(LookUp, "has_view_permission", lambda *args: True)
            patch.setattr(LookUp, "has_module_permission", lambda *args: True)
            patch.setattr(LoginRequiredMiddleware, "process_view", lambda *args: None)
        world.browsers.clear()  # they know the middleware from before
        yield
    world.browsers.clear()


@contextmanager
def always(name):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(permissions, name, lambda *args, **kwargs: True)
        yield


def cells_of(route):
    """The cells of a route as ask() takes them, with what is expected; refusals by role come first."""
    cells = [
        (route, method, case, who, matrix()[route.address, method, case][who])
        for method, case in route.rows
        if method not in ("HEAD", "PUT")
        for who in IDENTITIES
    ]
    return sorted(cells, key=lambda cell: (cell[4] != "403", cell[1] != "POST"))


def first_wrong(world, cells):
    """The first cell that gets another answer than the matrix says, or None."""
    for route, method, case, who, expected in cells:
        if ask(world, route, method, case, who).said != expected:
            return route, method, case, who, expected
    return None


def test_every_permission_says_where_it_decides():
    assert set(WHERE) == set(MAY)


@pytest.mark.xdist_group("access mutations")
@pytest.mark.parametrize("name", MAY)
def test_a_permission_that_is_always_given_is_noticed(world, name, tally):
    """Where an access rule stands before it, the permission must also hold without that rule."""
    tally.tried("mutants of permissions and access rules")
    cells = [cell for address in WHERE[name] for cell in cells_of(BY_ADDRESS[address])]
    cells = [cell for cell in cells if cell[3] != "anonymous" and cell[4] in NOES]
    with always(name):
        wrong = first_wrong(world, cells)
    if not wrong:
        with rules_answer(world, True):
            hold = (cell for cell in cells if cell[4] == "403" and ask(world, *cell[:4]).said == "403")
            held = list(islice(hold, 20))
            with always(name):
                wrong = first_wrong(world, held)
    assert wrong, f"no cell of {WHERE[name]} notices that {name}() always says yes"
    tally.held("mutants of permissions and access rules")


@pytest.mark.xdist_group("access mutations")
@pytest.mark.parametrize("route", [pytest.param(route, id=route.address) for route in ROUTES])
def test_a_route_whose_rule_is_gone_is_noticed(world, route, tally):
    """Opened to everybody, or closed where it is open to all or the view itself asks once more."""
    tally.tried("mutants of permissions and access rules")
    opened = route.rule is not PUBLIC and route.address not in ASK_THEMSELVES
    with rules_answer(world, opened):
        wrong = first_wrong(world, cells_of(route))
    assert wrong, f"no cell notices that the rule of {route.address} is gone"
    tally.held("mutants of permissions and access rules")


def test_unchanged_nothing_is_wrong(world):
    """The instrument itself: without a change, these cells are as the matrix says."""
    assert first_wrong(world, cells_of(BY_ADDRESS[API + "decide/"])) is None
