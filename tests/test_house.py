"""The house stands: no fault in the product, and every rule catches what it forbids."""

from pathlib import Path

import pytest

from tests import house

ROOT = Path(house.__file__).resolve().parent.parent

LONG_FUNCTION = "def long():\n" + "    x = 1\n" * 60
# rule: ({file: source}, what the fault says, where)
PLANTED = {
    "a model imports an action": (
        {"claims/models/claim.py": "from claims.actions import review\n", "claims/actions/review.py": ""},
        ["claims/models/claim.py:1: upward import of claims.actions.review (floor 3 to 4)"],
    ),
    "the ground floor imports people": (
        {"accounts/roles.py": "\nimport accounts.models\n", "accounts/models.py": ""},
        ["accounts/roles.py:2: upward import of accounts.models (floor 0 to 1)"],
    ),
    "evidence imports claims": (
        {"evidence/intake.py": "from claims.models import Claim\n", "claims/models/__init__.py": "Claim = 1\n"},
        ["evidence/intake.py:1: upward import of claims.models (floor 2 to 3)"],
    ),
    "somebody imports the wiring": (
        {"claims/web/home.py": "from config.eml import EmlBackend\n", "config/eml.py": ""},
        ["claims/web/home.py:1: upward import of config.eml (floor 5 to 6)"],
    ),
    "two modules import each other": (
        {
            "claims/actions/a.py": "from claims.actions import b\n",
            "claims/actions/b.py": "from claims.actions.a import x\n",
        },
        ["import cycle: claims.actions."],
    ),
    "a relative import closes a circle": (
        {"claims/models/__init__.py": "from .claim import Claim\n", "claims/models/claim.py": "from . import Claim\n"},
        ["import cycle: claims.models"],
    ),
    "an import inside a function": (
        {"claims/web/home.py": "def home():\n    import json\n"},
        ["claims/web/home.py:2: import inside a function"],
    ),
    "an import by name inside a function": (
        {"claims/web/home.py": "def home():\n    return importlib.import_module('json')\n"},
        ["claims/web/home.py:2: import inside a function"],
    ),
    "an oversized module": (
        {"claims/web/home.py": "x = 1\n" * 301},
        ["claims/web/home.py:1: module of 301 lines, more than 300"],
    ),
    "an oversized function": (
        {"claims/web/home.py": LONG_FUNCTION},
        ["claims/web/home.py:1: function long of 61 lines, more than 60"],
    ),
    "a drawer for everything": (
        {"claims/actions/utils.py": ""},
        ["claims/actions/utils.py:1: module called utils: say what it does"],
    ),
    "a package for everything": (
        {"claims/core/__init__.py": ""},
        ["claims/core/__init__.py:1: module called core: say what it does"],
    ),
    "a door writes a status": (
        {"claims/admin/case.py": "def decide(claim):\n    claim.status = 'paid'\n"},
        ["claims/admin/case.py:2: writes a claim's status: only lifecycle.advance() may"],
    ),
    "a door writes a status under another name": (
        {"claims/web/case.py": "from claims.models import Claim\nc = Claim()\nc.round, c.status = 1, 2\n"},
        ["claims/web/case.py:3: writes a claim's status"],
    ),
    "a door updates statuses by a queryset": (
        {"claims/api/case.py": "def pay(claims):\n    claims.filter(pk=1).update(status='paid')\n"},
        ["claims/api/case.py:2: writes a claim's status"],
    ),
    "an action sets a status by name": (
        {"claims/actions/case.py": "def pay(claim):\n    setattr(claim, 'status', 'paid')\n"},
        ["claims/actions/case.py:2: writes a claim's status"],
    ),
    "a command writes a status in SQL": (
        {"claims/management/commands/pay.py": "SQL = 'UPDATE claims_claim SET status = 1'\n"},
        ["claims/management/commands/pay.py:1: writes a claim's status"],
    ),
    "the pages import the API": (
        {"claims/web/home.py": "from claims.api import urls\n", "claims/api/urls.py": ""},
        ["claims/web/home.py:1: door web imports door api (claims.api.urls)"],
    ),
    "the API imports the admin of another floor": (
        {"claims/api/home.py": "import evidence.admin\n", "evidence/admin.py": ""},
        ["claims/api/home.py:1: door api imports door admin (evidence.admin)"],
    ),
    "an action imports DRF": (
        {"claims/actions/a.py": "from rest_framework.response import Response\n"},
        ["claims/actions/a.py:1: action imports rest_framework.response.Response"],
    ),
    "an action imports Celery": (
        {"claims/actions/a.py": "import celery\n"},
        ["claims/actions/a.py:1: action imports celery"],
    ),
    "an action imports django.http": (
        {"claims/actions/a.py": "from django.http import Http404\n"},
        ["claims/actions/a.py:1: action imports django.http.Http404"],
    ),
    "an action imports django.http as a name": (
        {"claims/actions/a.py": "from django import http\n"},
        ["claims/actions/a.py:1: action imports django.http"],
    ),
    "a report saves": (
        {"claims/reports/r.py": "def report(rows):\n    rows.first().save()\n"},
        ["claims/reports/r.py:2: report writes (save)"],
    ),
    "a report updates a queryset": (
        {"claims/reports/r.py": "def report(rows, hash):\n    hash.update(b'')\n    rows.update(seen=True)\n"},
        ["claims/reports/r.py:3: report writes (update)"],
    ),
    "a report writes in SQL": (
        {"claims/reports/r.py": "SQL = 'DELETE FROM claims_claim'\n"},
        ["claims/reports/r.py:1: report writes (SQL)"],
    ),
    "a report calls an action": (
        {"claims/reports/r.py": "from claims.actions import review\n", "claims/actions/review.py": ""},
        ["claims/reports/r.py:1: report imports claims.actions.review: reports only read"],
    ),
    "a signal": (
        {"claims/models/claim.py": "from django.db.models.signals import post_save\n"},
        ["claims/models/claim.py:1: signal (django.db.models.signals.post_save)"],
    ),
    "a receiver": (
        {"accounts/apps.py": "from django.dispatch import receiver\n"},
        ["accounts/apps.py:1: signal (django.dispatch.receiver)"],
    ),
    "magic in save()": (
        {"claims/models/claim.py": "class Claim:\n    def save(self):\n        pass\n"},
        ["claims/models/claim.py:2: overrides save()"],
    ),
    "a rule reads the database": (
        {"claims/rules/r.py": "from django.db import connection\n"},
        ["claims/rules/r.py:1: rules import django.db.connection"],
    ),
    "a bank file is written from the database": (
        {"claims/sepa/s.py": "from django.db import connection\n"},
        ["claims/sepa/s.py:1: rules import django.db.connection"],
    ),
    "a rule looks at the clock": (
        {"claims/rules/r.py": "def due():\n    return date.today()\n"},
        ["claims/rules/r.py:2: rules look at the clock (today)"],
    ),
}


def test_the_house_is_in_order():
    assert list(house.faults(ROOT)) == []


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_fault_is_found(what, tmp_path):
    files, expected = PLANTED[what]
    for name, source in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    found = list(house.faults(tmp_path))
    assert len(found) == len(expected), found
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_every_rule_has_a_planted_fault():
    rules = {"upward", "cycle", "inside a function", "module of", "function long", "module called", "status", "door "}
    rules |= {"action imports", "report writes", "report imports", "signal", "overrides", "rules import", "clock"}
    said = [line for _files, expected in PLANTED.values() for line in expected]
    assert all(any(rule in line for line in said) for rule in rules)


def test_every_room_lies_on_a_floor():
    """A new package at the top would otherwise escape the rules."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages == set(house.PACKAGES)
    assert all(module.floor is not None for module in house.read(ROOT).values())
