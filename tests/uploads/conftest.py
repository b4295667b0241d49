"""A tus client of a few lines, and what it sends."""

import base64

import pytest

from tests import make

BYTES = "application/offset+octet-stream"


class Tus:
    """Sends files in pieces as `client`, and keeps the address of the last one."""

    def __init__(self, client, reference, door="", claims="/claims"):
        self.client, self.base = client, f"{door}{claims}/{reference}/uploads/"
        self.address, self.headers = None, {}

    def begin(self, size, name="invoice.pdf", **more):
        told = ",".join(f"{key} {base64.b64encode(str(value).encode()).decode()}" for key, value in more.items())
        named = "filename " + base64.b64encode(name.encode()).decode()
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": f"{named},{told}"}
        headers |= self.headers
        answer = self.client.post(self.base, headers=headers)
        self.address = answer.headers.get("Location")
        return answer

    def patch(self, data, offset, **headers):
        headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), **headers}
        kind = headers.pop("Content-Type", BYTES)
        return self.client.patch(self.address, data, content_type=kind, headers=headers)

    def offset(self):
        answer = self.client.head(self.address, headers={"Tus-Resumable": "1.0.0"})
        return int(answer.headers["Upload-Offset"]) if answer.status_code == 200 else answer.status_code

    def drop(self):
        return self.client.delete(self.address, headers={"Tus-Resumable": "1.0.0"})

    def row(self):
        return self.client.get(self.address)

    def send(self, data, name="invoice.pdf", **more):
        """The answer to the whole file in one piece."""
        began = self.begin(len(data), name, **more)
        return began if began.status_code != 201 else self.patch(data, 0)


@pytest.fixture
def signed_in(client):
    def go(person):
        client.force_login(person)
        client.cookies["language"] = "en"
        return client

    return go


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident)


@pytest.fixture
def tus(signed_in, anna, draft):
    return Tus(signed_in(anna), draft.reference)
