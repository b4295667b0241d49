"""Sealing finished days: the same seals whenever it is done, once, and carried out to a file."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction

from claims import tasks
from claims.actions import seals
from claims.models import Seal
from claims.rules import sealing
from tests.seals import world


def values():
    return list(Seal.objects.order_by("day").values_list("day", "chains", "entries", "last_entry", "root", "previous"))


def lines():
    return seals.file().read_text().splitlines()


def test_an_empty_journal_has_nothing_to_seal(db):
    assert world.seal_all() == []
    assert world.found() == []


def test_every_finished_day_is_sealed_oldest_first_and_linked(db):
    world.write()
    made = world.seal_all()
    assert [seal.day for seal in made] == [world.noon(ago).date() for ago in range(9, 0, -1)]
    assert [seal.previous for seal in made] == ["", *(seal.root for seal in made[:-1])]
    assert (made[-1].chains, made[-1].entries) == (5, 20)
    assert world.found() == []
    assert world.seal_all() == []


def test_a_missed_week_is_sealed_as_if_every_night_had_run(db):
    world.write()
    world.seal_all()
    late = values()
    world.run("TRUNCATE claims_seal RESTART IDENTITY")
    for ago in range(8, -1, -1):
        with time_machine.travel(world.noon(ago), tick=False):
            assert len(world.seal_all()) == 1
    assert values() == late


@pytest.mark.parametrize(("minutes", "sealed"), [(9, 0), (10, 1)])
def test_a_day_rests_before_it_is_sealed(db, minutes, sealed):
    entry = world.append("claim:1", "begin", world.noon(3))
    end = sealing.end_of(sealing.day_of(entry.at))
    with time_machine.travel(end + timedelta(minutes=minutes), tick=False):
        assert len(world.seal_all()) == sealed


def test_a_day_ends_at_midnight_in_rome(db):
    end = sealing.end_of(world.noon(3).date())
    world.append("claim:1", "begin", end - timedelta(microseconds=1))
    world.append("claim:2", "begin", end)
    assert [seal.chains for seal in world.seal_all()] == [1, 2, 2]
    assert world.found() == []


@pytest.mark.parametrize("heads", [0, 1, 15, 16, 17, 256, 257, 300])
def test_the_tree_tells_any_change_of_a_leaf(heads):
    def top(digests):
        tree = sealing.Tree()
        for digest in digests:
            tree.add(digest)
        return tree.top()

    digests = [sealing.leaf("claim:1", number, "") for number in range(heads)]
    tops = {top(digests), top([*digests, sealing.leaf("more", 1, "")])}
    tops |= {top([*digests[:n], b"\0" * 32, *digests[n + 1 :]]) for n in range(heads)}
    assert len(tops) == heads + 2


def test_the_crank_seals_and_carries_out_and_can_be_repeated(db):
    world.write()
    tasks.seal_journal()
    tasks.seal_journal()
    assert [json.loads(line)["root"] for line in lines()] == [row[4] for row in values()]


@pytest.mark.parametrize("torn", ["", '{"day": "20'])
def test_a_run_that_died_before_or_while_writing_the_file_is_made_good(db, torn):
    world.write()
    world.seal_all()
    seals.carry_out()
    whole = lines()
    seals.file().write_text("\n".join(whole[:4]) + "\n" + torn)
    assert seals.carry_out() == 5
    assert lines() == whole


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_seal_each_day_once():
    world.write()

    def work(_number):
        try:
            tasks.seal_journal()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(work, range(2)))
    assert len(values()) == len(lines()) == 9
    assert world.found() == []


@pytest.mark.django_db(transaction=True)
def test_a_day_waits_for_who_began_on_it_and_still_writes():
    world.append("claim:1", "begin", world.noon(3))

    def seal():
        try:
            with time_machine.travel(world.noon(-2), tick=False):
                return [made.day for made in world.seal_all()]
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as worker:
        world.append("claim:2", "begin", world.noon(0))
        assert max(worker.submit(seal).result()) == world.noon(1).date()
    with ThreadPoolExecutor(1) as worker:
        assert max(worker.submit(seal).result()) == world.noon(-1).date()
    assert world.found() == []


@pytest.mark.django_db(transaction=True)
def test_the_command_compares_with_the_file_and_exits_1(tmp_path):
    world.write()
    tasks.seal_journal()
    out, err = StringIO(), StringIO()
    call_command("verify_journal", "--seals", str(seals.file()), stdout=out)
    assert "\n9 seals fit.\n" in out.getvalue()
    world.run("DELETE FROM claims_seal WHERE day = (SELECT max(day) FROM claims_seal)")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_journal", "--seals", str(seals.file()), stderr=err)
    assert ended.value.code == 1
    yesterday = world.noon(1).date()
    assert err.getvalue() == (
        f"The file of seals: seal of {yesterday}: it is in the file but no longer in the database.\n"
    )
