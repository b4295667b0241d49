"""When people may write to each other about a claim, and whom a note names."""

import re

from claims.rules.statuses import DECIDED, UNDECIDED, Status

# From the moment it is submitted until it is closed, after the decision too.
TALKING = frozenset({*UNDECIDED, *DECIDED, Status.PAYMENT_DUE, Status.PAID, Status.PAYMENT_RETURNED})
# Documents are evidence: they come in while they can still count.
TAKING_DOCUMENTS = frozenset(UNDECIDED)
MOST_DOCUMENTS = 8  # with one message
MOST_MENTIONED = 50
# “@rita” at the beginning of a word; a whole address (rita@example.org) names nobody.
MENTION = re.compile(r"(?<![\w.@+-])@(\w(?:[\w.+'-]*\w)?)")


def mentioned(text):
    """The names that a note calls with an @, in small letters, each once, in their order."""
    names = dict.fromkeys(name.lower() for name in MENTION.findall(text))
    return list(names)[:MOST_MENTIONED]
