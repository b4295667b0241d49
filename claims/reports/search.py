"""Full-text search in the documents of claims. Who searched for what is written down by claims/actions/searching.py."""

import re
from dataclasses import dataclass

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db import connection, models
from django.db.models import Case, Exists, F, Max, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from claims.models import Attachment
from claims.rules.errors import Refused
from claims.rules.text import is_forbidden
from evidence.models import Document, Page

LONGEST = 200
# Pages that are looked at closely, the best of which come first; nobody reads that many, more words find fewer.
MOST = 300
ROWS = 20
SLOW = "SET LOCAL statement_timeout = '3s'"
CONFIGURATIONS = {"it": "ristoro_it", "en": "ristoro_en"}
ANY = "ristoro_any"
# Private characters stand for the marks until the text was made safe for a page.
BEGIN, END = "\ue000", "\ue001"
PASSAGES = {"max_words": 30, "min_words": 12, "max_fragments": 2, "fragment_delimiter": " … "}
# One word to PostgreSQL, such as an address or a number with points: found by its parts, one after the other.
JOINED = re.compile(r"[^\W_]+(?:[-@./_:=+&%]+[^\W_]+)+")

PARTS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Hit:
    """A page on which the words are, as a document of one claim."""

    attachment: Attachment
    number: int
    pages: int
    snippet: tuple

    @property
    def document(self):
        return self.attachment.document

    @property
    def claim(self):
        return self.attachment.claim


@dataclass(frozen=True)
class Hits:
    """A page of hits. `found` counts the pages that match, `is_capped` if there are more than were looked at."""

    rows: tuple
    found: int
    is_capped: bool
    number: int
    has_words: bool = True

    @property
    def next(self):
        return self.number + 1 if self.number * ROWS < self.found else None

    @property
    def previous(self):
        return self.number - 1 if self.number > 1 else None


def checked(words):
    """The words to search for. Raises Refused 400 `too_long`, `invalid_characters`."""
    if len(words) > LONGEST:
        message = _("Search for at most %(limit)d characters.") % {"limit": LONGEST}
        raise Refused("too_long", message, field="q", status=400)
    if any(map(is_forbidden, words)):
        message = _("The text contains characters that cannot be stored. Type it again.")
        raise Refused("invalid_characters", message, field="q", status=400)
    return " ".join(words.split())


def search(words, attachments, *, number=1):
    """The Hits for checked `words` in clean documents of `attachments` (a queryset of what may be seen).

    Within a transaction: a search that takes too long is ended by the database, as OperationalError.
    """
    with connection.cursor() as cursor:
        cursor.execute(SLOW)
    if not has_words(words):
        return Hits((), 0, False, 1, has_words=False)
    queries = queries_for(words)
    inside = attachments.filter(document__state=Document.State.CLEAN)
    matching = Page.objects.filter(fits(queries), Exists(inside.filter(document__sha256=OuterRef("content_id"))))
    some = matching.annotate(rank=by_language(queries, lambda query, _name: SearchRank(F("vector"), query)))
    pages = sorted(some.order_by().values_list("rank", "content_id", "number", "pk")[: MOST + 1], key=best_first)
    number = max(1, min(number, -(-min(len(pages), MOST) // ROWS) or 1))
    shown = pages[:MOST][(number - 1) * ROWS : number * ROWS]
    return Hits(tuple(hits(shown, inside, queries)), min(len(pages), MOST), len(pages) > MOST, number)


def best_first(page):
    rank, content, number, _pk = page
    return -rank, content, number


def hits(pages, inside, queries):
    """A Hit for each of the pages in each of the documents that have them."""
    wanted = [pk for _rank, _content, _number, pk in pages]
    passages = dict(
        Page.objects.filter(pk__in=wanted).annotate(passage=headline(queries, **PASSAGES)).values_list("pk", "passage")
    )
    documents = {}
    found = inside.filter(document__sha256__in={content for _rank, content, _number, _pk in pages})
    for attachment in found.select_related("document", "claim__claimant", "claim__incident").order_by("-pk")[:200]:
        documents.setdefault(attachment.document.sha256, []).append(attachment)
    counts = dict(Page.objects.filter(pk__in=wanted).values_list("content_id", "content__pages"))
    for _rank, content, number, pk in pages:
        for attachment in documents.get(content, []):
            yield Hit(attachment, number, counts.get(content, 0), marked(passages.get(pk, "")))


def fits(queries):
    """Each page is asked in its own language."""
    other = Q(vector=queries[ANY]) & ~Q(language__in=CONFIGURATIONS)
    return other | Q(language="it", vector=queries["ristoro_it"]) | Q(language="en", vector=queries["ristoro_en"])


def by_language(queries, make):
    """make(query, configuration) for the language of each page."""
    cases = [When(language=code, then=make(queries[name], name)) for code, name in CONFIGURATIONS.items()]
    return Case(*cases, default=make(queries[ANY], ANY))


def headline(queries, **options):
    def make(query, name):
        return SearchHeadline(
            F("text"), query, config=Value(name, models.TextField()), start_sel=BEGIN, stop_sel=END, **options
        )

    return by_language(queries, make)


def asked(words):
    """`words` with everything that PostgreSQL takes for one word, and people do not, as a phrase of its parts."""
    return JOINED.sub(lambda found: '"' + " ".join(PARTS.findall(found[0])) + '"', words)


def queries_for(words):
    names = (*CONFIGURATIONS.values(), ANY)
    return {name: SearchQuery(asked(words), config=name, search_type="websearch") for name in names}


def has_words(words):
    """Whether anything is asked for, once punctuation is taken away; "without this" alone is no question either."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT querytree(websearch_to_tsquery('ristoro_any', %s)) NOT IN ('', 'T')", [asked(words)])
        return cursor.fetchone()[0]


def marked(text):
    """[(is it one of the words, text)] of a passage."""
    pieces = re.split(f"({BEGIN}[^{BEGIN}{END}]*{END})", text)
    return tuple(
        (piece.startswith(BEGIN), piece.strip(BEGIN + END).replace(BEGIN, "").replace(END, ""))
        for piece in pieces
        if piece
    )


def pages_of(document, words, first, end):
    """([(number, language, [(is it one of the words, text)])] of the pages from `first` to before `end`, the last).

    Within a transaction, as search(). Words that cannot be searched for are not marked.
    """
    with connection.cursor() as cursor:
        cursor.execute(SLOW)
    pages = Page.objects.filter(content_id=document.sha256)
    last = pages.aggregate(last=Max("number"))["last"] or 0
    shown = pages.filter(number__gte=first, number__lt=end).order_by("number")
    if words and not any(map(is_forbidden, words)) and has_words(words):
        shown = shown.annotate(shown=headline(queries_for(words), highlight_all=True))
        found = shown.values_list("number", "language", "shown")
    else:
        found = shown.values_list("number", "language", "text")
    return [(number, language, marked(text)) for number, language, text in found], last
