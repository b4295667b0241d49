"""What the data found for a check, as sentences in the language that is active."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from claims.reports.fit_words import sentence
from claims.rules.terms import HEADS

SIGNALS = {
    "disposable_mail": _("The claimant uses an e-mail address made to be thrown away."),
    "near_limit": _("%(claimed)s are claimed, just under the limit of %(limit)s above which a second person signs."),
    "near_document": _("Other claimants handed in nearly the same document."),
    "near_story": _("Other claimants tell nearly the same."),
    "edited_after": _("A document was made or changed afterwards."),
    "other_account": _("A mail is of another account."),
    "iban_changed": _("The IBAN was changed within the last 48 hours."),
}
NOTHING_SEEN = _("The data show no sign.")


def said(code, evidence):
    """Sentences that say what the data found, in the language that is active; [] where they say nothing.

    References and documents are not among them: pages show those as links.
    """
    return [str(each) for each in SAYS[code](evidence)] if evidence and code in SAYS else []


def euro(amount):
    return f"{number_format(Decimal(amount), decimal_pos=2, use_l10n=True, force_grouping=True)}\u00a0€"


def say_standing(found):
    if not found["on_roster"]:
        return [_("The account is not on the roster.")]
    contact = {
        "same": _("The roster has the contact of the claimant."),
        "other": _("The roster has another contact than the claimant's."),
        "unknown": _("The roster has no contact to compare."),
    }
    return [_("The account is on the roster."), contact[found["contact"]]]


def say_outage(found):
    numbers = {"minutes": number_format(found["minutes"], use_l10n=True, force_grouping=True), "days": found["days"]}
    lines = [gettext("The account was out for %(minutes)s minutes, on %(days)d outage days.") % numbers]
    for each in found["outside"]:
        minutes = number_format(each["minutes"], use_l10n=True, force_grouping=True)
        text = {
            "before": gettext("%(head)s: %(minutes)s minutes before the outage."),
            "after": gettext("%(head)s: %(minutes)s minutes after the outage."),
        }[each["side"]]
        lines.append(text % {"head": HEADS[each["head"]], "minutes": minutes})
    return lines + say_mails(found) + [sentence(flag) for flag in found.get("unfit", ())]


def say_mails(found):
    """What the roster says of the mails to the account, where it says anything."""
    mails, lines = found.get("mails", {}), []
    if "bounced" in mails:
        text = ngettext(
            "The roster says that %(count)d message to this account bounced.",
            "The roster says that %(count)d messages to this account bounced.",
            mails["bounced"],
        )
        lines.append(text % {"count": mails["bounced"]})
    if "deferred" in mails:
        text = ngettext(
            "The roster says that %(count)d message to this account came late.",
            "The roster says that %(count)d messages to this account came late.",
            mails["deferred"],
        )
        lines.append(text % {"count": mails["deferred"]})
    return lines


def say_documents(found):
    if not found["wanted"]:
        return [_("No loss of this claim wants a document.")]
    lines = [
        ngettext("%(count)d document can be read.", "%(count)d documents can be read.", found["clean"])
        % {"count": found["clean"]}
    ]
    if found["pending"]:
        text = ngettext("%(count)d is still being checked.", "%(count)d are still being checked.", found["pending"])
        lines.append(text % {"count": found["pending"]})
    if found["unproven"]:
        heads = ", ".join(str(HEADS[head]) for head in found["unproven"])
        lines.append(gettext("Without a document: %(heads)s.") % {"heads": heads})
    return lines


def say_amount(found):
    lines = [
        gettext("The losses make %(sum)s, claimed are %(claimed)s.")
        % {"sum": euro(found["sum"]), "claimed": euro(found["claimed"])}
    ]
    if found["tariff"] is not None:
        lines.append(gettext("The tariff gives %(tariff)s.") % {"tariff": euro(found["tariff"])})
    return lines


def say_duplicates(found):
    lines = []
    if found["claims"]:
        lines.append(_("The same kind of loss is claimed elsewhere by this person or for this account."))
    if found["files"]:
        lines.append(_("Other claimants handed in the same file."))
    if found["iban_people"]:
        lines.append(gettext("%(people)d claimants have this IBAN.") % {"people": found["iban_people"]})
    return lines or [_("Nobody else claims the same, with the same file or the same IBAN.")]


def say_waiver(found):
    if found["claims"]:
        return [_("A decision on the same remedy was accepted before.")]
    return [_("No decision on this remedy was accepted before.")]


def say_terms(found):
    lines = [_("Filed after the last day.") if found["late"] else _("Filed in time.")]
    for each in found["caps"]:
        amounts = {"claimed": euro(each["claimed"]), "cap": euro(each["cap"])}
        if each["head"]:
            text = gettext("%(head)s: %(claimed)s claimed, the terms give at most %(cap)s.")
            lines.append(text % {"head": HEADS[each["head"]], **amounts})
        else:
            lines.append(gettext("%(claimed)s claimed in all, the terms give at most %(cap)s.") % amounts)
    return lines


def say_fraud(found):
    amounts = {name: euro(found[name]) for name in ("claimed", "limit") if name in found}
    explained = {flag["code"] for flag in found.get("unfit", ())}
    lines = [str(SIGNALS[signal]) % amounts for signal in found["signals"] if signal not in explained]
    return lines + [sentence(flag) for flag in found.get("unfit", ())] or [NOTHING_SEEN]


SAYS = {
    "standing": say_standing,
    "outage": say_outage,
    "documents": say_documents,
    "causation": say_mails,
    "amount": say_amount,
    "duplicates": say_duplicates,
    "waiver": say_waiver,
    "terms": say_terms,
    "fraud": say_fraud,
}
