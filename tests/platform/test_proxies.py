"""Who asks, behind proxies: only those that are ours are believed."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config.middleware import Proxies


@pytest.fixture
def asked(settings):
    """asked(from, **headers) is the (address, scheme) that views see."""
    settings.TRUSTED_PROXIES = ["10.0.0.0/24", "::1"]
    seen = []

    def view(request):
        seen.append((request.META["REMOTE_ADDR"], request.scheme))
        return HttpResponse()

    def ask(address, **headers):
        Proxies(view)(RequestFactory().get("/", REMOTE_ADDR=address, headers=headers))
        return seen.pop()

    return ask


def test_a_proxy_of_ours_says_who_asks_and_how(asked):
    assert asked("10.0.0.9", x_forwarded_for="192.0.2.1", x_forwarded_proto="https") == ("192.0.2.1", "https")
    assert asked("::1", x_forwarded_for="2001:db8::7") == ("2001:db8::7", "http")


def test_nobody_else_is_believed(asked):
    assert asked("192.0.2.66", x_forwarded_for="1.2.3.4", x_forwarded_proto="https") == ("192.0.2.66", "http")


def test_what_stands_before_the_last_stranger_counts_for_nothing(asked):
    assert asked("10.0.0.9", x_forwarded_for="1.2.3.4, 192.0.2.1, 10.0.0.8") == ("192.0.2.1", "http")


@pytest.mark.parametrize("header", ["", "nonsense", "10.0.0.8", "192.0.2.1, nonsense", "192.0.2.1,"])
def test_without_a_readable_address_it_is_the_proxy(asked, header):
    assert asked("10.0.0.9", x_forwarded_for=header) == ("10.0.0.9", "http")


def test_without_proxies_of_ours_all_headers_are_ignored(asked, settings):
    settings.TRUSTED_PROXIES = []
    assert asked("10.0.0.9", x_forwarded_for="1.2.3.4", x_forwarded_proto="https") == ("10.0.0.9", "http")


def test_a_socket_without_an_address_is_no_proxy(asked):
    assert asked("", x_forwarded_for="1.2.3.4") == ("", "http")
