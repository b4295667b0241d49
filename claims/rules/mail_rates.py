"""How many mails a second the servers of a domain are given, and how long they are left alone after too many."""

import re
from datetime import timedelta
from functools import lru_cache

RATE = re.compile(r"(?P<domain>\*|[a-z0-9.-]+\.[a-z0-9-]+)=(?P<number>\d+(?:\.\d+)?)/(?P<per>[smh])", re.ASCII)
SECONDS = {"s": 1, "m": 60, "h": 3600}
OTHERS = "*"
# Seconds a domain is left alone after its first refusal in a row, its second, …
LEFT_ALONE = (60, 120, 300, 600, 1800, 3600)
TOO_MANY = re.compile(r"\b(?:too (?:many|fast|much)|rate|throttl\w*|slow down)\b|4\.7\.\d", re.IGNORECASE)
SERVER_AWAY = 421


@lru_cache(8)
def read_rates(text):
    """{domain: mails a second} of "gmail.com=20/s,*=100/s"; `*` is each other domain. Raises ValueError."""
    rates = {}
    for entry in filter(None, (each.strip().lower() for each in text.split(","))):
        if not (found := RATE.fullmatch(entry)):
            raise ValueError(f"{entry!r} is no rate such as gmail.com=20/s")
        rate = float(found["number"]) / SECONDS[found["per"]]
        if rate <= 0 or found["domain"] in rates:
            raise ValueError(f"{entry!r} is zero, or the domain was named before")
        rates[found["domain"]] = rate
    return rates


def rate_of(domain, rates):
    """Mails a second, or None: as many as we can."""
    return rates.get(domain, rates.get(OTHERS))


def most_at_once(rate):
    """What may have been saved up: the mails of a second, and at least one."""
    return max(1.0, rate)


def tokens_after(tokens, seconds, rate):
    """How many mails may go, `seconds` after there were `tokens`."""
    return min(most_at_once(rate), tokens + max(0.0, seconds) * rate)


def wants_less(code, text):
    """Whether a reply means: not so many, or not now, whoever they are for."""
    return code == SERVER_AWAY or (400 <= code < 500 and bool(TOO_MANY.search(text)))


def left_alone(refusals):
    """For how long, after so many refusals in a row."""
    return timedelta(seconds=LEFT_ALONE[min(refusals, len(LEFT_ALONE)) - 1])
