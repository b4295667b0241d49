"""A mail backend that writes each message as one .eml file: the demo's post office."""

import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend


class EmlBackend(BaseEmailBackend):
    """Writes to `file_path` (default settings.EMAIL_FILE_PATH), whole files only: a rename ends each."""

    def __init__(self, *args, file_path=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def send_messages(self, messages):
        self.folder.mkdir(parents=True, exist_ok=True)
        for message in messages:
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{uuid.uuid4().hex[:8]}"
            part = self.folder / f".{name}.part"
            part.write_bytes(message.message().as_bytes(linesep="\r\n"))
            os.replace(part, self.folder / f"{name}.eml")
        return len(messages)
