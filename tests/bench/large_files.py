"""The entry point of Ristoro with room for files of 200 MB."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from django.conf import settings

from config.asgi import application  # noqa: F401

settings.EVIDENCE_MAX_BYTES = settings.EVIDENCE_BYTES_A_DAY = 4 * 2**30
