"""Signatures of a mail (DKIM and ARC), checked on its original bytes with keys that were looked up before.

A signature is checked as of the moment it was made: that it was to expire later says nothing about what was sent.
"""

from datetime import datetime
from types import SimpleNamespace

import dkim

# What dkimpy says of a key that cannot be used, whatever was signed with it.
NO_KEY = (dkim.KeyFormatError, dkim.NaClNotFoundError, dkim.UnknownKeyTypeError)
SHORTEST_KEY = 1024


def verify(path, details):
    """Yields {"number", "kind", "verdict", "because"?} for each of the `signatures` of a mail.

    `details` are {"signatures": as they were read, "keys": {"selector._domainkey.domain.": [record, …]}, "at": when
    the mail says it was written, for signatures that do not say it of themselves}.
    """
    with open(path, "rb") as file:
        message = file.read()
    for signature in details["signatures"]:
        name = f"{signature['selector']}._domainkey.{signature['domain']}."
        tried = [verdict(message, signature, name, record, details) for record in details["keys"].get(name, [])]
        best = next((each for each in tried if each["verdict"] == "valid"), tried[0] if tried else None)
        if best is None:
            best = {"verdict": "cannot_verify", "because": "no_key"}
        if best["verdict"] == "valid" and signature["partly"]:
            best = {**best, "verdict": "partly_signed"}
        yield {"kind": signature["kind"], "number": signature["number"], **best}


def verdict(message, signature, name, record, details):
    """{"verdict", "because"?, "key": the record it was checked with}"""
    if is_revoked(record):
        return {"verdict": "cannot_verify", "because": "revoked"}
    records = {key: found[0] for key, found in details["keys"].items() if found} | {name: record}
    try:
        dkim.evaluate_pk(name.encode(), record.encode())
    except Exception:  # anybody may publish anything
        return {"verdict": "cannot_verify", "because": "bad_key"}
    at = signature["signed_at"] or details["at"]
    try:
        holds = check(message, signature, lambda asked, timeout=5: records.get(asked.decode("latin-1").lower()), at)
    except NO_KEY:
        return {"verdict": "cannot_verify", "because": "bad_key"}
    except dkim.ValidationError as error:
        because = "changed" if "body hash" in str(error) else "bad_signature"
        return {"verdict": "invalid", "because": because}
    except Exception:  # anybody may write anything into a signature
        return {"verdict": "cannot_verify", "because": "not_understood"}
    return {"verdict": "valid", "key": record} if holds else {"verdict": "invalid", "because": "bad_signature"}


def check(message, signature, find, at):
    """Whether it holds. Raises what dkimpy raises."""
    if at:
        dkim.time = SimpleNamespace(time=datetime.fromisoformat(at).timestamp)
    if signature["kind"] == "dkim":
        return dkim.DKIM(message, minkey=SHORTEST_KEY).verify(idx=signature["number"], dnsfunc=find)
    chain = dkim.ARC(message, minkey=SHORTEST_KEY)
    _maximum, ordered = chain.sorted_arc_headers()
    found = chain.verify_instance(ordered, int(signature["instance"]), dnsfunc=find)
    return found["ams-valid"] if signature["kind"] == "arc" else found["as-valid"]


def is_revoked(record):
    """A key whose owner took it back says so by an empty value."""
    tags = dict(part.strip().partition("=")[::2] for part in record.split(";"))
    return tags.get("p", "missing").strip() == ""
