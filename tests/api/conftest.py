"""Calling the API as a program would, and reading its problems."""

import itertools
import json

import pytest
from rest_framework.test import APIClient

from tests import make

KEYS = itertools.count(1)
NARRATIVE = make.NARRATIVE


class Caller:
    """A person's program: every POST has a fresh Idempotency-Key unless told otherwise (None: no key)."""

    def __init__(self, client):
        self.client = client

    def get(self, path, data=None, **headers):
        return self.client.get(address(path), data, headers=named(headers))

    def post(self, path, data=None, *, key="", **headers):
        headers = named(headers)
        if key is not None:
            headers["Idempotency-Key"] = key or f"key {next(KEYS)}"
        return self.client.post(address(path), {} if data is None else data, format="json", headers=headers)

    def raw(self, path, body, *, method="POST", content_type="application/json", **headers):
        return self.client.generic(
            method, address(path), body, content_type=content_type, headers={"Idempotency-Key": "raw", **named(headers)}
        )

    def patch(self, path, data, **headers):
        return self.client.patch(address(path), data, format="json", headers=named(headers))

    def delete(self, path, **headers):
        return self.client.delete(address(path), headers=named(headers))

    def attach(self, reference, name="invoice.pdf", content=make.PDF, *, key=None, **fields):
        fields = {"kind": "invoice", **fields, "file": make.upload(name, content)}
        headers = {"Idempotency-Key": key} if key else {}
        path = address(f"claims/{reference}/evidence/")
        return self.client.post(path, fields, format="multipart", headers=headers)


def address(path):
    return path if path.startswith(("/", "http")) else f"/api/v1/{path}"


def named(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def call(api):
    """call(person) is that person's program; call(None) an anonymous one."""
    return lambda person: Caller(api(person))


@pytest.fixture
def anonymous():
    return Caller(APIClient())


@pytest.fixture
def problem():
    """problem(response) is (status, code, [(field, code)…]) of a well-formed problem document."""

    def read(response):
        assert response["Content-Type"] == "application/problem+json", response.content[:300]
        assert response["X-Request-ID"]
        content = json.loads(response.content)
        assert set(content) == {"type", "title", "status", "detail", "code", "errors"}
        assert content["status"] == response.status_code
        assert content["detail"]
        assert content["title"]
        assert "Traceback" not in response.content.decode()
        for error in content["errors"]:
            assert set(error) == {"field", "code", "message"}
            assert error["message"]
        return content["status"], content["code"], [(error["field"], error["code"]) for error in content["errors"]]

    return read


@pytest.fixture
def refusal(problem):
    """refusal(response) is (status, code)."""
    return lambda response: problem(response)[:2]


@pytest.fixture
def new_claim():
    """new_claim(**changes) is the body of POST claims/."""

    def body(**changes):
        return {
            "incident": "libero-2023",
            "remedy": "damages",
            "login": "anna@libero.example",
            "narrative": NARRATIVE,
            "items": [new_item()],
            **changes,
        }

    return body


def new_item(**changes):
    return {
        "head": "extra_expense",
        "description": "A new mailbox elsewhere",
        "amount": "120.00",
        "occurred_at": "2023-01-24T09:30:00Z",
        **changes,
    }
