"""Public keys that domains publish for their mails, as TXT records in the DNS."""

import dns.exception
import dns.resolver
from django.conf import settings

TIMEOUT = 3  # seconds


class KeysUnavailable(Exception):
    """The DNS did not answer: that says nothing about whether there is a key."""


class KeysNotAsked(KeysUnavailable):
    """We are not to ask here, and it is no use to try again."""


def published_keys(name):
    """The records called `name`, [] if there are none. Raises KeysUnavailable."""
    if not settings.DKIM_DNS:
        raise KeysNotAsked
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=TIMEOUT, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.LabelTooLong, dns.name.EmptyLabel):
        return []
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise KeysUnavailable(str(error)) from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer][:5]
