"""The WSGI entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Every view, else the first to ask would wait for them to be loaded.
get_resolver().url_patterns  # noqa: B018
# What is loaded by now stays for good: without this every turn of the garbage collector walks through all of it again,
# which took a sixth of the time of a request.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 10, 10)
