"""Every unsafe set-up is named by its number, the good one by silence."""

import base64
import os
import stat
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse
from django.urls import include, path

from accounts import keys
from accounts.access import PUBLIC, SIGNED_IN, access
from config import checks, checks_outside, checks_storage
from evidence.errors import ScannerUnavailable
from tests import make

KEY = "a:" + base64.b64encode(bytes(range(32))).decode()
NO_BROWSABLE = {"DEFAULT_PERMISSION_CLASSES": ["claims.api.access.Nobody"], "DEFAULT_RENDERER_CLASSES": ["x.JSON"]}
DURABLE = {
    **dict.fromkeys(checks_outside.DURABLE, "on"),
    **dict.fromkeys(checks_outside.LIMITS, "60000"),
}


def findings():
    return [each for each in run_checks(include_deployment_checks=True) if each.id.startswith("ristoro.")]


def ids():
    return [each.id.removeprefix("ristoro.") for each in findings()]


@pytest.fixture
def good(db, settings, tmp_path, monkeypatch):
    """A set-up with nothing to find fault with, but for PostgreSQL's settings, which the tests make fast and unsafe."""
    settings.DEVELOPMENT = settings.DEBUG = False
    settings.SECRET_KEY = "s3cret-" * 10
    settings.FIELD_KEYS = [KEY]
    settings.ALLOWED_HOSTS = ["ristoro.example"]
    settings.SITE_URL = "https://ristoro.example"
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = checks.YEAR
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.REDIS_URL = "rediss://:password@redis.example:6379/0"
    settings.UNSCANNED_FILES = "accepted"
    settings.TRUSTED_PROXIES = ["10.0.0.7"]
    settings.EVIDENCE_ROOT = tmp_path / "evidence"
    settings.EVIDENCE_ROOT.mkdir(mode=0o700)
    keys.field_keys.cache_clear()
    look = checks_outside.rows
    monkeypatch.setattr(
        checks_outside, "rows", lambda sql, *more: DURABLE.items() if sql == checks_outside.SERVER else look(sql, *more)
    )
    yield settings
    keys.field_keys.cache_clear()


def test_a_good_set_up_has_nothing_to_say(good):
    assert findings() == []


def policy(default="'self'", script="'self'"):
    return {"DIRECTIVES": {"default-src": [default], "script-src": [script]}}


BAD = [
    ("E053", {"MAIL_RATES": "gmail.com=fast"}),
    ("E054", {"BOUNCES_URL": "pop3://bounces.example.org"}),
    ("E054", {"BOUNCES_ADDRESS": "bounces"}),
    ("E001", {"DEBUG": True}),
    ("E001", {"DEVELOPMENT": True}),
    ("E002", {"SECRET_KEY": "short"}),
    ("E002", {"SECRET_KEY": "development-only-secret-key-never-use-it-for-real-people"}),
    ("E002", {"SECRET_KEY": KEY[2:]}),
    ("E003", {"ALLOWED_HOSTS": ["*"]}),
    ("E004", {"SITE_URL": "http://ristoro.example"}),
    ("E004", {"SITE_URL": "https://evil.example"}),
    ("E005", {"SESSION_COOKIE_SECURE": False}),
    ("E005", {"CSRF_COOKIE_SECURE": False}),
    ("E005", {"SESSION_COOKIE_HTTPONLY": False}),
    ("E005", {"SESSION_COOKIE_NAME": "session"}),
    ("E006", {"SECURE_HSTS_SECONDS": 3600}),
    ("E006", {"SECURE_SSL_REDIRECT": False}),
    ("E007", {"CONTENT_SECURITY_POLICY": None}),
    (
        "E007",
        {"CONTENT_SECURITY_POLICY": policy(script="'unsafe-inline'")},
    ),
    ("E007", {"CONTENT_SECURITY_POLICY": policy(default="'unsafe-eval'")}),
    ("E007", {"MIDDLEWARE": []}),
    ("E008", {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}),
    ("E008", {"USE_X_FORWARDED_HOST": True}),
    ("E008", {"TRUSTED_PROXIES": ["10.0.0.7", "0.0.0.0/0"]}),
    ("E011", {"REST_FRAMEWORK": {**NO_BROWSABLE, "DEFAULT_PERMISSION_CLASSES": []}}),
    ("E012", {"REST_FRAMEWORK": {**NO_BROWSABLE, "DEFAULT_RENDERER_CLASSES": ["x.BrowsableAPIRenderer"]}}),
    ("E012", {"REST_FRAMEWORK": {"DEFAULT_PERMISSION_CLASSES": ["claims.api.access.Nobody"]}}),
    ("E020", {"FIELD_KEYS": ["dev:ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMzJieXQ="]}),
    ("E020", {"FIELD_KEYS": [""]}),
    ("E020", {"FIELD_KEYS": [KEY, "b:" + "A" * 43 + "="]}),
    ("E020", {"FIELD_KEYS": [KEY, KEY.replace("a:", "b:")]}),
    ("E041", {"UNSCANNED_FILES": ""}),
    ("E042", {"EVIDENCE_BYTES_A_DAY": 25 * 2**20 - 1}),
    ("E042", {"EVIDENCE_MAX_BYTES": 501 * 2**20}),
    ("E042", {"EVIDENCE_MAX_BYTES": 600 * 2**20, "EVIDENCE_BYTES_A_DAY": 600 * 2**20}),
    ("E050", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
    ("E050", {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}),
    ("E050", {"EMAIL_BACKEND": "config.eml.EmlBackend"}),
    ("E060", {"REDIS_URL": "redis://redis.example:6379/0"}),
    ("E060", {"CELERY": {"task_always_eager": True}}),
    ("E060", {"CELERY": {"result_backend": "redis://"}}),
    ("E060", {"CELERY": {"accept_content": ["json", "pickle"]}}),
    ("E081", {"SENTRY_SENDS_PEOPLE": True}),
    ("E081", {"LOGGING": {"formatters": {"line": {"format": "%(message)s"}}}}),
]


@pytest.mark.parametrize(("number", "bad"), BAD, ids=[f"{number} {'+'.join(bad)}" for number, bad in BAD])
def test_an_unsafe_setting_is_refused_by_its_number(good, number, bad):
    for name, value in bad.items():
        setattr(good, name, value)
    assert ids() == [number]


def test_e003_no_host_at_all(good):
    """Without hosts no SITE_URL is one of them, either."""
    good.ALLOWED_HOSTS = [""]
    assert ids() == ["E003", "E004"]


# --- E010: views -----------------------------------------------------------------------------------
def bare(request):
    return HttpResponse()


class Holder:
    """A view as class-based ones come: a function that knows its class."""

    def __init__(self, where, rule):
        setattr(self, where, type("View", (), {"access_rule": rule}))

    def __call__(self, request):
        return HttpResponse()


class Routes:
    """A URLconf as an object: `include`d ones are walked too."""

    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


GOOD_VIEWS = [
    access(PUBLIC)(bare),
    Holder("cls", SIGNED_IN),
    Holder("cls", {"GET": SIGNED_IN, "POST": PUBLIC}),
    Holder("view_class", SIGNED_IN),
]
BAD_RULES = [None, {}, {"GET": "everybody"}, "public"]
BAD_VIEWS = [bare, *(Holder("cls", rule) for rule in BAD_RULES), Holder("view_class", "public")]


@pytest.mark.parametrize("view", GOOD_VIEWS)
def test_a_view_with_a_rule_is_fine(good, view):
    good.ROOT_URLCONF = Routes(path("deep/", include([path("view/", view)])))
    assert ids() == []


@pytest.mark.parametrize("view", BAD_VIEWS)
def test_e010_a_view_without_a_rule_is_found_wherever_it_is(good, view):
    good.ROOT_URLCONF = Routes(path("fine/", access(PUBLIC)(bare)), path("deep/", include([path("view/", view)])))
    assert [(each.id, each.msg) for each in findings()] == [("ristoro.E010", "/deep/view/ has no access rule.")]


def test_every_route_of_the_product_is_walked():
    addresses = [address for address, _view in checks.routes()]
    assert {"livez", "admin/queue/", "api/v1/claims/", "accounts/login/"} <= set(addresses)


# --- the database ----------------------------------------------------------------------------------
def test_e014_people_of_the_demo(good):
    make.person("anna", "claimant")
    assert ids() == ["E014"]


def test_e021_a_key_in_use_that_is_not_among_the_keys(good):
    anna = make.person("somebody", "claimant")
    keys.seal(anna.pk, "text", where="x")
    assert ids() == []
    good.FIELD_KEYS = [KEY.replace("a:", "b:")]
    assert ids() == ["E021"]


def test_e031_a_trigger_that_is_gone(good):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_append_only%'"
            " AND tgrelid = 'claims_journalentry'::regclass"
        )
        (name,) = cursor.fetchone()
        cursor.execute(f"DROP TRIGGER {name} ON claims_journalentry")
    assert ids() == ["E031"]
    assert "pgtrigger_append_only" in findings()[0].msg


def test_e031_a_trigger_that_is_switched_off(good):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE claims_claim DISABLE TRIGGER USER")
    assert ids() == ["E031"]


def test_e031_a_constraint_that_is_gone(good):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE claims_claim DROP CONSTRAINT claim_not_reviewed_by_claimant")
    assert ids() == ["E031"]
    assert "claim_not_reviewed_by_claimant" in findings()[0].msg


@pytest.mark.parametrize("name", checks_outside.DURABLE)
def test_e032_a_server_that_may_lose_what_it_confirmed(good, monkeypatch, name):
    monkeypatch.setitem(DURABLE, name, "off")
    assert ids() == ["E032"]


def test_e032_a_server_that_is_too_old(good, monkeypatch):
    monkeypatch.setattr(checks_outside, "OLDEST_POSTGRES", 990_000)
    assert ids() == ["E032"]


@pytest.mark.parametrize("name", checks_outside.LIMITS)
def test_e033_a_statement_that_may_wait_for_ever(good, monkeypatch, name):
    monkeypatch.setitem(DURABLE, name, "0")
    assert ids() == ["E033"]


def test_e035_a_migration_that_was_not_applied(good):
    MigrationRecorder.Migration.objects.filter(app="claims").order_by("-id").first().delete()
    assert ids() == ["E035"]


def test_e052_mails_from_the_domain_that_failed(good):
    make.incident()
    good.DEFAULT_FROM_EMAIL = "Ristoro <noreply@libero.example>"
    assert ids() == ["E052"]


def test_without_a_database_the_rest_is_checked_and_it_says_so(good, monkeypatch):
    def away(self, *args):
        raise checks_outside.DatabaseError("connection refused")

    monkeypatch.setattr(checks_outside, "MigrationExecutor", away)
    good.SECRET_KEY = "short"
    assert sorted(ids()) == ["E002", "W030"]


# --- disk and scanner ------------------------------------------------------------------------------
def test_e040_evidence_in_a_public_folder(good):
    good.STATIC_ROOT = good.EVIDENCE_ROOT.parent
    assert ids() == ["E040"]


def test_e040_a_folder_that_everybody_may_enter(good):
    good.EVIDENCE_ROOT.chmod(0o700 | stat.S_IXOTH)
    assert ids() == ["E040"]


def test_e040_a_folder_that_cannot_be_made(good):
    (good.EVIDENCE_ROOT / "file").write_text("")
    good.EVIDENCE_ROOT = good.EVIDENCE_ROOT / "file" / "evidence"
    assert ids() == ["E040"]


def test_e040_a_disk_that_is_nearly_full(good, monkeypatch):
    usage = os.terminal_size((100, 9))  # any pair will do
    full = type("Usage", (), {"total": usage.columns, "free": usage.lines})
    monkeypatch.setattr(checks_outside.shutil, "disk_usage", lambda path: full)
    assert ids() == ["E040"]


def scanner(monkeypatch, answer):
    monkeypatch.setattr(checks_outside.antivirus, "scan", answer)


def test_a_scanner_that_finds_the_test_file_is_fine(good, monkeypatch):
    good.CLAMD_URL, good.UNSCANNED_FILES = "tcp://clamd", ""
    scanner(monkeypatch, lambda path, url: "malware")
    assert ids() == []


def test_e041_a_scanner_that_finds_nothing(good, monkeypatch):
    good.CLAMD_URL = "tcp://clamd"
    scanner(monkeypatch, lambda path, url: "")
    assert ids() == ["E041", "E041"]


def test_e041_a_scanner_that_skips_what_lies_behind_20_mb(good, monkeypatch):
    good.CLAMD_URL = "tcp://clamd"
    scanner(monkeypatch, lambda path, url: "" if path.stat().st_size > 2**20 else "malware")
    assert [(each.id, each.msg) for each in findings()] == [
        ("ristoro.E041", "clamd does not find the EICAR test file behind 20 MB.")
    ]


def test_e042_a_scanner_that_gives_up_before_the_end_of_the_largest_file(good, monkeypatch):
    good.CLAMD_URL = "tcp://clamd"
    scanner(monkeypatch, lambda path, url: "malware" if path.stat().st_size < 25 * 2**20 else "")
    assert ids() == ["E042"]


def test_e041_a_scanner_that_is_away(good, monkeypatch):
    def away(path, url):
        raise ScannerUnavailable("connection refused")

    good.CLAMD_URL = "tcp://clamd"
    scanner(monkeypatch, away)
    assert set(ids()) == {"E041"}


# --- what they are for -----------------------------------------------------------------------------
def test_prepare_refuses_to_go_on(good):
    call_command("prepare", verbosity=0)
    good.SECRET_KEY = "short"
    with pytest.raises(CommandError, match=r"ristoro\.E002"):
        call_command("prepare", verbosity=0)
    good.DEVELOPMENT = True
    call_command("prepare", verbosity=0)


def test_each_number_has_a_test():
    tested = {number for number, _bad in BAD} | {name.split("_")[1].upper() for name in globals() if "test_e0" in name}
    source = "".join(Path(module.__file__).read_text() for module in (checks, checks_outside, checks_storage))
    numbers = {f"E{int(part.split(',')[0]):03}" for part in source.split("error(")[1:] if part[0].isdigit()}
    assert numbers <= tested
    assert len(numbers) == 26
