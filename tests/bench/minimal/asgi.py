"""The entry point of the smallest Django, behind the same front."""

import os

from django.core.wsgi import get_wsgi_application

from config.front import Front

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.minimal.settings"
application = Front(get_wsgi_application())
