"""The same view on Ristoro's own server, its settings and middleware: what filing itself does is the difference."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench.minimal"]
ROOT_URLCONF = "tests.bench.minimal.beside_urls"
