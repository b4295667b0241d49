"""The WSGI entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# What is loaded by now stays for good: without this every turn of the garbage collector walks through all of it again,
# which took a sixth of the time of a request.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 10, 10)
