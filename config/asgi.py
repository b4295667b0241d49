"""The entry point of the web server: Django behind the front that takes requests in and hands answers out."""

from config.front import Front
from config.wsgi import application as django

application = Front(django)
