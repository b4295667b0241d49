"""Who signed a mail: keys are looked up here and kept, the mathematics is done where hostile bytes are read."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone

from evidence import blobs
from evidence.errors import ScannerUnavailable
from evidence.models import Mail, SigningKey
from evidence.published import KeysNotAsked, KeysUnavailable, published_keys
from evidence.texts import warm
from evidence.texts.cleaning import fit

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
# Ten names of three seconds and 20 s for the reader.
BATCH = 5
MAX_FAILURES = 5
LONGEST_KEY = 2_000
MOST_NAMES = 10
# Apart by more than this, the date of a mail and that of its signature do not speak of the same sending.
A_DAY = timedelta(days=1)


def check_batch(now=None, size=BATCH, reader=warm, lookup=published_keys):
    """How many mails had their signatures checked; 0 means that there is nothing to do at the moment.

    1. lease a batch and commit; 2. ask for the keys and keep them, then verify, outside of any transaction; 3. write
    the verdicts if the lease is still ours. `lookup(name)` is a list of records, or raises KeysUnavailable.
    """
    return sum(check(mail, reader, lookup) for mail in lease(now or timezone.now(), size))


@transaction.atomic
def lease(now, size):
    waiting = Mail.objects.filter(Q(leased_until=None) | Q(leased_until__lt=now), check_state=Mail.Check.WAITING)
    mails = list(waiting.order_by("tries", "content").select_for_update(skip_locked=True)[:size])
    until = now + LEASE
    Mail.objects.filter(pk__in=[mail.pk for mail in mails]).update(leased_until=until, tries=F("tries") + 1)
    for mail in mails:
        mail.leased_until, mail.tries = until, mail.tries + 1
    return mails


def check(mail, reader, lookup):
    """True if the verdicts are known."""
    last = mail.tries >= MAX_FAILURES
    try:
        keys, missing = keys_for(mail, lookup, last)
        asked = {
            "signatures": mail.signatures,
            "keys": {name: list(found) for name, found in keys.items()},
            "at": mail.date.isoformat() if mail.date else "",
        }
        with blobs.local(mail.content_id) as path:
            told = reader.tell("verify", path, asked)
        return keep(mail, fit(list(told.lines)), keys, missing)
    except (KeysUnavailable, ScannerUnavailable, OSError, DatabaseError) as error:
        logger.warning("signatures of %s not checked, try %s: %s", mail.pk, mail.tries, error)
        return keep(mail, [], {}, {}) if last else give_back(mail)


def keys_for(mail, lookup, last):
    """({name: {record: when it was found}}, {name: why there is none}). Those published now come first, then the kept.

    Raises KeysUnavailable while it is worth asking again.
    """
    pairs = {(each["domain"], each["selector"]) for each in mail.signatures if each["domain"] and each["selector"]}
    keys, missing = {}, {}
    for domain, selector in sorted(pairs)[:MOST_NAMES]:
        name = f"{selector}._domainkey.{domain}."
        try:
            published = [record for record in fit(lookup(name)) if len(record) <= LONGEST_KEY]
        except KeysNotAsked:
            published, missing[name] = [], "not_asked"
        except KeysUnavailable:
            published, missing[name] = [], "no_answer"
        for record in published:
            SigningKey.objects.get_or_create(domain=domain, selector=selector, key=record)
        kept = dict(SigningKey.objects.filter(domain=domain, selector=selector).values_list("key", "found_at"))
        keys[name] = {record: kept[record] for record in dict.fromkeys([*published, *kept])}
        if missing.get(name) == "no_answer" and not kept and not last:
            raise KeysUnavailable(name)
    return keys, missing


def keep(mail, verdicts, keys, missing):
    """Writes the verdicts down, with the age of the key each rests on."""
    said = {(each["kind"], each["number"]): each for each in verdicts}
    signatures = []
    for signature in mail.signatures:
        name = f"{signature['selector']}._domainkey.{signature['domain']}."
        found = said.get((signature["kind"], signature["number"]), {"verdict": "cannot_verify", "because": "failed"})
        because = found.get("because", "")
        if because == "no_key" and missing.get(name):
            because = missing[name]
        key_found = keys.get(name, {}).get(found.get("key"))
        signatures.append(
            {
                **signature,
                "verdict": found["verdict"],
                "because": because,
                "key_found": key_found.isoformat() if key_found else "",
            }
        )
    return ours(mail).update(
        signatures=signatures,
        inconsistencies=[*mail.inconsistencies, *doubts(mail, signatures)],
        check_state=Mail.Check.DONE,
        checked_at=timezone.now(),
        leased_until=None,
    )


def doubts(mail, signatures):
    """What does not fit together once it is known who signed."""
    good = [each for each in signatures if each["kind"] == "dkim" and each["verdict"] in ("valid", "partly_signed")]
    if not good:
        return []
    found = []
    written = {each["address"].rpartition("@")[2].lower() for each in mail.sender}
    signers = {each["domain"] for each in good}
    if written and not any(belongs(domain, signer) for domain in written for signer in signers):
        found.append({"code": "other_signer", "signers": sorted(signers), "senders": sorted(written)})
    moments = [datetime.fromisoformat(each["signed_at"]) for each in good if each["signed_at"]]
    if mail.date and moments and min(abs(moment - mail.date) for moment in moments) > A_DAY:
        found.append({"code": "signed_another_day"})
    return found


def belongs(domain, signer):
    """One is the other, or a part of it."""
    return domain == signer or domain.endswith("." + signer) or signer.endswith("." + domain)


def ours(mail):
    return Mail.objects.filter(pk=mail.pk, check_state=Mail.Check.WAITING, leased_until=mail.leased_until)


def give_back(mail):
    """Asked again in a minute, then later and later: a name server that is down comes back in its own time."""
    ours(mail).update(leased_until=timezone.now() + timedelta(minutes=min(60, mail.tries**2)))
    return False
