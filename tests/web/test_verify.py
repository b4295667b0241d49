"""Is this notice genuine? In plain words, without anything about the person."""

import pytest

from claims.models import Notice
from tests import make


@pytest.fixture
def notice(anna, incident):
    make.submitted(anna, incident)
    return Notice.objects.get(kind="claim_submitted")


def test_a_genuine_notice_shows_kind_date_and_incident_and_nobody(client, notice, anna):
    page = client.post("/verify/", {"code": notice.code}).content.decode()
    assert "Yes, this notice is genuine" in page
    assert "We received a claim" in page
    assert "Mail outage" in page
    for personal in (anna.email, anna.name, notice.claim.reference, notice.claim.login, "120"):
        assert personal not in page


@pytest.mark.parametrize("spelling", ["{}", "{} ", "{}".lower(), "dashes", "blanks"])
def test_a_code_is_taken_however_it_is_typed(client, notice, spelling):
    code = notice.code
    parts = [code[i : i + 4] for i in range(0, 16, 4)]
    typed = {"dashes": "-".join(parts).lower(), "blanks": " ".join(parts)}.get(spelling, spelling.format(code))
    assert "Yes, this notice is genuine" in client.post("/verify/", {"code": typed}).content.decode()


def test_the_address_in_a_mail_answers_too(client, notice):
    assert "Yes, this notice is genuine" in client.get(f"/verify/?code={notice.code}").content.decode()


def test_i_35_a_wrong_code_is_not_genuine_in_plain_words(client, notice):
    wrong = ("B" if notice.code[0] == "A" else "A") + notice.code[1:]
    for code in (wrong, "ABC", "é" * 16, "1" * 16, "' OR 1=1 --", "x\u0000y", "<script>alert(1)</script>"):
        response = client.post("/verify/", {"code": code})
        page = response.content.decode()
        assert "<script>alert" not in page
        if "\u0000" in code:
            assert response.status_code == 422
        else:
            assert "No, this notice is not genuine" in page


def test_i_35_a_code_has_80_bits(notice):
    codes = {Notice.objects.create(key=f"k{n}", kind="x", language="en").code for n in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 16 for code in codes)
    assert set("".join(codes)) <= set("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    assert len(set("".join(codes))) == 32


def test_i_35_a_real_code_is_found_whatever_letters_it_has(client, db):
    notice = Notice.objects.create(key="k", kind="sign_in", language="en", code="ABCDEFGH23456789")
    assert "Yes, this notice is genuine" in client.post("/verify/", {"code": notice.code}).content.decode()


def test_i_35_ten_thousand_guesses_are_cut_off(client, notice):
    answers = [client.post("/verify/", {"code": f"GUESS{n:05}"}).status_code for n in range(40)]
    assert answers[:20] == [200] * 20
    assert set(answers[20:]) == {429}
    refused = client.get(f"/verify/?code={notice.code}")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Please wait" in refused.content.decode()
