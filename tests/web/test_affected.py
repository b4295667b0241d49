"""Was my mailbox affected? With htmx and without, alike for every account, ten times a minute."""

import pytest

HTMX = {"HX-Request": "true"}
PATH = "/incidents/libero-2023/affected/"


def test_an_affected_account_reads_what_it_may_get_and_where_to_claim(client, incident):
    page = client.post(PATH, {"login": " Anna@Libero.example "}).content.decode()
    assert "Yes, this mailbox was affected" in page
    assert "Refund: you get it" in page
    assert "/incidents/libero-2023/claim/" in page
    assert "<html" in page


def test_htmx_gets_the_answer_alone(client, incident):
    page = client.post(PATH, {"login": "anna@libero.example"}, headers=HTMX).content.decode()
    assert "Yes, this mailbox was affected" in page
    assert "<html" not in page


def test_a_free_mailbox_gets_no_refund(client, incident):
    page = client.post(PATH, {"login": "bruno@virgilio.example"}, headers=HTMX).content.decode()
    assert "Indemnity" in page
    assert "Refund" not in page


def test_an_account_that_is_not_on_the_list_may_still_explain(client, incident):
    page = client.post(PATH, {"login": "nobody@libero.example"}, headers=HTMX).content.decode()
    assert "not on our list" in page
    assert "/incidents/libero-2023/claim/" in page


@pytest.mark.parametrize("login", ["", "no address", "x" * 300, "a\u0000b@c.it", "<b> @c"])
def test_what_is_no_address_is_said_at_the_field(client, incident, login):
    whole = client.post(PATH, {"login": login})
    assert whole.status_code == 422
    assert 'aria-invalid="true"' in whole.content.decode()
    fragment = client.post(PATH, {"login": login}, headers=HTMX)
    assert fragment.status_code == 422
    assert "callout bad" in fragment.content.decode()
    assert "<b>" not in fragment.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_i_21_after_ten_a_minute_it_is_429_with_the_time_to_wait(client, incident, headers, time_machine):
    time_machine.move_to("2026-03-01 10:00:00+00:00", tick=False)
    logins = ["anna@libero.example", "nobody@libero.example"] * 6
    answers = [client.post(PATH, {"login": login}, headers=headers) for login in logins]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "60"
    assert "Please wait one minute" in answers[-1].content.decode()
    assert ("<html" in answers[-1].content.decode()) is (headers == {})
    time_machine.move_to("2026-03-01 10:01:01+00:00", tick=False)
    assert client.post(PATH, {"login": logins[0]}, headers=headers).status_code == 200


def test_i_21_a_forged_forwarding_header_does_not_dodge_the_limit(client, incident):
    codes = [
        client.post(PATH, {"login": "a@b.it"}, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(12)
    ]
    assert codes[-2:] == [429, 429]
