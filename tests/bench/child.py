"""One benchmark in this process: `python -m tests.bench.child NAME`, with servers and database in the environment."""

import logging
import os
import sys
from importlib import import_module

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    logging.disable(logging.WARNING)
    import_module(f"tests.bench.{sys.argv[1]}").measure()
