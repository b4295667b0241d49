"""`manage.py check --deploy`: what an installation must be before it may hold people's cases.

Numbers are stable (ristoro.E001 …). Those about views hold everywhere, the others for production; a set-up that breaks
one of them is not started (`manage.py prepare`). What the database and the disk say is in config/checks_outside.py.
"""

import base64
from ipaddress import ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.urls import URLPattern, get_resolver

from accounts.access import Rule
from claims.rules.mail_rates import read_rates

DEVELOPMENT_SECRETS = ("development-only", "django-insecure", "ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMzJieXQ=")
SHORTEST_SECRET = 50
YEAR = 365 * 24 * 3600
UNSAFE_SOURCES = {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:"}
SCRIPTS = ("default-src", "script-src", "script-src-elem", "style-src", "object-src")
NO_MAIL = ("console", "locmem", "filebased", "dummy", "config.eml")


def error(number, message, hint=None):
    return Error(message, hint=hint, id=f"ristoro.E{number:03}")


# --- everywhere: who may open a view ---------------------------------------------------------------
def routes(resolver=None, prefix=""):
    """(address, view) of every route, whoever included it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield address, pattern.callback
        else:
            yield from routes(pattern, address)


def rule_of_view(view):
    """The access rule that a view declares: a Rule, {method: Rule}, or None."""
    for holder in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        if rule := getattr(holder, "access_rule", None):
            return rule
    return None


def is_rule(declared):
    if isinstance(declared, dict):
        return bool(declared) and all(isinstance(rule, Rule) for rule in declared.values())
    return isinstance(declared, Rule)


@register(Tags.security)
def every_view_has_a_rule(app_configs, **kwargs):
    for address, view in routes():
        if not is_rule(rule_of_view(view)):
            yield error(10, f"/{address} has no access rule.", "Declare it with @access(…), see accounts/access.py.")


@register(Tags.security)
def the_api_is_closed_unless_a_view_opens_it(app_configs, **kwargs):
    if list(settings.REST_FRAMEWORK.get("DEFAULT_PERMISSION_CLASSES", ())) != ["claims.api.access.Nobody"]:
        yield error(11, "DEFAULT_PERMISSION_CLASSES of REST_FRAMEWORK must be [claims.api.access.Nobody].")
    renderers = settings.REST_FRAMEWORK.get("DEFAULT_RENDERER_CLASSES") or ["Browsable"]
    if any("Browsable" in renderer for renderer in renderers):
        yield error(12, "The browsable API is on: it writes pages that our content policy does not cover.")


# --- production: secrets and addresses -------------------------------------------------------------
@register(Tags.security, deploy=True)
def development_is_off(app_configs, **kwargs):
    if settings.DEBUG or settings.DEVELOPMENT:
        yield error(1, "DEBUG is on.", "Leave DEBUG and DEBUG_PAGES out of the environment.")


@register(Tags.security, deploy=True)
def secrets_are_secret(app_configs, **kwargs):
    secret, keys = settings.SECRET_KEY, [entry.strip().partition(":")[2] for entry in settings.FIELD_KEYS]
    if len(secret) < SHORTEST_SECRET or secret.startswith(DEVELOPMENT_SECRETS) or secret in keys:
        yield error(2, f"SECRET_KEY must be its own secret of at least {SHORTEST_SECRET} characters.", new_secret())
    if any(key.startswith(DEVELOPMENT_SECRETS) or not is_key(key) for key in keys) or len(set(keys)) < len(keys):
        yield error(20, "FIELD_KEYS holds a key that is missing, known, repeated or not random.", new_key())


def is_key(text):
    """32 bytes in base64 that do not look made up."""
    try:
        return len(base64.b64decode(text, validate=True)) == 32 and len(set(text)) >= 10
    except ValueError:
        return False


def new_secret():
    return "One is made by: python -c 'import secrets; print(secrets.token_urlsafe(50))'"


def new_key():
    return "One is made by: python -c 'import base64, os; print(\"a:\" + base64.b64encode(os.urandom(32)).decode())'"


@register(Tags.security, deploy=True)
def addresses_are_ours(app_configs, **kwargs):
    hosts = [host for host in settings.ALLOWED_HOSTS if host]
    if not hosts or any(host in ("*", ".") for host in hosts):
        yield error(3, "ALLOWED_HOSTS must name the hosts that people type, and nothing else.")
    site = urlsplit(settings.SITE_URL)
    if site.scheme != "https" or not is_allowed(site.hostname or "", hosts):
        yield error(4, "SITE_URL must be https:// and one of ALLOWED_HOSTS: links in mails are made of it.")


def is_allowed(host, hosts):
    return any(host == each or (each.startswith(".") and host.endswith(each)) or each == "*" for each in hosts)


@register(Tags.security, deploy=True)
def cookies_and_transport_are_safe(app_configs, **kwargs):
    names = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    flags = (settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY)
    if not all(flags) or not all(name.startswith("__Host-") for name in names):
        yield error(5, "Cookies must be Secure, HttpOnly and called __Host-…: use an https SITE_URL.")
    if not settings.SECURE_SSL_REDIRECT or settings.SECURE_HSTS_SECONDS < YEAR:
        yield error(6, "HTTP must lead to HTTPS, and HSTS must last at least a year: use an https SITE_URL.")


@register(Tags.security, deploy=True)
def the_content_policy_holds(app_configs, **kwargs):
    policy = (getattr(settings, "CONTENT_SECURITY_POLICY", None) or {}).get("DIRECTIVES", {})
    middleware = "csp.middleware.CSPMiddleware" in settings.MIDDLEWARE
    unsafe = [name for name in SCRIPTS if UNSAFE_SOURCES & set(policy.get(name) or ())]
    if not middleware or not policy.get("default-src") or unsafe:
        yield error(7, f"Content-Security-Policy is missing or open ({', '.join(unsafe) or 'default-src'}).")


@register(Tags.security, deploy=True)
def only_listed_proxies_are_believed(app_configs, **kwargs):
    everybody = [each for each in settings.TRUSTED_PROXIES if ip_network(each, strict=False).prefixlen == 0]
    if settings.SECURE_PROXY_SSL_HEADER or settings.USE_X_FORWARDED_HOST or settings.USE_X_FORWARDED_PORT or everybody:
        yield error(8, "X-Forwarded-… is believed whoever sends it.", "List your proxies in TRUSTED_PROXIES.")


# --- production: mail, queue, logs -----------------------------------------------------------------
@register(Tags.security, deploy=True)
def mail_reaches_people(app_configs, **kwargs):
    if any(name in settings.EMAIL_BACKEND for name in NO_MAIL):
        yield error(
            50, "EMAIL_URL writes mails to a file or a screen: name an SMTP server (smtp+tls://user:password@host)."
        )


@register(Tags.security)
def rates_of_mails_can_be_read(app_configs, **kwargs):
    try:
        read_rates(settings.MAIL_RATES)
    except ValueError as wrong:
        yield error(53, f"MAIL_RATES cannot be read: {wrong}.", "For example gmail.com=20/s,*=100/s; empty: no limits.")


@register(Tags.security, deploy=True)
def the_broker_is_closed(app_configs, **kwargs):
    broker, conf = urlsplit(settings.REDIS_URL), settings.CELERY
    if broker.scheme in ("redis", "rediss") and not broker.password:
        yield error(60, "REDIS_URL has no password: whoever reaches the broker gives orders to the workers.")
    pickled = {"pickle", "application/x-python-serialize"} & set(conf.get("accept_content", ["json"]))
    if conf.get("task_always_eager") or conf.get("result_backend") or pickled:
        yield error(60, "Celery must not run eagerly, keep results or accept pickle: tables are the queues.")


@register(Tags.security, deploy=True)
def logs_tell_the_request_and_no_person(app_configs, **kwargs):
    formats = [str(each.get("format", "")) for each in settings.LOGGING.get("formatters", {}).values()]
    if not formats or not all("request_id" in each for each in formats):
        yield error(81, "A log format lacks the request id.")
    if settings.SENTRY_SENDS_PEOPLE:
        yield error(81, "Sentry would be sent personal data (send_default_pii).")
