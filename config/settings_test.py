"""Settings of the tests: those of development, with a cheap password hash and English pages.

Addresses of PostgreSQL and Redis come from the environment; tests/servers.py puts them there.
"""

from config.settings import *  # noqa: F403

# Argon2 takes 30 ms a sign-in; nothing a test learns is worth that.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LANGUAGE_CODE = "en"
# Static files are looked for when somebody asks, not listed anew for every test client.
WHITENOISE_AUTOREFRESH = True
# Tests send hundreds of mails to one domain at once; those of the rates set their own.
MAIL_RATES = ""
