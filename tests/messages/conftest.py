"""What tests of messages and notes share."""

import pytest

from evidence.uploading import StreamedUpload
from tests import make


@pytest.fixture
def claim(anna, incident, rita):
    """anna's claim on rita's desk."""
    return make.taken(anna, incident, rita)


@pytest.fixture
def file():
    """file(name) is an upload as it came in; all are closed in the end, as when a request ends."""
    opened = []

    def upload(name="bounce.pdf", content=make.PDF):
        opened.append(StreamedUpload.of(name, [content]))
        return opened[-1]

    yield upload
    for each in opened:
        each.close()
