"""The WSGI entry point of the smallest Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.minimal.settings"
application = get_wsgi_application()
