"""Rows of others, named in a body or beside one's own claim in the address: unknown, and nothing happens."""

import pytest

from claims.models import JournalEntry
from tests import make
from tests.access.bodies import API_LOSS, LOSS
from tests.access.cells import undone, writes

pytestmark = pytest.mark.django_db
WEB, API, CASE = "/claims/{0}/", "/api/v1/claims/{0}/", "/admin/cases/{0}/"


def foreign(world):
    """Another person's draft, its loss and its document."""
    claim = world.claims["self", "draft"]
    return claim, claim.items.first().pk, claim.attachments.get().document_id


def verdict(item, **more):
    losses = [{"id": item, "awarded": "1.00", "share": "0.00", "reasons": ["avoidable"]}]
    return {"outcome": "partly_approved", "items": losses, "note": "n", **more}


# name: (who, state of the own claim, method, address, body(world, claim), statuses)
CASES = {
    "api: loss of another claim in PATCH": (
        *("owner", "draft", "patch", API),
        lambda w, c: {"items": [{"id": foreign(w)[1], **API_LOSS}]},
        422,
    ),
    "api: document for a loss of another claim": (
        *("owner", "draft", "post", API + "evidence/"),
        lambda w, c: {"file": make.upload(), "kind": "invoice", "item": foreign(w)[1]},
        422,
    ),
    "api: document of another person, read": ("owner", "draft", "get", API + "evidence/{document}/content", None, 404),
    "api: document of another person, deleted": ("owner", "draft", "delete", API + "evidence/{document}/", None, 404),
    "api: decision on a loss of another claim": (
        *("assigned", "in_review", "post", API + "decide/"),
        lambda w, c: verdict(foreign(w)[1]),
        422,
    ),
    "api: assigned to a claimant": (
        *("supervisor", "submitted", "post", API + "assign/"),
        lambda w, c: {"to": w.people["other"].email},
        422,
    ),
    "api: assigned to the claimant of the claim": (
        *("supervisor", "submitted", "post", API + "assign/"),
        lambda w, c: {"to": w.people["owner"].email},
        422,
    ),
    "api: assigned to a manager": (
        *("supervisor", "in_review", "post", API + "assign/"),
        lambda w, c: {"to": w.people["manager"].email},
        422,
    ),
    "api: assigned to nobody we know": (
        *("supervisor", "in_review", "post", API + "assign/"),
        lambda w, c: {"to": "nobody@example.org"},
        422,
    ),
    "api: claim for an incident that is not open yet": (
        *("owner", "draft", "post", "/api/v1/claims/"),
        lambda w, c: {"incident": "draft-1", "login": "a@elsewhere.example"},
        422,
    ),
    "api: export of an incident that does not exist": (
        *("manager", "draft", "post", "/api/v1/exports/"),
        lambda w, c: {"filters": {"incident": "unknown-1"}},
        422,
    ),
    "api: export of another person, read": ("supervisor", "draft", "get", "/api/v1/exports/{export}/", None, 404),
    "api: export of another person, fetched": (
        *("supervisor", "draft", "get", "/api/v1/exports/{export}/content", None),
        404,
    ),
    "api: export of another person, stopped": (
        *("supervisor", "draft", "post", "/api/v1/exports/{queued}/cancel/", None),
        404,
    ),
    "web: loss of another claim, shown": ("owner", "draft", "get", WEB + "losses/{item}/", None, 404),
    "web: loss of another claim, changed": (
        *("owner", "draft", "post", WEB + "losses/{item}/"),
        lambda w, c: {"version": c.version, **LOSS, "clock": "10:30"},
        404,
    ),
    "web: loss of another claim, removed": ("owner", "draft", "post", WEB + "losses/{item}/remove/", None, 404),
    "web: document of another person, read": ("owner", "draft", "get", WEB + "documents/{document}/", None, 404),
    "web: preview of another person's document": (
        *("owner", "draft", "get", WEB + "documents/{document}/preview/", None),
        404,
    ),
    "web: row of another person's document": ("owner", "draft", "get", WEB + "documents/{document}/row/", None, 404),
    "web: document of another person, removed": (
        *("owner", "draft", "post", WEB + "documents/{document}/remove/", None),
        404,
    ),
    "web: own document said to prove a loss of another claim": (
        *("owner", "draft", "post", WEB + "documents/{own}/row/"),
        lambda w, c: {f"item-{c.attachments.get().document_id}": foreign(w)[1]},
        422,
    ),
    "admin: assigned to a claimant": (
        *("supervisor", "submitted", "post", CASE + "assign/"),
        lambda w, c: {"to": w.people["other"].pk},
        (403, 422),
    ),
    "admin: assigned to nobody we know": (
        *("supervisor", "submitted", "post", CASE + "assign/"),
        lambda w, c: {"to": 987654321},
        422,
    ),
    "admin: document of another claim": ("assigned", "in_review", "get", CASE + "documents/{document}/", None, 404),
    "admin: preview of another claim's document": (
        *("assigned", "in_review", "get", CASE + "documents/{document}/preview/", None),
        404,
    ),
    "admin: service of another incident": (
        *("manager", "draft", "post", "/admin/incidents/open-1/services/elsewhere/restore/", None),
        404,
    ),
    "admin: roles that do not exist": (
        *("administrator", "draft", "post", "/admin/people/{other}/"),
        lambda w, c: {"roles": ["emperor"]},
        422,
    ),
    "admin: export of another person": ("supervisor", "draft", "get", "/admin/exports/{export}/download/", None, 404),
}


@pytest.mark.xdist_group("access ids")
@pytest.mark.parametrize("name", CASES)
def test_what_belongs_to_others_is_unknown(world, name):
    who, case, method, address, body, expected = CASES[name]
    claim = world.claims["owner", case]
    _foreign, item, document = foreign(world)
    address = address.format(
        claim.reference,
        item=item,
        document=document,
        own=claim.attachments.get().document_id,
        export=world.row("export", "other_ready", None),
        queued=world.row("export", "other_queued", None),
        other=world.people["other"].pk,
    )
    is_api = address.startswith("/api/")
    client = world.program(who) if is_api else world.browser(who)
    data = body(world, claim) if body else {}
    options = {"headers": {"Idempotency-Key": f"key {next(world.keys)}", "If-Match": f'"{claim.version}"'}}
    if is_api and method != "get":
        options["format"] = "multipart" if "file" in data else "json"
    newest = JournalEntry.objects.latest("id").pk
    with undone():
        before = writes()
        answer = getattr(client, method)(address, data, **options)
        assert answer.status_code in (expected if isinstance(expected, tuple) else (expected,)), answer.content[:500]
        assert writes() == before
        assert JournalEntry.objects.latest("id").pk == newest


def test_there_are_enough_of_them():
    assert len(CASES) >= 29
