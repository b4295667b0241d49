"""The incident of the demo: the days of January 2023 when a great mail service stood still."""

import io
from datetime import UTC, datetime

from claims.actions import incidents, roster
from claims.rules.terms import Terms
from config.demo.accounts import accounts

CODE = "libero-2023"
SUMMARY_IT = """\
Dalle 00:00 di lunedì 23 gennaio alle 18:00 di giovedì 26 gennaio 2023 le caselle di posta non erano raggiungibili: \
non si potevano leggere, inviare né ricevere messaggi. La causa è stata un guasto al sistema di archiviazione.

L'indennizzo e il rimborso sono riconosciuti senza bisogno di chiederli. Chi ha subito un danno può chiederne il \
risarcimento: racconti che cosa è successo e alleghi i documenti che lo mostrano."""
SUMMARY_EN = """\
From midnight on Monday 23 January to 6 pm on Thursday 26 January 2023 (Rome) the mailboxes could not be reached: \
messages could not be read, sent or received. The cause was a failure of the storage system.

Indemnity and refund are granted without being asked for. If you suffered a loss you may claim damages: tell what \
happened and attach the documents that show it."""
SERVICES = (
    {"code": "free", "kind": "free", "domains": ["virgilio.example"]},
    {"code": "paid", "kind": "paid", "domains": ["libero.example"]},
    {"code": "business", "kind": "business", "domains": ["affari.example"]},
)


def declare(*, by, affected):
    """The open incident with `affected` accounts on its roster, loaded as any other roster is."""
    incidents.declare(
        CODE,
        by=by,
        title_it="Disservizio della posta elettronica, gennaio 2023",
        title_en="Mail outage, January 2023",
        summary_it=SUMMARY_IT,
        summary_en=SUMMARY_EN,
        started_at=datetime(2023, 1, 22, 23, tzinfo=UTC),
        ended_at=datetime(2023, 1, 26, 17, tzinfo=UTC),
        services=SERVICES,
        terms=Terms(),
    )
    file = io.BytesIO("\n".join(accounts(affected)).encode())
    report = roster.load(CODE, file, by=by)
    return incidents.open(CODE, by=by), report
