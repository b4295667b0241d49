"""`manage.py check --deploy`, second part: what PostgreSQL, the disk and the virus scanner say."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.core.checks import Error, Tags, Warning, register  # noqa: A004 (Django's own word)
from django.db import DatabaseError, connection, models
from django.db.migrations.executor import MigrationExecutor

from accounts.models import PersonKey, User
from claims.actions.mailbox import wrong_with
from claims.actions.mass_mails import ADDRESS
from claims.models import Service
from config.checks import error
from config.front_in import ON_DISK
from evidence import antivirus
from evidence.errors import ScannerUnavailable
from evidence.reasons import bytes_a_day, max_bytes
from evidence.uploading import most_bytes

DEMO_CAST = ("anna", "bruno", "olga", "rita", "remo", "sara", "mara", "marco", "ada")
LEAST_FREE = 0.1  # of the disk that holds evidence
OLDEST_POSTGRES = 160_000
# The test file every scanner knows, in halves: whole, it would make scanners refuse this source.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
PADDING = 20 * 2**20
SERVER = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
DURABLE = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
TRIGGERS = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
CONSTRAINTS = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND convalidated"
KEYS_IN_USE = "SELECT DISTINCT split_part(encode(wrapped, 'escape'), ':', 1) FROM accounts_personkey"


@register(Tags.security, deploy=True)
def the_database_is_as_it_must_be(app_configs, **kwargs):
    """One look at PostgreSQL; if it is away, that is what there is to say."""
    try:
        if MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes()):
            return [error(35, "There are migrations to be applied.", "manage.py prepare")]
        return [*server_settings(), *guards(), *keys_in_use(), *demo_people(), *sender()]
    except DatabaseError as away:
        text = f"PostgreSQL does not answer ({type(away).__name__}): what it would say was not checked."
        return [Warning(text, id="ristoro.W030")]


def rows(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def server_settings():
    found = dict(rows(SERVER, [*DURABLE, *LIMITS]))
    if lax := [name for name in DURABLE if found.get(name) != "on"]:
        yield error(32, f"PostgreSQL may lose what it confirmed: {', '.join(lax)} is not on.")
    if connection.pg_version < OLDEST_POSTGRES:
        yield error(32, "PostgreSQL is older than version 16.")
    if unset := [name for name in LIMITS if found.get(name) == "0"]:
        yield error(33, f"Nothing ends a statement that waits for ever: {', '.join(unset)} is 0.")


def guards():
    """Triggers and CHECK constraints that the code relies on and the database does not have."""
    tables = {model._meta.db_table for model in apps.get_models()}
    there = set(rows(TRIGGERS))
    wanted = {(trigger.get_pgid(model), model._meta.db_table) for model, trigger in pgtrigger.registered()}
    missing = [f"{name} on {table}" for name, table in sorted(wanted - there) if table in tables]
    there = {name for (name,) in rows(CONSTRAINTS)}
    wanted = {
        constraint.name
        for model in apps.get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint) and model._meta.managed
    }
    missing += sorted(wanted - there)
    if missing:
        yield error(31, f"The database lacks guards: {', '.join(missing)}.", "Find out who removed them.")


def keys_in_use():
    known = {entry.strip().partition(":")[0] for entry in settings.FIELD_KEYS}
    if unknown := sorted({name for (name,) in rows(KEYS_IN_USE)} - known):
        yield error(21, f"{PersonKey._meta.verbose_name_plural} are wrapped by keys that FIELD_KEYS lacks: {unknown}.")


def demo_people():
    cast = [f"{name}@example.org" for name in DEMO_CAST]
    if found := User.objects.filter(email__in=cast, is_active=True).count():
        yield error(14, f"{found} people of the demo can sign in with a password everybody knows.")


def sender():
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ").lower()
    if Service.objects.filter(restored_at=None, domains__contains=[domain]).exists():
        yield error(52, f"Mails would come from {domain}, a service that failed: nobody would trust them.")


@register(Tags.security)
def mails_come_back_to_a_mailbox_we_can_read(app_configs, **kwargs):
    if settings.BOUNCES_URL and (wrong := wrong_with(settings.BOUNCES_URL)):
        yield error(54, f"BOUNCES_URL cannot be used: {wrong}.")
    if settings.BOUNCES_ADDRESS and not ADDRESS.fullmatch(settings.BOUNCES_ADDRESS):
        yield error(54, "BOUNCES_ADDRESS is no address such as bounces@example.org.")


# --- disk ------------------------------------------------------------------------------------------
@register(Tags.security, deploy=True)
def evidence_is_stored_safely(app_configs, **kwargs):
    root = Path(settings.EVIDENCE_ROOT)
    public = [Path(each).resolve() for each in (settings.STATIC_ROOT, settings.MEDIA_ROOT) if each]
    if any(root.resolve().is_relative_to(each) for each in public):
        yield error(40, "STORAGE_URL lies inside a folder that is served to everybody.")
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if root.stat().st_mode & stat.S_IRWXO:
            yield error(40, f"Everybody on this machine may enter {root}.", f"chmod o-rwx {root}")
        with tempfile.TemporaryFile(dir=root):
            pass
        usage = shutil.disk_usage(root)
        if usage.free < usage.total * LEAST_FREE:
            yield error(40, f"Less than a tenth of the disk of {root} is free.")
    except OSError as reason:
        yield error(40, f"{root} cannot be written: {os.strerror(reason.errno)}.")


# --- virus scanner ---------------------------------------------------------------------------------
@register(Tags.security, deploy=True)
def files_are_scanned(app_configs, **kwargs):
    if not settings.CLAMD_URL:
        if settings.UNSCANNED_FILES != "accepted":
            hint = "Or say UNSCANNED_FILES=accepted: every page then says that files were not scanned for viruses."
            yield error(41, "CLAMD_URL is missing: files would not be scanned for viruses.", hint)
        return
    yield from it_finds_the_test_file()


def it_finds_the_test_file():
    """Alone, behind 20 MB, and, if it does, at the end of the largest file that we take: then limits fit together."""
    words, found = "".join(EICAR).encode(), []
    hint = (
        f"Raise StreamMaxLength, MaxFileSize and MaxScanSize over {max_bytes() // 2**20} MB; set AlertExceedsMax yes."
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "eicar"
        try:
            for what, padding in (("", 0), (f" behind {PADDING // 2**20} MB", PADDING)):
                path.write_bytes(b"\0" * padding + words)
                found.append(antivirus.scan(path, settings.CLAMD_URL))
                if not found[-1]:
                    yield error(41, f"clamd does not find the EICAR test file{what}.", hint)
            path.write_bytes(b"\0" * (max_bytes() - len(words)) + words)
            if all(found) and not antivirus.scan(path, settings.CLAMD_URL):
                yield error(42, "clamd does not read files to their end that are as large as we take them.", hint)
        except ScannerUnavailable as away:
            yield Error(f"clamd does not answer: {away}", id="ristoro.E041")


@register(Tags.security, deploy=True)
def limits_fit_together(app_configs, **kwargs):
    if bytes_a_day() < max_bytes():
        yield error(42, "Nobody could send a single file of the largest size: what one may send in a day is less.")
    if most_bytes(strict=False) > ON_DISK:
        yield error(42, "A web process would take in no form of the largest size: all bodies together may be less.")
