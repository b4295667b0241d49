"""What is given in kind: the states of an entitlement, of a line in a file and of the file, and every move between.

The database enforces the same pairs by triggers made from these tables (claims/models/entitlement.py).
"""

import re
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

ENTITLEMENT_MOVES = frozenset(
    {
        ("waiting", "listed"),
        ("listed", "waiting"),  # its file was cancelled before anybody took it out
        ("listed", "given"),
        ("listed", "refused"),
        ("refused", "waiting"),  # a manager tries again
        ("waiting", "cancelled"),  # the decision it is from was superseded
        ("refused", "cancelled"),
    }
)
LINE_MOVES = frozenset({("listed", "given"), ("listed", "refused"), ("listed", "withdrawn")})
FILE_MOVES = frozenset(
    {
        ("open", "approved"),
        ("approved", "handed_over"),
        ("handed_over", "closed"),
        ("open", "cancelled"),
        ("approved", "cancelled"),
    }
)
# Why a line of a confirmation did nothing.
NOTES = {
    "unknown": _("Not in this file"),
    "known": _("Confirmed before"),
    "otherwise": _("Answered otherwise before"),
}
LEAST_TO_USE = timedelta(days=30)  # nobody gets a voucher that runs out sooner
COLUMNS = ("fulfilment_id", "login", "kind", "quantity", "voucher", "voucher_sha256")
LINE = re.compile(r"G[1-9][0-9]{0,17}-[1-9][0-9]{0,8}")
RESULTS = {"given": "given", "refused": "refused"}
REASON = 200
