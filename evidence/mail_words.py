"""What the technical parts of a mail mean: delivery failures, signatures, and what does not fit together."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Enhanced status codes (RFC 3463), the last two numbers; the first says whether it is for good.
MEANINGS = {
    "1.1": gettext_lazy("There is no mailbox with this address."),
    "1.2": gettext_lazy("The domain of the address does not exist."),
    "1.3": gettext_lazy("The address is not written correctly."),
    "1.6": gettext_lazy("The mailbox has moved, and nobody knows where to."),
    "1.8": gettext_lazy("The sender's domain does not exist or could not be found."),
    "1.10": gettext_lazy("The domain says that it receives no mail."),
    "2.1": gettext_lazy("The mailbox exists but is switched off."),
    "2.2": gettext_lazy("The mailbox is full."),
    "2.3": gettext_lazy("The mail was too large for the mailbox."),
    "3.1": gettext_lazy("The recipient's mail system is full."),
    "3.2": gettext_lazy("The recipient's mail system took no mail at that time."),
    "3.4": gettext_lazy("The mail was too large for the recipient's system."),
    "3.5": gettext_lazy("The recipient's mail system is set up wrongly."),
    "4.1": gettext_lazy("The recipient's server did not answer."),
    "4.2": gettext_lazy("The connection to the recipient's server broke."),
    "4.3": gettext_lazy("A name server that is needed for delivery did not answer."),
    "4.4": gettext_lazy("No way to the recipient's server was found."),
    "4.5": gettext_lazy("The recipient's mail system was overloaded."),
    "4.6": gettext_lazy("The mail was going round in circles between servers."),
    "4.7": gettext_lazy("The mail could not be delivered in time and was given up."),
    "5.1": gettext_lazy("The servers did not understand each other."),
    "7.1": gettext_lazy("The recipient's server refused the mail by its rules."),
    "7.26": gettext_lazy("The recipient's server refused the mail because the sender could not be proven."),
    "7.27": gettext_lazy("The recipient's server refused the mail because the sender's domain takes no answers."),
}
CLASSES = {
    "2": gettext_lazy("The mail was delivered."),
    "4": gettext_lazy("The mail could not be delivered for the time being."),
    "5": gettext_lazy("The mail could not be delivered."),
}
ACTIONS = {
    "failed": gettext_lazy("given up"),
    "delayed": gettext_lazy("delayed, still being tried"),
    "delivered": gettext_lazy("delivered"),
    "relayed": gettext_lazy("passed on"),
    "expanded": gettext_lazy("passed on to several addresses"),
}
WHY_NOT = {
    "no_key": gettext_lazy("the key of that time is not published any more"),
    "not_asked": gettext_lazy("keys are not looked up on this system"),
    "no_answer": gettext_lazy("the name server of the domain did not answer"),
    "revoked": gettext_lazy("the domain has taken this key back"),
    "bad_key": gettext_lazy("the published key cannot be used"),
    "not_understood": gettext_lazy("it is not written as the standard asks"),
    "not_original": gettext_lazy("Outlook does not keep the mail as it was signed"),
    "failed": gettext_lazy("the check did not come to an end"),
}


def meaning(status):
    """A status code such as 5.1.1 in plain words; "" for none."""
    kind, _dot, detail = status.partition(".")
    if kind == "2":
        return CLASSES["2"]
    return MEANINGS.get(detail) or CLASSES.get(kind, "")


def bounce_of(mail):
    """{"recipients": [{…, "meaning", "outcome"}], "original", "standard"}, None if the mail reports nothing."""
    if not mail.bounce:
        return None
    recipients = [
        {**each, "meaning": meaning(each["status"]), "outcome": ACTIONS.get(each["action"], "")}
        for each in mail.bounce["recipients"]
    ]
    original = mail.bounce["original"]
    if original:
        original = {**original, "moment": moment(original["at"])}
    return {**mail.bounce, "recipients": recipients, "original": original}


def moment(text):
    return datetime.fromisoformat(text) if text else None


def hops_of(mail):
    """The way of the mail from its sender on."""
    return [{**hop, "by": hop["by"], "source": hop["from"], "how": hop["with"], "moment": moment(hop["at"])} for hop in
            reversed(mail.received)]  # fmt: skip


def signatures_of(mail):
    """[{"sentence", "verdict", "moment", "key_found"}]; the seals of forwarders come after the sender's own."""
    return [
        {
            "sentence": sentence(each, mail),
            "verdict": each["verdict"] or "waiting",
            "domain": each["domain"],
            "moment": moment(each["signed_at"]),
            "key_found": moment(each.get("key_found", "")),
        }
        for each in sorted(mail.signatures, key=lambda signature: signature["kind"] != "dkim")
        if each["kind"] != "arc-seal"
    ]


def sentence(signature, mail):
    who = {"domain": signature["domain"] or _("an unnamed domain")}
    verdict, because = signature["verdict"], signature.get("because", "")
    if verdict == "valid" and signature["kind"] == "arc":
        return _("Forwarded by %(domain)s, which sealed it: since then it was not changed.") % who
    if verdict == "valid":
        return _("Signed by %(domain)s: since then neither the signed head nor the text was changed.") % who
    if verdict == "partly_signed":
        return _("Signed by %(domain)s, but only the beginning of the text: what follows may have been added.") % who
    if verdict == "invalid":
        return (
            _("The signature of %(domain)s does not fit this copy: somebody, or a program on its way, changed it.")
            % who
        )
    if verdict == "cannot_verify":
        why = {**who, "why": WHY_NOT.get(because, WHY_NOT["failed"])}
        return (
            _("The signature of %(domain)s could not be verified: %(why)s. That says nothing against the mail.") % why
        )
    return _("Signed in the name of %(domain)s; the signature is still being checked.") % who


DOUBTS = {
    "two_from": gettext_lazy("It names more than one sender."),
    "no_from": gettext_lazy("It names no sender."),
    "no_date": gettext_lazy("It has no date."),
    "date_unreadable": gettext_lazy("Its date cannot be read."),
    "no_way": gettext_lazy("It shows no trace of its way: it may be a copy of the sender's, or never have been sent."),
    "no_message_id": gettext_lazy("It has no Message-ID."),
    "hop_unreadable": gettext_lazy("The time of one of the servers on its way cannot be read."),
    "in_the_future": gettext_lazy("Its date lies in the future."),
    "signed_another_day": gettext_lazy("It was signed on another day than it is dated."),
}
DOUBTS_WITH = {
    "goes_back": gettext_lazy("On its way the time goes back by %(minutes)s minutes, at server %(hop)s from the end."),
    "written_after_sent": gettext_lazy("It is dated %(minutes)s minutes after the first server had it."),
    "sent_long_after": gettext_lazy("The first server had it %(minutes)s minutes after its date."),
    "other_signer": gettext_lazy("It was signed by %(signers)s, not by the sender's domain %(senders)s."),
}


def doubts_of(mail):
    """What does not fit together, in words. Each of them may have an innocent reason."""
    said = []
    for doubt in mail.inconsistencies:
        code = doubt.get("code")
        if code in DOUBTS:
            said.append(DOUBTS[code])
        elif code in DOUBTS_WITH:
            values = {key: ", ".join(value) if isinstance(value, list) else value for key, value in doubt.items()}
            said.append(DOUBTS_WITH[code] % values)
    return said
