"""Every setting of Ristoro, read from the environment (12-factor).

`DEBUG=1` means development: embedded servers, demo data and mail files are allowed and missing secrets get throw-away
defaults. Without it nothing is assumed: a missing setting is an error that names it.
"""

from pathlib import Path

import environ
import sentry_sdk
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.logs import logging_at
from config.openapi import SPECTACULAR_SETTINGS  # noqa: F401 (read by drf-spectacular)
from config.storage import storage_of
from config.unfold import UNFOLD  # noqa: F401 (read by django-unfold)

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEVELOPMENT = env.bool("DEBUG", default=False)
# Django's technical error pages are a second choice: the demo should show the pages people get.
DEBUG = DEVELOPMENT and env.bool("DEBUG_PAGES", default=False)
RISTORO_HOME = Path(env.str("RISTORO_HOME", default=str(BASE_DIR / "var"))).resolve()


def required(name, development):
    """The setting `name`; in development `development` stands in for a missing one."""
    value = env.str(name, default="")
    if value:
        return value
    if DEVELOPMENT:
        return development
    raise ImproperlyConfigured(f"Set {name} (see the settings table in README.md), or DEBUG=1 for development.")


SECRET_KEY = required("SECRET_KEY", "development-only-secret-key-never-use-it-for-real-people")
# "id:base64 of 32 bytes", comma-separated; the first encrypts, all decrypt (accounts/keys.py).
FIELD_KEYS = required("FIELD_KEYS", "dev:ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMzJieXQ=").split(",")
ALLOWED_HOSTS = required("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
SITE_URL = required("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
USE_HTTPS = SITE_URL.startswith("https://")
CLAMD_URL = env.str("CLAMD_URL", default="")
# "accepted" says that files which nobody scanned for viruses are wanted in production.
UNSCANNED_FILES = env.str("UNSCANNED_FILES", default="")
DKIM_DNS = env.bool("DKIM_DNS", default=not DEVELOPMENT)
OCR_COMMAND = env.str("OCR_COMMAND", default="")
# Addresses or networks of our own proxies; only they may say who asks and whether it was by HTTPS.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
# Who may read /metrics outside of development: whoever sends this as a bearer token; empty: nobody.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# The account we pay from: "name;IBAN;BIC", the BIC may be left out. Without it no batch of payments is approved.
PAYER = env.str("PAYER", default="Ristoro S.p.A.;IT74T0300203280000000000001" if DEVELOPMENT else "")

# --- applications -------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "pgtrigger",
    "csp",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "accounts",
    "evidence",
    "claims",
]
MIDDLEWARE = [
    "config.middleware.Proxies",
    "config.middleware.RequestId",
    "config.middleware.SaneRequests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.Refusals",
    "accounts.middleware.SessionAges",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.PersonLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"staff": "claims.admin.tags"},
        },
    }
]

# --- PostgreSQL and Redis -----------------------------------------------------------------------
DATABASE = env.db_url_config(required("DATABASE_URL", "postgres:///ristoro"))
DATABASES = {
    "default": {
        **DATABASE,
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        # A restarted PostgreSQL is noticed at the next request, without a restart of the web server.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **DATABASE.get("OPTIONS", {}),
            "server_side_binding": True,
            "prepare_threshold": 3,
            "options": "-c statement_timeout=60s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
            # Set, or each trigger's look at it fails and is rolled back: the more deferred checks wait, the longer.
            " -c pgtrigger.ignore={}",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Throttles live in PostgreSQL: they hold in every process and Redis stays off the path of a request.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
REDIS_URL = required("REDIS_URL", "redis://127.0.0.1:6379/0")
SESSION_COOKIE_AGE = 24 * 3600

# --- people -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/claims/"
ACCOUNT_ADAPTER = "claims.web.signin_mail.OutboxAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_FORMS = {
    "add_email": "accounts.forms_signin.AddEmail",
    "change_email": "accounts.forms_signin.ChangeEmail",
    "change_password": "accounts.forms_signin.ChangePassword",
    "confirm_email_verification_code": "accounts.forms_signin.ConfirmEmailCode",
    "confirm_login_code": "accounts.forms_signin.ConfirmLoginCode",
    "confirm_password_reset_code": "accounts.forms_signin.ConfirmResetCode",
    "login": "accounts.forms_signin.Login",
    "reauthenticate": "accounts.forms_signin.Reauthenticate",
    "request_login_code": "accounts.forms_signin.RequestCode",
    "reset_password": "accounts.forms_signin.Reset",
    "reset_password_from_key": "accounts.forms_signin.NewPassword",
    "set_password": "accounts.forms_signin.SetPassword",
    "signup": "accounts.forms_signin.Signup",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if USE_HTTPS else "http"

# --- web ----------------------------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="it")
LANGUAGES = [("it", _("Italian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
TIME_ZONE = "Europe/Rome"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STATIC_ROOT = None if DEVELOPMENT else RISTORO_HOME / "static"
# In development files are served from where they are; elsewhere they are collected, hashed and compressed.
WHITENOISE_USE_FINDERS = DEVELOPMENT
STATICFILES_STORAGE_BACKEND = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if DEVELOPMENT
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
EVIDENCE_ROOT, FILE_STORAGES = storage_of(
    required("STORAGE_URL", f"file://{RISTORO_HOME}/evidence"), folder=RISTORO_HOME / "evidence"
)
EXPORTS_ROOT = EVIDENCE_ROOT.parent / "exports"
STORAGES = {**FILE_STORAGES, "staticfiles": {"BACKEND": STATICFILES_STORAGE_BACKEND}}
# A file is hashed while it streams to the storage's own disk; the action only renames it.
FILE_UPLOAD_HANDLERS = ["evidence.uploading.StreamingUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 40

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = USE_HTTPS
# Whoever watches over us asks from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 31_536_000 if USE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = USE_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-session" if USE_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if USE_HTTPS else "csrf"
CSRF_FAILURE_VIEW = "claims.web.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    }
}
# The admin's Alpine.js needs eval and its widgets inline styles: allowed under /admin/ only (claims/admin/site.py).
ADMIN_SECURITY_POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}

# --- mail ---------------------------------------------------------------------------------------
vars().update(env.email_url_config(required("EMAIL_URL", f"filemail:///{RISTORO_HOME}/mail")))
if DEVELOPMENT and not env.str("EMAIL_URL", default=""):
    EMAIL_BACKEND = "config.eml.EmlBackend"
    EMAIL_FILE_PATH = RISTORO_HOME / "mail"
DEFAULT_FROM_EMAIL = required("DEFAULT_FROM_EMAIL", "Ristoro <ristoro@ristoro.example>")
EMAIL_TIMEOUT = 20
# The mailbox that mails come back to (imaps://user:password@host/INBOX or file:///maildir), and its address.
BOUNCES_URL, BOUNCES_ADDRESS = env.str("BOUNCES_URL", default=""), env.str("BOUNCES_ADDRESS", default="")
# Mails a second to the servers of one domain; "*" is each other one. Empty: as many as the mail server takes.
MAIL_RATES = env.str("MAIL_RATES", default="gmail.com=20/s,*=100/s")

# --- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.tokens.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["claims.api.access.Nobody"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["claims.api.body.StrictJSON"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "claims.api.problems.handle",
}

# --- Celery: the broker carries no data, only "turn the crank" -------------------------------------
CELERY = {
    "broker_url": REDIS_URL,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {"socket_timeout": 5, "socket_connect_timeout": 0.5},
    "task_ignore_result": True,
    "task_acks_late": False,
    "task_default_queue": "ristoro",
    "worker_prefetch_multiplier": 1,
    "worker_hijack_root_logger": False,
    "timezone": "UTC",
}

# --- logs ---------------------------------------------------------------------------------------
LOGGING = logging_at(env.str("LOG_LEVEL", default="INFO"))
SENTRY_SENDS_PEOPLE = False
if SENTRY_DSN := env.str("SENTRY_DSN", default=""):
    sentry_sdk.init(dsn=SENTRY_DSN, send_default_pii=SENTRY_SENDS_PEOPLE)
