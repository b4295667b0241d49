"""The WSGI entry point of the minimal view on Ristoro's own server."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.minimal.beside"

from config.wsgi import application  # noqa: F401
