"""Collects what has to be translated and compiles the catalogues, without GNU gettext.

manage.py catalogue            adds new texts to the .po files and compiles them
manage.py catalogue --check    exit 1 if a text is missing, untranslated, unused or not compiled
"""

import re
from io import BytesIO
from pathlib import Path

import polib
from babel.messages.extract import extract_python
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

LANGUAGES = ["it"]  # English is the language of the code
FOLDERS = ["accounts", "claims", "config", "evidence", "templates"]
KEYWORDS = [
    "_",
    "_now",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "gettext_noop",
]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


class Command(BaseCommand):
    help = "Updates and compiles the translations; --check only looks."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if something is missing")

    def handle(self, *, check, **options):
        texts = collect(settings.BASE_DIR)
        problems = []
        for language in LANGUAGES:
            path = settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.po"
            problems += faults(path, texts) if check else update(path, texts)
        if check and problems:
            raise CommandError("\n".join(problems))
        for problem in problems:
            self.stdout.write(problem)


def collect(base):
    """{(context, msgid): msgid_plural or None} of every translatable text below FOLDERS."""
    texts = {}
    for folder in FOLDERS:
        for path in sorted((base / folder).rglob("*")):
            if "migrations" in path.parts or "static" in path.parts or not path.is_file():
                continue
            if path.suffix == ".py":
                source = path.read_text()
            elif path.suffix in {".html", ".txt", ".subject"}:
                # templatize() blanks out all but the translatable texts; indentation means nothing there.
                lines = templatize(path.read_text(), origin=str(path)).splitlines()
                source = "\n".join(line.strip() for line in lines)
            else:
                continue
            texts.update(extracted(source))
    return texts


def extracted(source):
    """The texts of one Python source."""
    for _line, function, found, _comments in extract_python(BytesIO(source.encode()), KEYWORDS, [], {}):
        messages = [found] if isinstance(found, str) else list(found)
        context = messages.pop(0) if function.startswith("pgettext") else None
        if messages and isinstance(messages[0], str) and messages[0]:
            plural = messages[1] if function.startswith("ngettext") else None
            yield (context, messages[0]), plural


def update(path, texts):
    """Adds new texts, drops unused ones, compiles; returns a line about what is still to be translated."""
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = load(path)
    known = {(entry.msgctxt, entry.msgid): entry for entry in catalogue}
    for key, entry in known.items():
        if key not in texts:
            catalogue.remove(entry)
    for (context, msgid), plural in texts.items():
        if (context, msgid) not in known:
            more = {"msgid_plural": plural, "msgstr_plural": {0: "", 1: ""}} if plural else {}
            catalogue.append(polib.POEntry(msgctxt=context, msgid=msgid, **more))
    catalogue.sort(key=lambda entry: (entry.msgctxt or "", entry.msgid))
    catalogue.save(str(path))
    path.with_suffix(".mo").write_bytes(catalogue.to_binary())
    return [
        f"{path.relative_to(settings.BASE_DIR)}: {len(catalogue)} texts, {len(untranslated(catalogue))} to translate"
    ]


def load(path):
    if path.exists():
        return polib.pofile(str(path), wrapwidth=120)
    catalogue = polib.POFile(wrapwidth=120)
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": path.parent.parent.name,
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    return catalogue


def faults(path, texts):
    """Everything that would show a person the wrong language, as lines."""
    if not path.exists():
        return [f"{path} is missing: run manage.py catalogue"]
    catalogue = load(path)
    known = {(entry.msgctxt, entry.msgid) for entry in catalogue}
    lines = [f"not in the catalogue: {msgid!r}" for context, msgid in texts if (context, msgid) not in known]
    lines += [f"no longer used: {msgid!r}" for context, msgid in known if (context, msgid) not in texts]
    lines += [f"not translated: {entry.msgid!r}" for entry in untranslated(catalogue)]
    lines += [f"placeholders differ: {entry.msgid!r}" for entry in catalogue if differs(entry)]
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != catalogue.to_binary():
        lines.append(f"{Path(compiled).name} is not compiled from this catalogue: run manage.py catalogue")
    return lines


def untranslated(catalogue):
    return [entry for entry in catalogue if "fuzzy" in entry.flags or not entry.translated()]


def differs(entry):
    """Whether a translation lacks or invents a placeholder such as %(name)s."""
    wanted = set(PLACEHOLDER.findall(entry.msgid)) | set(PLACEHOLDER.findall(entry.msgid_plural))
    given = [entry.msgstr] if not entry.msgid_plural else list(entry.msgstr_plural.values())
    return any(text and not set(PLACEHOLDER.findall(text)) <= wanted for text in given) or (
        not entry.msgid_plural and bool(entry.msgstr) and set(PLACEHOLDER.findall(entry.msgstr)) != wanted
    )
