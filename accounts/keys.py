"""A data key per person: seal text, find it again by a blind index, destroy it.

Sealed text is AES-256-GCM under the person's own key; that key is wrapped by the first of
FIELD_KEYS. The blind index is an HMAC under a key derived from the last of FIELD_KEYS, so that
equal IBANs can be found without being readable.
"""

import base64
import hmac
import os
from functools import cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from accounts.models import PersonKey

NONCE = 12


class Unreadable(Exception):
    """The key of this text was destroyed, or is not among FIELD_KEYS."""


@cache
def field_keys():
    """FIELD_KEYS as {id: 32 bytes}, in order. Raises ImproperlyConfigured for a malformed key."""
    keys = {}
    for entry in settings.FIELD_KEYS:
        name, _, encoded = entry.strip().partition(":")
        try:
            keys[name] = base64.b64decode(encoded, validate=True)
        except ValueError:
            keys[name] = b""
        if len(keys[name]) != 32:
            raise ImproperlyConfigured(f"FIELD_KEYS: key {name!r} is not 32 bytes in base64.")
    return keys


def new_key():
    """A fresh data key, wrapped: what PersonKey.wrapped holds."""
    name, key = next(iter(field_keys().items()))
    nonce = os.urandom(NONCE)
    return name.encode() + b":" + nonce + AESGCM(key).encrypt(nonce, AESGCM.generate_key(256), b"personkey")


def unwrap(wrapped):
    name, _, rest = bytes(wrapped).partition(b":")
    key = field_keys().get(name.decode())
    if key is None:
        raise Unreadable(f"FIELD_KEYS has no key {name.decode()!r}")
    return AESGCM(key).decrypt(rest[:NONCE], rest[NONCE:], b"personkey")


def data_key(person_id):
    """The person's key, made at its first use."""
    row = PersonKey.objects.filter(person_id=person_id).first()
    if row is None:
        PersonKey.objects.bulk_create([PersonKey(person_id=person_id, wrapped=new_key())], ignore_conflicts=True)
        row = PersonKey.objects.get(person_id=person_id)
    return unwrap(row.wrapped)


def keys_of(person_ids):
    """{person: wrapped key} of those who have one, in one query: for unseal() of many texts."""
    return dict(PersonKey.objects.filter(person_id__in=person_ids).values_list("person_id", "wrapped"))


def seal(person_id, text, *, where):
    """`text` as bytes that only this person's key opens; `where` (table.column) is bound to it."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(data_key(person_id)).encrypt(nonce, text.encode(), where.encode())


def seal_alone(text, *, where):
    """(a fresh data key, wrapped; `text` under it): for what belongs to nobody who has a key here.

    unseal() takes the two back together, with `keys={id: wrapped}` for whatever `id` their owner is known by.
    """
    name, master = next(iter(field_keys().items()))
    key, nonces = AESGCM.generate_key(256), os.urandom(2 * NONCE)
    first, second = nonces[:NONCE], nonces[NONCE:]
    wrapped = name.encode() + b":" + first + AESGCM(master).encrypt(first, key, b"personkey")
    return wrapped, second + AESGCM(key).encrypt(second, text.encode(), where.encode())


def unseal(person_id, sealed, *, where, keys=None):
    """The text of seal(). Raises Unreadable once the person was erased. `keys`: those of keys_of(), if at hand."""
    if keys is None:
        keys = keys_of({person_id})
    if person_id not in keys:
        raise Unreadable("the data key was destroyed")
    sealed = bytes(sealed)
    try:
        return AESGCM(unwrap(keys[person_id])).decrypt(sealed[:NONCE], sealed[NONCE:], where.encode()).decode()
    except InvalidTag as error:
        raise Unreadable("the text was sealed by another key") from error


def seal_for_all(text, *, where):
    """`text` as bytes that FIELD_KEYS open, for what belongs to nobody yet; erasing a person leaves it readable."""
    name, nonce = next(iter(field_keys())), os.urandom(NONCE)
    return name.encode() + b":" + nonce + AESGCM(key_for_all(name, where)).encrypt(nonce, text.encode(), where.encode())


def unseal_for_all(sealed, *, where):
    """The text of seal_for_all(). Raises Unreadable if its key is not among FIELD_KEYS any more."""
    name, _, rest = bytes(sealed).partition(b":")
    try:
        key = key_for_all(name.decode(), where)
        return AESGCM(key).decrypt(rest[:NONCE], rest[NONCE:], where.encode()).decode()
    except (KeyError, UnicodeDecodeError, InvalidTag) as error:
        raise Unreadable("the text was sealed by another key") from error


def key_for_all(name, where):
    return hmac.new(field_keys()[name], b"sealed for all " + where.encode(), sha256).digest()


def blind_index(value, *, where):
    """A fixed 64-character digest of `value` for equality look-ups; says nothing without the key."""
    return indexing(where=where)(value)


def indexing(*, where):
    """The function value -> blind index, for many values."""
    base = list(field_keys().values())[-1]
    key = hmac.new(base, b"blind index " + where.encode(), sha256).digest()
    return lambda value: hmac.digest(key, value.encode(), sha256).hex()
