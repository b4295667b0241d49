"""The journal's codes in words: what was done in which kind of chain, and what its states are called."""

from django.utils.translation import gettext_lazy as _

from claims.admin.people import ROLES
from claims.admin.words import STATUSES
from claims.models import Batch, Bundle, Entitlement, Export, FulfilmentFile, Incident, MassRun, Notice
from claims.reports.history import ACTIONS

# {kind of chain: {action: what it says}}; the name of a chain begins with its kind, as in "incident:3".
DONE = {
    "claim": ACTIONS,
    "incident": {
        "declare": _("Incident declared"),
        "set terms": _("Terms written"),
        "draft terms": _("Later terms drafted"),
        "propose terms": _("Later terms proposed"),
        "approve terms": _("Later terms approved"),
        "reject terms": _("Later terms rejected"),
        "withdraw terms": _("Draft of terms withdrawn"),
        "load roster": _("Roster loaded"),
        "propose correction": _("Correction of the roster proposed"),
        "apply correction": _("Correction of the roster applied"),
        "cancel correction": _("Correction of the roster cancelled"),
        "open": _("Incident opened for claims"),
        "close": _("Incident closed for claims"),
        "restore": _("Service declared restored"),
    },
    "batch": {
        "open": _("Batch of payments opened"),
        "approve": _("Batch of payments approved"),
        "exclude": _("Payments into one account taken out of a batch"),
        "write": _("File for the bank written"),
        "take out": _("File for the bank taken out"),
        "hand over": _("File given to the bank"),
        "answer": _("Answer of the bank read"),
        "ask to cancel": _("Cancellation of a batch asked for"),
        "keep": _("Cancellation of a batch dropped"),
        "cancel": _("Batch of payments cancelled"),
    },
    "statement": {"read": _("File of the bank read")},
    "account": {"clear": _("Account of several claimants allowed")},
    "fulfilmentfile": {
        "open": _("File of awards in kind opened"),
        "approve": _("File of awards in kind approved"),
        "take out": _("File of awards in kind taken out"),
        "hand over": _("File of awards in kind handed over"),
        "confirm": _("Confirmation of awards in kind read"),
        "cancel": _("File of awards in kind cancelled"),
    },
    "entitlement": {"try again": _("Award in kind put into the next file")},
    "vouchers": {"import": _("Voucher codes imported"), "generate": _("Voucher codes generated")},
    "customer": {"bank details": _("Bank details of an account given")},
    "massrun": {
        "propose": _("Mass run proposed"),
        "count": _("Roster counted"),
        "nothing to grant": _("Roster counted: nobody would get anything"),
        "approve": _("Mass run approved"),
        "pause": _("Mass run paused"),
        "resume": _("Mass run resumed"),
        "grant": _("Granted to a part of the roster"),
        "finish": _("Mass run finished"),
        "cancel": _("Mass run cancelled"),
        "remind": _("Reminder to those without bank details"),
    },
    "export": {
        "request": _("Export requested"),
        "cancel": _("Export cancelled"),
        "build": _("Export built"),
        "download": _("Export downloaded"),
        "fail": _("Export failed"),
        "export by command": _("Export made by a command"),
    },
    "bundle": {
        "request": _("Bundle requested"),
        "build": _("Bundle built"),
        "download": _("Bundle downloaded"),
        "fail": _("Bundle failed"),
    },
    "attachment": {
        "pin": _("Remark pinned"),
        "resolve": _("Remark resolved"),
        "mark read": _("Marked as read"),
        "prove": _("Marked as proof of a loss"),
        "not prove": _("No longer marked as proof of a loss"),
        "recompute": _("Hash computed again"),
    },
    "person": {
        "set roles": _("Roles changed"),
        "activate": _("Access given back"),
        "deactivate": _("Access taken away"),
    },
    "notice": {"retry": _("Notice put into the outbox again")},
    "outbox": {"pause": _("Outbox stopped"), "resume": _("Outbox let go on")},
    "letter": {"print": _("Letter printed")},
    "letter text": {"write": _("Words of letters changed")},
    "reason": {"write": _("Reason written"), "retire": _("Reason no longer offered")},
}
STATES = {
    "claim": STATUSES,
    "incident": dict(Incident.State.choices),
    "batch": dict(Batch.State.choices),
    "fulfilmentfile": dict(FulfilmentFile.State.choices),
    "entitlement": dict(Entitlement.State.choices),
    "massrun": dict(MassRun.State.choices),
    "bundle": dict(Bundle.State.choices),
    "export": dict(Export.State.choices),
    "notice": dict(Notice.State.choices),
}


def done(chain, action):
    """What an entry of `chain` says in words."""
    return DONE.get(kind_of(chain), {}).get(action, action)


def state(chain, code):
    return STATES.get(kind_of(chain), {}).get(code, code)


def acting_as(role):
    """As what somebody acted, or that nobody did."""
    return ROLES[role][0] if role in ROLES else _("Automatically") if role == "clock" else role


def kind_of(chain):
    return chain.partition(":")[0]


def done_anywhere(action):
    """What an action means wherever it occurs: some are done to more than one kind of thing."""
    words = [str(each[action]) for each in DONE.values() if action in each]
    return " / ".join(dict.fromkeys(words)) or action
