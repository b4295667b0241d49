"""The entry point of the minimal view on Ristoro's own server."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.minimal.beside"

from config.asgi import application  # noqa: F401
