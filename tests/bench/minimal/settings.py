"""Nothing but a database, reached as config/settings.py does."""

import environ

env = environ.Env()
SECRET_KEY = "nothing is signed here"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["tests.bench.minimal"]
MIDDLEWARE = []
ROOT_URLCONF = "tests.bench.minimal.urls"
DATABASES = {"default": {**env.db("DATABASE_URL"), "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
