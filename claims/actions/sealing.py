"""Bank details of accounts of a roster: sealed under a key of their own, whoever has an account here or not."""

import json

from accounts import keys
from claims.models.account_details import WHERE


def sealed_details(iban, holder):
    """The columns of an AccountDetails that hold a clean IBAN and who holds that account."""
    key, sealed = keys.seal_alone(json.dumps({"iban": iban, "holder": holder}), where=WHERE)
    return {
        "key": key,
        "bank_details": sealed,
        "iban_index": keys.blind_index(iban, where="iban"),
        "iban_hint": f"{iban[:2]}** {iban[-4:]}",
    }


def opened_details(pk, sealed, key):
    """{"iban", "holder"} as they were sealed. Raises keys.Unreadable once the key was destroyed."""
    return json.loads(keys.unseal(pk, sealed, where=WHERE, keys={pk: key} if key else {}))
