"""A small application on the web server, behind a front that has less patience than people are given."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from config.front import Front

PATIENCE = 2.5  # seconds; others are answered meanwhile, on a busy machine too


def answering(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


application = Front(answering, threads=1, patience=PATIENCE)
