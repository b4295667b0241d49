"""The words of letters: a manager writes the next version, which holds for the decisions from then on."""

from datetime import UTC, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from claims.actions import journal
from claims.actions.letter_content import day, euro, words
from claims.models import Decision, LetterText
from claims.reports import wording
from claims.rules import permissions
from claims.rules.errors import Collected, Refused
from claims.rules.letters import KINDS, LANGUAGES, LONGEST, check_placeholders, filled_in, spaced
from claims.rules.terms import HEADS
from claims.rules.text import clean_text

SAMPLE_CODE = "ABCDEFGHJKLMNPQR"
SAMPLE_DAY = datetime(2023, 5, 4, 9, 30, tzinfo=UTC)
# What a sample grants of 120.00, by kind.
GRANTED = {"approved": Decimal("120.00"), "partly_approved": Decimal("80.00"), "rejected": Decimal("0.00")}


@transaction.atomic
def write_text(kind, language, *, by, opening, closing, version):
    """Writes the version after `version`, which must be the newest; returns the LetterText.

    Letters that exist keep their words. Raises Refused 403, 404 `not_found`, 409 `stale`, 422 with everything that is
    wrong (`unknown_placeholder`, `required`, `too_long`, `invalid_characters`).
    """
    permissions.require(permissions.may_word_letters(by))
    check_known(kind, language)
    opening, closing = cleaned(opening=opening, closing=closing)
    entry = journal.record(f"letter text:{kind}:{language}", "write", by=by, facts={"version": version + 1})
    newest = LetterText.objects.newest(kind, language)  # the chain's lock keeps others out until the end
    if newest is None or newest.version != version:
        raise Refused("stale", _("Somebody wrote a newer version in the meantime. Look at it first."), status=409)
    return LetterText.objects.create(
        kind=kind,
        language=language,
        version=version + 1,
        opening=opening,
        closing=closing,
        written_by=by,
        written_at=entry.at,
    )


def check_known(kind, language):
    if kind not in KINDS or language not in LANGUAGES:
        raise Refused("not_found", _("There is no such letter."), status=404)


def cleaned(**texts):
    """The texts as they are stored, in the order given. Raises one Refused for all that is wrong."""
    problems, kept = Collected(), []
    for field, text in texts.items():
        try:
            kept.append(clean_text(text, field=field, limit=LONGEST))
            check_placeholders(kept[-1], field=field)
        except Refused as refused:
            problems.add(refused)
    problems.raise_if_any()
    return kept


def sample(kind, language, *, by, opening, closing):
    """The content of a made-up letter with these words, to be looked at. Raises Refused as write_text()."""
    permissions.require(permissions.may_word_letters(by))
    check_known(kind, language)
    opening, closing = cleaned(opening=opening, closing=closing)
    granted = GRANTED[kind]
    reason = {"approved": "accepted_in_full", "partly_approved": "own_contribution", "rejected": "loss_not_proven"}
    with translation.override(language):
        values = {
            "name": "Anna Bianchi",
            "reference": "4F7GH-9HQ2X",
            "incident": _("A mail outage"),
            "login": "anna@example.org",
            "submitted": day(datetime(2023, 3, 20, 9, tzinfo=UTC)),
            "claimed": euro(Decimal("120.00")),
            "net": euro(granted),
        }
        head = str(HEADS["extra_expense"])
        return {
            "language": language,
            "code": spaced(SAMPLE_CODE),
            "verify": "https://example.org/verify/",
            "verify_shown": "example.org/verify/",
            "made": [2023, 5, 4, 9, 30, 0],
            "date": day(SAMPLE_DAY),
            "sender": "Ristoro",
            "title": _("The decision on your claim %(reference)s") % values,
            "subject": values["incident"],
            "incident": values["incident"],
            "reference": values["reference"],
            "person": values["name"],
            "login": values["login"],
            "outcome": str(Decision.Outcome(kind).label),
            "net": values["net"],
            "granted": granted > 0,
            "benefits": [],
            "opening": filled_in(opening, values),
            "closing": filled_in(closing, values),
            "items": [
                {
                    "head": head,
                    "description": _("A new mailbox elsewhere"),
                    "claimed": values["claimed"],
                    "awarded": values["net"],
                    "reduced": values["net"],
                    "share": "",
                    "reasons": [wording.newest()[reason[kind]].for_claimant],
                }
            ],
            "sums": [{"label": head, "note": "", "amount": values["net"]}],
            "note": "",
            "appeal": _("Here stands until when and how one may appeal, as the terms of the outage say."),
            "words": words(),
        }
