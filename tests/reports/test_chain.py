"""Walking the journal: the same hash as the one that was written, in constant memory."""

import json
from datetime import UTC, datetime
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.actions import journal
from claims.models import JournalEntry
from claims.models.journal import entry_hash
from claims.reports import chain
from tests import make

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | texts,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(texts, children, max_size=3),
    max_leaves=8,
)


@given(
    words=st.fixed_dictionaries(dict.fromkeys(("chain", "previous", "action", "actor_kind", "old", "new"), texts)),
    sequence=st.integers(1, 2**31 - 1),
    people=st.tuples(st.none() | st.integers(1, 10**9), st.none() | st.integers(1, 10**9)),
    at=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    facts=st.dictionaries(texts, jsons, max_size=4),
    sealed=st.none() | st.binary(min_size=1, max_size=80),
)
@settings(max_examples=300, deadline=None)
def test_the_text_that_is_hashed_is_the_journals(words, sequence, people, at, facts, sealed):
    entry = SimpleNamespace(
        **words, sequence=sequence, actor_id=people[0], person_id=people[1], at=at, facts=facts, sealed=sealed
    )
    row = (
        *(words["chain"], sequence, words["previous"], "", words["action"]),
        *(people[0], words["actor_kind"], at.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")),
        *(words["old"], words["new"], json.dumps(facts), people[1]),
        sealed and chain.sha256(sealed).hexdigest(),
    )
    assert chain.sha256(chain.canonical(row).encode()).hexdigest() == entry_hash(entry)


@pytest.fixture
def odd(anna, rita, db):
    """Chains with everything an entry can hold, as PostgreSQL gives it back."""
    with transaction.atomic():
        for number in range(3):
            journal.record(
                f'odd:"\\{number}',
                "act\tof\n\\N",
                by=[None, anna, rita][number],
                old="è",
                new="\\.",
                facts={"b": [1, {"z": None, "a": "ñ\u2028\x7f"}], "a": "\\\t\"'", "": True, "long key": "1.50"},
                words="Secret 🏳️‍🌈 words",
                about=anna.pk,
            )
            journal.record(f'odd:"\\{number}', "next", by=None, facts={})
        journal.record("plain:1", "begin", by=None)
    # Microseconds that end in zeros, and none at all.
    for at in datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, 1, 2, 3, 450000, tzinfo=UTC):
        entry = JournalEntry(chain=f"time:{at}", sequence=1, at=at, actor_kind="clock", action="tick")
        entry.hash = entry_hash(entry)
        entry.save()


def walked():
    with connection.cursor() as cursor:
        walk = chain.Walk(cursor)
        return list(walk), walk.entries, walk.chains


def test_what_was_written_verifies(odd, anna, incident, rita):
    make.decided(anna, incident, rita)
    broken, entries, chains = walked()
    assert broken == []
    assert entries == JournalEntry.objects.count()
    assert chains == JournalEntry.objects.values("chain").distinct().count()


@pytest.mark.parametrize(
    "change",
    [
        *("chain = chain || '!'", "sequence = sequence + 10", "at = at + interval '1 microsecond'", "actor_id = NULL"),
        *("actor_kind = 'x'", "action = 'x'", "old = 'x'", "new = 'x'", "facts = '{\"a\": 1}'", "person_id = NULL"),
        *("sealed = '\\x01'", "previous = 'x'", "hash = repeat('0', 64)"),
    ],
)
def test_every_column_of_an_entry_is_protected(odd, anna, change):
    """One change of one column of the one entry that has them all."""
    pk = JournalEntry.objects.get(actor=anna).pk
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE claims_journalentry SET {change} WHERE id = %s", [pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert walked()[0]


def test_each_broken_chain_is_told_of_once_by_its_first_break(odd):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE claims_journalentry SET new = 'x'")
        cursor.execute("SET LOCAL session_replication_role = origin")
    broken, entries, chains = walked()
    assert (len(broken), {each.sequence for each in broken}) == (chains, {1})
    assert entries == JournalEntry.objects.count()


@pytest.mark.django_db(transaction=True)
def test_the_command_says_how_much_it_checked(odd):
    out = StringIO()
    call_command("verify_journal", stdout=out)
    assert out.getvalue().startswith("9 entries in 6 chains are as they were written (")
    out = StringIO()
    call_command("verify_journal", "--chain", "plain:1", stdout=out)
    assert out.getvalue().startswith("1 entries in 1 chains")


@pytest.mark.django_db(transaction=True)
def test_the_command_names_the_first_broken_entry_and_exits_1(anna, incident, rita):
    claim = make.decided(anna, incident, rita)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE claims_journalentry SET at = at - interval '1 day' WHERE action = 'take'")
    err = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_journal", stderr=err)
    assert ended.value.code == 1
    assert err.getvalue() == (
        f"Broken chains: 1 of 1. The first: claim:{claim.pk} #3: its content is not what was written.\n"
    )


def test_an_erased_person_leaves_the_chain_whole(odd, anna):
    anna.data_key.delete()
    assert walked()[0] == []
    assert JournalEntry.objects.filter(sealed__isnull=False).first().words() == ""
