"""Forty ways to tamper with the journal as a superuser: each is found and named."""

from datetime import timedelta

import pytest
from django.db import connection

from claims.actions import seals
from claims.models import JournalEntry, Seal
from claims.reports.seals import compare
from tests.seals import world

J, S = "claims_journalentry", "claims_seal"
MIDDLE = "chain = 'claim:2' AND sequence = 2"
LAST_BUT_ONE = f"(SELECT min(day) + 4 FROM {S})"


def setting(change):
    return lambda: world.run(f"UPDATE {J} SET {change} WHERE {MIDDLE}")


def sql(*statements):
    return lambda: world.run(*statements)


def hashed_again(*statements, chain="claim:2"):
    def act():
        world.run(*statements)
        world.hash_again(chain)

    return act


def sealed_again():
    world.run(f"DELETE FROM {J} WHERE chain = 'claim:2'", f"DELETE FROM {S}")
    world.seal_all()


# How, and what names it: an entry, or the first seal that no longer fits.
ENTRY, SEAL = "claim:2 #2: its content is not what was written", "seal of "
IN_THE_WALK = {
    "the act": (setting("action = 'refuse'"), ENTRY),
    "the time": (setting("at = at - interval '1 hour'"), ENTRY),
    "the actor's role": (setting("actor_kind = 'reviewer'"), ENTRY),
    "the state before": (setting("old = 'x'"), ENTRY),
    "the state after": (setting("new = 'x'"), ENTRY),
    "the facts": (setting("facts = '{\"n\": 2}'"), ENTRY),
    "the sealed words": (setting("sealed = '\\x01'"), ENTRY),
    "the hash": (setting("hash = repeat('0', 64)"), ENTRY),
    "the link": (setting("previous = repeat('0', 64)"), "claim:2 #2: it is not linked"),
    "the number": (setting("sequence = 9"), "claim:2 #3: number 2 is missing"),
    "the chain's name": (sql(f"UPDATE {J} SET chain = 'claim:9' WHERE chain = 'claim:2'"), "claim:9 #1: its content"),
    "one entry moved to another chain": (setting("chain = 'claim:9'"), "claim:2 #3: number 2 is missing"),
    "the first deleted": (sql(f"DELETE FROM {J} WHERE chain = 'claim:2' AND sequence = 1"), "claim:2 #2: number 1"),
    "a middle one deleted": (sql(f"DELETE FROM {J} WHERE {MIDDLE}"), "claim:2 #3: number 2 is missing"),
    "the last deleted": (sql(f"DELETE FROM {J} WHERE chain = 'claim:2' AND sequence = 4"), SEAL),
    "the last two deleted": (sql(f"DELETE FROM {J} WHERE chain = 'claim:2' AND sequence > 2"), SEAL),
    "every chain's last deleted": (sql(f"DELETE FROM {J} WHERE sequence = 4"), SEAL),
    "two swapped": (
        sql(
            f"UPDATE {J} SET sequence = sequence + 10 WHERE chain = 'claim:2' AND sequence IN (2, 3)",
            f"UPDATE {J} SET sequence = 15 - sequence WHERE chain = 'claim:2' AND sequence > 10",
        ),
        "claim:2 #2: it is not linked",
    ),
    "one inserted": (
        sql(
            f"UPDATE {J} SET sequence = sequence + 10 WHERE chain = 'claim:2' AND sequence > 2",
            f"UPDATE {J} SET sequence = sequence - 9 WHERE chain = 'claim:2' AND sequence > 10",
            f"INSERT INTO {J} (chain, sequence, at, actor_kind, action, old, new, facts, previous, hash)"
            f" SELECT chain, 3, at, actor_kind, 'approve', old, new, facts, hash, repeat('1', 64) FROM {J}"
            f" WHERE {MIDDLE}",
        ),
        "claim:2 #3: its content",
    ),
    "a chain dropped": (sql(f"DELETE FROM {J} WHERE chain = 'claim:2'"), SEAL),
    "the first chain dropped": (sql(f"DELETE FROM {J} WHERE chain = 'claim:1'"), SEAL),
    "the last chain dropped": (sql(f"DELETE FROM {J} WHERE chain = 'person:7'"), SEAL),
    "all chains but one dropped": (sql(f"DELETE FROM {J} WHERE chain <> 'claim:2'"), SEAL),
    "the journal truncated": (sql(f"TRUNCATE {J}"), SEAL),
    "an act changed, the chain hashed again": (
        hashed_again(f"UPDATE {J} SET action = 'refuse' WHERE {MIDDLE}"),
        SEAL,
    ),
    "the last act changed, hashed again": (
        hashed_again(f"UPDATE {J} SET action = 'refuse' WHERE chain = 'claim:2' AND sequence = 4"),
        SEAL,
    ),
    "a middle one deleted, hashed again": (hashed_again(f"DELETE FROM {J} WHERE {MIDDLE}"), SEAL),
    "two swapped, hashed again": (
        hashed_again(
            f"UPDATE {J} SET sequence = sequence + 10 WHERE chain = 'claim:2' AND sequence IN (2, 3)",
            f"UPDATE {J} SET sequence = 15 - sequence WHERE chain = 'claim:2' AND sequence > 10",
        ),
        SEAL,
    ),
    "a chain's clock set back, hashed again": (
        hashed_again(f"UPDATE {J} SET at = at - interval '1 day' WHERE chain = 'claim:2'"),
        SEAL,
    ),
    "a chain renamed, hashed again": (
        hashed_again(f"UPDATE {J} SET chain = 'claim:9' WHERE chain = 'claim:2'", chain="claim:9"),
        SEAL,
    ),
    "the clock set back, an entry appended": (lambda: world.append("claim:2", "pay", world.noon(2)), SEAL),
    "the clock set back, a chain begun": (lambda: world.append("claim:9", "begin", world.noon(5)), SEAL),
    "a seal's root": (sql(f"UPDATE {S} SET root = repeat('0', 64) WHERE day = {LAST_BUT_ONE}"), SEAL),
    "a seal's number of entries": (sql(f"UPDATE {S} SET entries = 1 WHERE day = {LAST_BUT_ONE}"), SEAL),
    "a seal's link": (sql(f"UPDATE {S} SET previous = '' WHERE day = {LAST_BUT_ONE}"), SEAL),
    "a seal's day": (sql(f"UPDATE {S} SET day = day + 100 WHERE day = (SELECT max(day) FROM {S})"), SEAL),
    "a seal deleted": (sql(f"DELETE FROM {S} WHERE day = {LAST_BUT_ONE}"), SEAL),
    "the first seal deleted": (sql(f"DELETE FROM {S} WHERE day = (SELECT min(day) FROM {S})"), SEAL),
}
# What leaves a database that fits together: only the file that was carried away knows better.
IN_THE_FILE = {
    "the journal and its seals truncated": sql(f"TRUNCATE {J}, {S}"),
    "a chain dropped, everything sealed again": sealed_again,
    "the newest seal deleted": sql(f"DELETE FROM {S} WHERE day = (SELECT max(day) FROM {S})"),
}


def against_the_file():
    with connection.cursor() as cursor, seals.file().open() as lines:
        return compare(cursor, lines)


@pytest.fixture
def sealed(db):
    world.write()
    world.seal_all()
    seals.carry_out()
    assert (world.found(), against_the_file()) == ([], None)


def test_there_are_forty():
    assert len(IN_THE_WALK) + len(IN_THE_FILE) >= 40


@pytest.mark.parametrize("what", IN_THE_WALK)
def test_it_is_named_by_the_entry_or_the_seal(sealed, what):
    act, named = IN_THE_WALK[what]
    act()
    assert world.found()[0].startswith(named)


@pytest.mark.parametrize("what", IN_THE_FILE)
def test_the_file_knows_what_the_database_no_longer_shows(sealed, what):
    IN_THE_FILE[what]()
    assert world.found() == []
    assert str(against_the_file()).startswith(SEAL)


def test_the_first_seal_that_no_longer_fits_is_the_one_of_the_day_it_happened(sealed):
    """claim:2 decided two days ago; the seals before that day still fit."""
    entry = JournalEntry.objects.get(chain="claim:2", sequence=4)
    world.run(f"DELETE FROM {J} WHERE id = {entry.pk}")
    assert world.found() == [f"seal of {entry.at.date()}: entries: sealed 19, found 18"]
    assert Seal.objects.filter(day__lt=entry.at.date()).count() == 7


def test_what_no_seal_covers_yet_is_still_chained(sealed):
    world.append("claim:3", "submit", JournalEntry.objects.get(chain="claim:3").at + timedelta(seconds=1))
    world.run(f"UPDATE {J} SET action = 'x' WHERE chain = 'claim:3' AND sequence = 1")
    assert world.found() == ["claim:3 #1: its content is not what was written"]
