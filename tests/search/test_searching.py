"""Searching the documents of claims: by word, across languages, in what one may see and nowhere else."""

import pytest
from django.db import DatabaseError
from django.urls import reverse

from claims.actions.searching import search_documents
from claims.reports import search
from claims.rules.errors import Refused
from evidence.models import Content, Document, Page, Reading, Search
from evidence.reading import read_batch
from tests import make

pytestmark = pytest.mark.django_db
OFFER = (
    "Il cliente non ha ricevuto le proposte per la città. "
    "Scritto da anna@libero.example il 24/01/2023, importo 1.250,00."
)
REPLY = "The customers were waiting for the proposals of the company and then signed with another one."


def holding(claim, *texts, kind="mail", name="prova.txt"):
    """Attachments with these texts, read."""
    made = [
        make.attachment(claim, content=text.encode(), media_type="text/plain", kind=kind, name=name) for text in texts
    ]
    while read_batch():
        pass
    return made


def found(words, by, **where):
    return [(hit.claim.reference, hit.document.name) for hit in search_documents(words, by=by, **where).rows]


@pytest.fixture
def claim(anna, incident):
    made = make.submitted(anna, incident)
    holding(made, OFFER, REPLY)
    return made


# --- unhappy paths ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "code"), [("x" * 201, "too_long"), ("a\0b", "invalid_characters"), ("\ud800", "invalid_characters")]
)
def test_words_that_cannot_be_searched_for_are_refused(claim, rita, words, code):
    with pytest.raises(Refused) as refused:
        search_documents(words, by=rita)
    assert (refused.value.code, refused.value.status) == (code, 400)
    assert not Search.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        "%",
        "_",
        "a",
        "'",
        '"',
        "&|!()<->:*",
        "a & | b",
        "(((",
        "OR OR",
        "-",
        "--x",
        "\\",
        "x:*",
        "<script>",
        "🙂",
        '"' * 199,
    ],
)
def test_i_12_odd_words_find_something_or_nothing_and_never_fail(claim, rita, words):
    hits = search_documents(words, by=rita)
    assert hits.found <= 2


def test_words_that_mean_nothing_are_told_apart_from_nothing_found(claim, rita):
    assert search_documents("% &", by=rita).has_words is False
    assert search_documents("nonesuch", by=rita).has_words is True


def test_one_finds_nothing_in_own_claims_nor_in_drafts(claim, anna, incident, rita):
    own = make.submitted(rita, incident, login="rita@libero.example", login_explanation="An alias.")
    holding(own, "Le proposte di Rita per il cliente non sono mai arrivate.")
    draft = make.draft(anna, incident)
    holding(draft, "Le proposte di un altro cliente, in bozza e non inviate.")
    assert found("proposta", rita) == [(claim.reference, "prova.txt")]


@pytest.mark.parametrize("state", ["refused", "pending"])
def test_what_is_not_clean_any_more_is_not_found(claim, rita, state):
    sick = claim.attachments.last().document
    Document.objects.filter(pk=sick.pk).update(
        state=state,
        reason="malware" if state == "refused" else "",
        judged_at=None if state == "pending" else sick.judged_at,
    )
    assert found("proposals", rita) == []


def test_no_row_no_answer(claim, rita, monkeypatch):
    def fails(*_args, **_fields):
        raise DatabaseError("no row")

    monkeypatch.setattr(Search.objects, "create", fails)
    with pytest.raises(DatabaseError):
        search_documents("proposta", by=rita)


# --- what is found ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words",
    ["proposta", "PROPOSTE", "citta", "città", "anna@libero.example", "libero.example", "anna", "24/01/2023",
     "1.250,00", '"ha ricevuto le proposte"', "cliente -fattura", "fattura OR proposta"],
)  # fmt: skip
def test_italian_is_found_in_every_form_and_addresses_by_their_parts(claim, rita, words):
    [hit] = search_documents(words, by=rita).rows
    assert (
        hit.document.sha256
        == claim.attachments.get(document__name="prova.txt", document__size=len(OFFER.encode())).document.sha256
    )


@pytest.mark.parametrize("words", ["proposal", "customer waits", "companies"])
def test_english_is_found_in_every_form(claim, rita, words):
    [hit] = search_documents(words, by=rita).rows
    assert "proposals" in "".join(text for _mark, text in hit.snippet)


@pytest.mark.parametrize("words", ["cliente fattura", "proposta -cliente", '"proposte cliente"', "libero.test"])
def test_what_is_not_there_is_not_found(claim, rita, words):
    assert found(words, rita) == []


def test_a_hit_shows_the_words_where_they_stand(claim, rita):
    [hit] = search_documents("proposta", by=rita).rows
    assert [text for is_word, text in hit.snippet if is_word] == ["proposte"]
    assert (hit.number, hit.pages) == (1, 1)


def test_the_same_file_is_a_hit_in_every_claim_that_has_it(claim, bruno, incident, rita):
    other = make.submitted(bruno, incident, login="bruno@virgilio.example")
    holding(other, OFFER, name="copia.txt")
    assert sorted(found("proposta", rita)) == sorted([(claim.reference, "prova.txt"), (other.reference, "copia.txt")])
    assert Page.objects.filter(text__startswith="Il cliente").count() == 1


def test_a_search_in_one_case_finds_only_there(claim, bruno, incident, rita):
    other = make.submitted(bruno, incident, login="bruno@virgilio.example")
    holding(other, OFFER + " ancora")
    assert found("proposta", rita, claim=other) == [(other.reference, "prova.txt")]


def test_filters_narrow_the_search(claim, rita):
    assert found("proposta", rita, filters={"kind": "invoice"}) == []
    assert found("proposta", rita, filters={"kind": "mail", "status": "submitted", "incident": "libero-2023"})
    assert found("proposta", rita, filters={"status": "paid"}) == []


def test_who_searched_for_what_is_written_down(claim, rita):
    search_documents(" proposta  cliente ", by=rita, filters={"kind": "mail", "status": ""}, request_id="r1")
    row = Search.objects.get()
    assert (row.reader, row.words, row.why, row.filters, row.found, row.request_id) == (
        *(rita, "proposta cliente", "all cases"),
        *({"kind": "mail"}, 1, "r1"),
    )


def test_more_than_anybody_reads_is_capped_and_paged(claim, rita, monkeypatch):
    monkeypatch.setattr(search, "MOST", 5)
    monkeypatch.setattr(search, "ROWS", 2)
    holding(claim, *(f"Una ricevuta per il cliente della posta numero {number}" for number in range(8)))
    pages = [search_documents("ricevuta", by=rita, number=number) for number in (1, 2, 3, 99)]
    assert [len(page.rows) for page in pages] == [2, 2, 1, 1]
    assert [(page.found, page.is_capped) for page in pages] == [(5, True)] * 4
    assert [page.next for page in pages] == [2, 3, None, None]
    assert len({hit.document.pk for page in pages for hit in page.rows}) == 5


@pytest.mark.parametrize("number", [3, 12])
def test_the_number_of_questions_does_not_grow(claim, rita, django_assert_num_queries, number):
    holding(claim, *(f"Una ricevuta per il cliente della posta numero {each}" for each in range(number)))
    assert rita.roles
    with django_assert_num_queries(9):
        assert search_documents("ricevuta numero", by=rita).found == number


# --- pages --------------------------------------------------------------------------------------
def at(name, *args):
    return reverse(f"admin:{name}", args=args)


@pytest.fixture
def staff(client):
    def go(person):
        client.force_login(person)
        client.cookies["language"] = "en"
        return client

    return go


def test_the_page_links_to_the_place_and_marks_the_words(claim, rita, staff):
    page = staff(rita).get(at("search-documents"), {"q": "proposta"}).content.decode()
    document = claim.attachments.get(document__size=len(OFFER.encode())).document
    link = at("case-reading", claim.reference, document.pk) + "?q=proposta&amp;page=1#page-1"
    assert link in page
    assert "<mark>proposte</mark>" in page
    there = staff(rita).get(at("case-reading", claim.reference, document.pk), {"q": "proposta", "page": "1"})
    assert "<mark>proposte</mark> per la città" in there.content.decode()
    reading = Reading.objects.get()
    assert (reading.reader, reading.document, reading.how) == (rita, document, "text")


def test_text_that_looks_like_a_page_is_shown_as_text(claim, rita, staff):
    [attachment] = holding(claim, "La ricevuta <script>alert(1)</script> \ue000 e \ue001 del cliente non è qui.")
    for page in (
        staff(rita).get(at("search-documents"), {"q": "ricevuta"}),
        staff(rita).get(at("case-reading", claim.reference, attachment.document_id), {"q": "<script>"}),
    ):
        assert page.status_code == 200
        assert b"<script>alert" not in page.content


@pytest.mark.parametrize(("words", "status"), [("x" * 10_000, 414), ("x" * 5_000, 400), ("a\0", 400)])
def test_i_12_the_page_says_what_is_wrong(claim, rita, staff, words, status):
    for address in (at("search-documents"), at("case-search", claim.reference)):
        assert staff(rita).get(address, {"q": words}).status_code == status


@pytest.mark.parametrize(
    "query", [{"ordering": "x"}, {"status": "nonsense"}, {"kind": "%"}, {"claimant__password": "x"}]
)
def test_i_11_filters_that_do_not_exist_are_refused(claim, rita, staff, query):
    assert staff(rita).get(at("search-documents"), {"q": "x", **query}).status_code == 400


@pytest.mark.parametrize("number", ["0", "-1", "x", "999999999", "١"])
def test_i_10_an_odd_page_number_is_the_first_or_the_last(claim, rita, staff, number):
    assert staff(rita).get(at("search-documents"), {"q": "proposta", "page": number}).status_code == 200


def test_a_search_that_takes_too_long_says_so(claim, rita, staff, monkeypatch):
    monkeypatch.setattr(search, "SLOW", "SET LOCAL statement_timeout = '1ms'")
    monkeypatch.setattr(search, "has_words", lambda _words: sleep())
    answer = staff(rita).get(at("search-documents"), {"q": "proposta"})
    assert answer.status_code == 503
    assert "Use rarer words" in answer.content.decode()
    assert not Search.objects.exists()


def sleep():
    with search.connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")


def test_a_case_of_ones_own_is_not_searched(claim, incident, rita, staff):
    own = make.submitted(rita, incident, login="rita@libero.example", login_explanation="An alias.")
    assert staff(rita).get(at("case-search", own.reference), {"q": "x"}).status_code == 403
    document = own.attachments.get().document_id
    assert staff(rita).get(at("case-reading", own.reference, document)).status_code == 404


def test_a_document_that_is_not_clean_is_not_read_out(claim, rita, staff):
    bad = make.attachment(claim, content=b"bad", state="refused", reason="malware")
    answer = staff(rita).get(at("case-reading", claim.reference, bad.document_id))
    assert answer.status_code == 403
    assert not Reading.objects.exists()


def test_where_a_picture_was_taken_is_told_to_who_judges_it_alone(anna, incident, rita, remo, sara, staff):
    claim = make.taken(anna, incident, rita)
    document = claim.attachments.get().document
    Content.objects.filter(pk=document.sha256).update(location={"latitude": 45.464167, "longitude": 9.189444})
    told = [
        b"45.464167" in staff(person).get(at("case-reading", claim.reference, document.pk)).content
        for person in (rita, remo, sara)
    ]
    assert told == [True, False, True]


def test_a_long_text_is_shown_ten_pages_at_a_time(claim, rita, staff):
    [attachment] = holding(claim, "\n".join(f"Riga numero {number} della posta" for number in range(9_000)))
    last = Page.objects.filter(content_id=attachment.document.sha256).count()
    assert last > 20
    first = staff(rita).get(at("case-reading", claim.reference, attachment.document_id)).content.decode()
    assert first.count('class="s-card s-text"') == 10
    assert "page=11" in first
    third = staff(rita).get(at("case-reading", claim.reference, attachment.document_id), {"page": 15}).content.decode()
    assert 'id="page-15"' in third
    assert "page=1&" not in third
