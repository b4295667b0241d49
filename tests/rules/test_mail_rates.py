"""Rates of mails as they are written in the settings, and what a server's reply means for its whole domain."""

from datetime import timedelta

import pytest

from claims.rules.mail_rates import left_alone, most_at_once, rate_of, read_rates, tokens_after, wants_less
from config.checks import rates_of_mails_can_be_read


def test_rates_are_read_for_each_domain_and_for_all_others():
    rates = read_rates(" gmail.com=20/s, LIBERO.it=90/m,*=1800/h ")
    assert [rate_of(domain, rates) for domain in ("gmail.com", "libero.it", "x.example")] == [20, 1.5, 0.5]
    assert rate_of("x.example", read_rates("")) is None


@pytest.mark.parametrize(
    "text", ["gmail.com", "gmail.com=20", "gmail.com=20/d", "*=0/s", "*=-1/s", "a.b=1/s,a.b=2/s", "a b.c=1/s", "*=x/s"]
)
def test_what_is_no_rate_is_told_by_the_check(settings, text):
    settings.MAIL_RATES = text
    [found] = rates_of_mails_can_be_read(None)
    assert found.id == "ristoro.E053"
    settings.MAIL_RATES = "*=5/s"
    assert list(rates_of_mails_can_be_read(None)) == []


def test_tokens_come_with_time_up_to_those_of_a_second():
    assert tokens_after(0, 0.5, 20) == 10
    assert tokens_after(15, 60, 20) == most_at_once(20) == 20
    assert tokens_after(0, 60, 0.5) == most_at_once(0.5) == 1
    assert tokens_after(3, -5, 20) == 3  # a clock set back


@pytest.mark.parametrize(
    ("code", "text", "less"),
    [
        (421, "", True),
        (450, "4.7.1 Too many messages", True),
        (451, "rate exceeded", True),
        (452, "throttled", True),
        (450, "busy", False),
        (450, "mailbox temporarily separated", False),
        (550, "too many", False),
        (250, "too many", False),
    ],
)
def test_which_replies_mean_less(code, text, less):
    assert wants_less(code, text) is less


def test_a_domain_is_left_alone_longer_each_time():
    pauses = [left_alone(number) for number in range(1, 9)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(minutes=1), timedelta(hours=1))
