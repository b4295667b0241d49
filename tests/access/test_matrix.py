"""Who may do what: every route x method x state x identity has its answer in matrix.csv, and gets it.

**You added a route?** This test fails and prints the rows it wants, with `?` in every cell. Put them into
`tests/access/matrix.csv` and write down what each identity *should* get, before you look at what it does get: from
the issue, docs/ and claims/rules/permissions.py. There is no list of exceptions; public routes have rows too.

- A cell is a status, or `login` (to the sign-in) or `staff` (to the staff's own page of the case).
- 404 is for what somebody may not know of: it must read like the answer to an unknown one.
- An address with a new argument: add it to CASES (walk.py) and World.argument() (world.py).
- A POST that needs a body: add a good one to POSTS (bodies.py), so that rights decide, not what was typed.
- The identities are in CAST (world.py): `filer` is the operator who filed the claim, `assigned` the reviewer who
  has it, `self` a reviewer, supervisor and manager who is the claimant.
"""

import re
from functools import cache

import pytest

from accounts.access import PUBLIC
from claims.api.access import rule_for
from tests.access.cells import REFUSED, ask, read
from tests.access.walk import keys, walked
from tests.access.world import BROKEN_TOKENS, IBANS, IDENTITIES

pytestmark = [pytest.mark.django_db, pytest.mark.soak]
ROUTES = walked()
GROUPS = 8  # every group builds its world once
# What claimants and operators may read of the people and words that are planted in the world.
PLANTED = re.compile(rb"canary\w+", re.I)
CODES = [b"not_on_roster", b"98.76", b"98,76", b"awaiting_countersignature"]
MAY_READ = {
    "anonymous": set(),
    "owner": {b"canaryowner"},
    "other": {b"canaryother"},
    "filer": {b"canaryfiler", b"canaryowner", b"canaryself"},
    "operator": {b"canaryoperator"},
    "self": {b"canaryself"},
}


@cache
def matrix():
    return read()


def missing_and_surplus(routes, table):
    """(lines to add, rows of nothing)."""
    wanted = keys(routes)
    lines = [",".join([*key, *"?" * len(IDENTITIES)]) for key in sorted(wanted - set(table))]
    return lines, sorted(set(table) - wanted)


def test_every_route_has_its_rows_and_no_row_is_left_over():
    missing, surplus = missing_and_surplus(ROUTES, matrix())
    assert not missing, "rows that matrix.csv lacks:\n" + "\n".join(missing)
    assert not surplus, f"rows of matrix.csv that no route has: {surplus}"


def test_every_cell_is_filled_in():
    unsaid = [
        (key, who)
        for key, row in matrix().items()
        for who in IDENTITIES
        if not re.fullmatch(r"\d{3}|login|staff", row[who])
    ]
    assert not unsaid
    assert len(matrix()) * len(IDENTITIES) >= 3000


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(route, id=route.address, marks=pytest.mark.xdist_group(f"access {place % GROUPS}"))
        for place, route in enumerate(ROUTES)
    ],
)
def test_everybody_gets_what_the_matrix_says(world, route, tally):
    wrong, unknown = [], {}
    rows = sorted(route.rows, key=lambda row: row[1] != "unknown")  # what others must look like comes first
    for method, case in rows:
        for who in IDENTITIES:
            expected = matrix()[route.address, method, case][who]
            answer = ask(world, route, method, case, who)
            cell = f"{method} {route.address} [{case}] {who}"
            tally.tried("access cells")
            faults = list(faults_of(route, method, who, expected, answer))
            if case == "unknown":
                unknown[method, who] = answer
            elif answer.said == "404" and (method, who) in unknown and answer.plain != unknown[method, who].plain:
                faults.append("its 404 reads differently from that of an unknown one")
            wrong += [f"{cell}: {fault}" for fault in faults]
            tally.held("access cells", not faults)
    assert not wrong, "\n" + "\n".join(wrong)


def faults_of(route, method, who, expected, answer):
    if answer.said != expected:
        yield f"{expected} expected, got {answer.said}"
    if answer.said in REFUSED and answer.changed:
        yield f"refused ({answer.said}), but something was written"
    if answer.said in ("401", "403") and len(answer.lines) != 1:
        yield f"{len(answer.lines)} lines in the security log"
    if method == "GET":
        yield from canaries(route, who, answer)


def canaries(route, who, answer):
    """What claimants, operators and somebody of the staff at their own claim must never read."""
    if who not in MAY_READ or (who == "self" and "reference" not in route.arguments):
        return
    if found := {word.lower() for word in PLANTED.findall(answer.content)} - MAY_READ[who]:
        yield f"reads {found}"
    if any(secret.encode() in answer.content for iban in IBANS for secret in (iban, iban[4:15])):
        yield "reads a whole IBAN"
    if "claims/" in route.address and (codes := [code for code in CODES if code in answer.content]):
        yield f"reads {codes}"


TOKEN_ROUTES = [
    (route, method)
    for route in ROUTES
    if route.is_api
    for method in route.methods
    if method != "PUT" and rule_for(route.rule, method) is not PUBLIC
]


@pytest.mark.xdist_group("access 0")
@pytest.mark.parametrize("token", BROKEN_TOKENS)
def test_a_token_that_is_not_good_opens_nothing(world, token, tally):
    client, wrong = world.program(token), []
    for route, method in TOKEN_ROUTES:
        answer = ask(world, route, method, route.cases[0], "owner", client=client)
        tally.tried("access cells")
        good = answer.said == "401" and answer.headers["WWW-Authenticate"].startswith("Bearer") and not answer.changed
        tally.held("access cells", good and len(answer.lines) == 1)
        if not good or len(answer.lines) != 1:
            wrong.append((route.address, method, answer.said, answer.changed, answer.lines))
    assert not wrong
    assert len(TOKEN_ROUTES) >= 20
