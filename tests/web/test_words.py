"""Every word a person reads can be translated: templates hold no literal text."""

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from claims.models import Incident
from claims.rules.statuses import LABELS, Status
from config.management.commands import catalogue

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
COMMENT = re.compile(r"{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}|<style>.*?</style>", re.DOTALL)
ICON = re.compile(r"<span[^>]*material-symbols-outlined[^>]*>.*?</span>", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
NAMES = {"Ristoro", "English", "Italiano", "PDF", "API", "IBAN", "UTC", "€", "MB", "KB", "SHA"}
NAMES |= {"CSV", "Parquet", "TXT", "ZIP"}
SHOWN = ("alt", "aria-label", "placeholder", "title")


class Words(HTMLParser):
    """Collects what a browser would show."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_data(self, data):
        self.found += re.findall(r"(?<![\w/])[^\W\d_]{2,}", data)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in SHOWN:
                self.handle_data(value or "")


def literals(text):
    """The words of a template that no translator sees."""
    for pattern in (COMMENT, TRANSLATED, ICON, TAG):
        text = pattern.sub(" ", text)
    words = Words()
    words.feed(text.replace("&nbsp;", " "))
    return [word for word in words.found if word not in NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_a_template_holds_no_literal_text(path):
    assert literals(path.read_text()) == []


def test_literal_text_is_found_wherever_it_hides():
    assert literals('<p>Hello {{ name }}</p><img alt="Photo">{% translate "Fine" %}') == ["Hello", "Photo"]
    assert literals("{% blocktranslate trimmed %}Fine <b>too</b>{% endblocktranslate %} &nbsp;€ Ristoro") == []


def test_an_italian_date_has_a_small_month():
    with translation.override("it"):
        assert date_format(date(2023, 1, 8), "j F Y") == "8 gennaio 2023"


def test_an_incident_and_a_claim_are_closed_each_in_its_own_gender():
    with translation.override("it"):
        assert (str(Incident.State.CLOSED.label), str(LABELS[Status.CLOSED])) == ("Chiuso", "Chiusa")


def test_every_name_by_which_the_code_translates_is_known_to_the_catalogue():
    """A text behind another name, such as `gettext_lazy as lazy`, would never reach a translator."""
    names = re.compile(r"\b[np]*gettext(?:_lazy|_noop)?(?: as (\w+))?")
    found = set()
    for folder in catalogue.FOLDERS:
        for path in (Path(settings.BASE_DIR) / folder).rglob("*.py"):
            for line in re.findall(r"^from django\.utils\.translation import (.+)$", path.read_text(), re.MULTILINE):
                found |= {match[1] or match[0] for match in names.finditer(line)}
    assert "gettext_lazy" in found
    assert found <= set(catalogue.KEYWORDS)
