"""Managers write the words of letters: each saving is a new version, seen as a sample first."""

import pytest

from claims.actions import letter_texts
from claims.models import JournalEntry, LetterText
from claims.rules.errors import Refused
from claims.rules.letters import KINDS, LANGUAGES, PLACEHOLDERS
from tests import make

ADDRESS = "/admin/letters/approved/en/"
WORDS = {"opening": "Dear {name},\n\nyou get {net}.", "closing": "Bye"}


def written(by, **changes):
    values = {"kind": "approved", "language": "en", "version": 1, **WORDS, **changes}
    return letter_texts.write_text(values.pop("kind"), values.pop("language"), by=by, **values)


@pytest.mark.parametrize("who", ["anna", "olga", "rita", "sara", "ada"])
def test_only_managers_may(request, who, page):
    person = request.getfixturevalue(who)
    with pytest.raises(Refused) as refused:
        written(person)
    assert refused.value.status == 403
    with pytest.raises(Refused):
        letter_texts.sample("approved", "en", by=person, **WORDS)
    assert page(person).get("/admin/letters/").status_code == 403
    assert page(person).get(ADDRESS).status_code == 403
    assert page(person).post(ADDRESS, {**WORDS, "version": "1", "go": "save"}).status_code == 403
    assert LetterText.objects.newest("approved", "en").version == 1


@pytest.mark.parametrize(
    ("words", "field", "code"),
    [
        ({"opening": ""}, "opening", "required"),
        ({"closing": "  \n "}, "closing", "required"),
        ({"opening": "x" * 5_001}, "opening", "too_long"),
        ({"opening": "a\u0000b"}, "opening", "invalid_characters"),
        ({"closing": "Dear {surname}"}, "closing", "unknown_placeholder"),
        ({"opening": "{name.__class__} {0}"}, "opening", "unknown_placeholder"),
        ({"opening": "{}"}, "opening", "unknown_placeholder"),
    ],
)
def test_words_that_no_letter_can_have_are_refused(mara, words, field, code):
    with pytest.raises(Refused) as refused:
        written(mara, **words)
    assert [(where, why) for where, why, _message in refused.value.errors] == [(field, code)]
    assert LetterText.objects.newest("approved", "en").version == 1


def test_all_that_is_wrong_is_said_at_once(mara):
    with pytest.raises(Refused) as refused:
        written(mara, opening="", closing="{x}")
    assert [where for where, _why, _message in refused.value.errors] == ["opening", "closing"]


@pytest.mark.parametrize(("kind", "language"), [("approved", "de"), ("nothing", "it"), ("", "")])
def test_there_is_no_other_letter(mara, page, kind, language):
    with pytest.raises(Refused) as refused:
        written(mara, kind=kind, language=language)
    assert refused.value.status == 404
    if kind:
        assert page(mara).get(f"/admin/letters/{kind}/{language}/").status_code == 404


def test_each_saving_is_a_new_version_and_the_journal_knows_who(mara, marco):
    first = written(mara)
    assert (first.version, first.written_by) == (2, mara)
    with pytest.raises(Refused) as refused:
        written(marco, opening="Mine")
    assert (refused.value.code, refused.value.status) == ("stale", 409)
    assert written(marco, version=2, opening="Mine").version == 3
    entries = JournalEntry.objects.filter(chain="letter text:approved:en").order_by("sequence")
    assert [(entry.actor, entry.facts["version"]) for entry in entries] == [(mara, 2), (marco, 3)]
    assert LetterText.objects.newest("approved", "it").version == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_there_are_first_words_for_every_letter(db, kind, language, mara):
    text = LetterText.objects.newest(kind, language)
    content = letter_texts.sample(kind, language, by=mara, opening=text.opening, closing=text.closing)
    assert "{" not in content["opening"] + content["closing"]
    assert "Anna Bianchi" in content["opening"]


def test_every_name_in_braces_is_filled_in(mara):
    braces = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    content = letter_texts.sample("rejected", "it", by=mara, opening=braces, closing="x")
    assert "{" not in content["opening"]


def test_a_manager_sees_the_sample_before_saving(page, mara):
    client = page(mara)
    assert ADDRESS in client.get("/admin/letters/").content.decode()
    shown = client.get(ADDRESS).content.decode()
    assert "data:image/png;base64,iVBOR" in shown
    other = client.post(ADDRESS, {**WORDS, "version": "1", "go": "preview"}).content.decode()
    picture = "data:image/png;base64,"
    assert shown.partition(picture)[2][:4000] != other.partition(picture)[2][:4000]
    assert "you get {net}." in other
    assert LetterText.objects.newest("approved", "en").version == 1
    response = client.post(ADDRESS, {**WORDS, "version": "1", "go": "save"})
    assert (response.status_code, response["Location"]) == (302, ADDRESS)
    assert LetterText.objects.newest("approved", "en").version == 2
    assert "you get {net}." in client.get(ADDRESS).content.decode()


@pytest.mark.parametrize("go", ["preview", "save"])
def test_a_refusal_keeps_what_was_typed(page, mara, go):
    response = page(mara).post(ADDRESS, {"opening": "Dear {surname} <b>", "closing": "Bye", "version": "1", "go": go})
    shown = response.content.decode()
    assert response.status_code == 422
    assert "Dear {surname} &lt;b&gt;" in shown
    assert "No letter knows {surname}" in shown
    assert "data:image/png" not in shown


@pytest.mark.parametrize("version", ["", "0", "2", "x", "9" * 30, "١"])
def test_an_older_or_odd_version_is_stale(page, mara, version):
    response = page(mara).post(ADDRESS, {**WORDS, "version": version, "go": "save"})
    assert response.status_code == 409
    assert "you get {net}." in response.content.decode()


def test_markup_in_the_words_is_shown_as_it_is(page, mara):
    hostile = '#import "x": * *b* $x$ #read("/etc/passwd")'
    response = page(mara).post(ADDRESS, {"opening": hostile, "closing": "x", "version": "1", "go": "preview"})
    assert response.status_code == 200
    assert "data:image/png" in response.content.decode()


def test_the_list_asks_the_same_for_more_versions(page, mara, django_assert_max_num_queries):
    client = page(mara)
    client.get("/admin/letters/")
    with django_assert_max_num_queries(40) as few:
        client.get("/admin/letters/")
    for version in range(1, 6):
        written(mara, version=version)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/admin/letters/")


def test_letters_of_a_claim_in_a_batch_have_the_words_of_their_moment(anna, incident, rita, mara):
    anna.language = "en"
    anna.save()
    written(mara, opening="New words for {name}")
    claim = make.decided(anna, incident, rita)
    assert claim.decisions.get().letter.content["opening"] == "New words for Anna"
