"""The staff's page of reasons: everybody who reviews reads it, managers write with a preview."""

import pytest

from claims.models import ReasonText

TEXTS = {
    "version": "1",
    "staff_it": "Nessuna prova",
    "staff_en": "No evidence at all",
    "claimant_it": "Non mostra nulla.",
    "claimant_en": "Nothing you sent <b>shows</b> this.",
}


@pytest.fixture
def address(at):
    return at("reason", "no_evidence")


def test_reviewers_read_reasons_and_cannot_write_them(staff, at, words, rita, sara, address):
    for person in (rita, sara):
        listing = staff(person).get(at("reasons"))
        assert "No document shows this loss." in words(listing)
        assert at("reason-new") not in listing.content.decode()
        one = staff(person).get(address)
        assert "Version 1" in words(one)
        assert "Save as a new version" not in words(one)
        assert staff(person).post(address, TEXTS).status_code == 403
        assert staff(person).get(at("reason-new")).status_code == 403
    assert ReasonText.objects.filter(code="no_evidence").count() == 1


@pytest.mark.parametrize("person", ["anna", "olga", "ada"])
def test_nobody_else_opens_them(staff, at, request, address, person):
    browser = staff(request.getfixturevalue(person))
    assert [browser.get(where).status_code for where in (at("reasons"), address)] == [403, 403]


def test_a_manager_previews_and_saves_a_new_version(staff, words, mara, address):
    seen = staff(mara).post(address, {**TEXTS, "preview": "1"})
    assert (seen.status_code, ReasonText.objects.filter(code="no_evidence").count()) == (200, 1)
    assert seen.content.decode().count("Nothing you sent &lt;b&gt;shows&lt;/b&gt; this.") == 2  # the field, the preview
    saved = staff(mara).post(address, TEXTS, follow=True)
    assert "Version 2 holds from now on." in words(saved)
    assert "Nothing you sent <b>shows</b> this." in words(saved)
    assert "No document shows this loss." in words(saved)
    assert ReasonText.objects.get(code="no_evidence", version=2).written_by == mara


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(staff, words, mara, address):
    page = staff(mara).post(address, {**TEXTS, "claimant_it": ""})
    assert page.status_code == 422
    html = page.content.decode()
    assert 'id="claimant_it-error"' in html
    assert "No evidence at all" in html


def test_two_managers_do_not_write_over_each_other(staff, words, mara, marco, address):
    staff(mara).post(address, TEXTS)
    page = staff(marco).post(address, {**TEXTS, "staff_en": "Mine"})
    assert page.status_code == 409
    assert "Somebody changed this reason in the meantime." in words(page)
    assert 'value="Mine"' in page.content.decode()


def test_a_reason_is_retired_and_offered_again(staff, at, words, mara, address):
    page = staff(mara).post(address, {**TEXTS, "retired": "on"}, follow=True)
    assert "No longer offered" in words(page)
    assert ReasonText.objects.get(code="no_evidence", version=2).retired
    staff(mara).post(address, {**TEXTS, "version": "2"})
    assert not ReasonText.objects.get(code="no_evidence", version=3).retired


def test_a_manager_adds_a_reason(staff, at, words, mara):
    new = {**TEXTS, "version": "0", "code": "paid_by_insurance"}
    assert staff(mara).get(at("reason-new")).status_code == 200
    assert staff(mara).post(at("reason-new"), {**new, "code": "Not a code"}).status_code == 422
    taken = staff(mara).post(at("reason-new"), {**new, "code": "no_evidence"})
    assert taken.status_code == 409
    assert staff(mara).post(at("reason-new"), new).status_code == 302
    assert "paid_by_insurance" in words(staff(mara).get(at("reasons")))


def test_an_unknown_reason_is_404(staff, at, mara):
    assert staff(mara).get(at("reason", "nothing_of_the_kind")).status_code == 404
