"""Asking for a report: who may, for what, and how many at a time."""

import threading
import uuid

import pytest
from django.db import connection

from claims.actions import exports
from claims.models import Export, JournalEntry
from claims.rules.errors import Refused


@pytest.mark.parametrize("role", ["mara", "sara"])
def test_managers_and_supervisors_may_ask(role, request, db):
    person = request.getfixturevalue(role)
    export = exports.request_export(by=person)
    assert (export.state, export.report, export.format, export.filters) == ("queued", "claims", "csv", {})
    entry = JournalEntry.objects.get(chain=f"export:{export.pk}")
    assert (entry.action, entry.actor, entry.new) == ("request", person, "queued")


@pytest.mark.parametrize("role", ["anna", "olga", "rita", "ada"])
def test_others_may_not_ask_cancel_or_read(role, request, mara):
    person = request.getfixturevalue(role)
    export = exports.request_export(by=mara)
    for attempt in (
        lambda: exports.request_export(by=person),
        lambda: exports.cancel(export.pk, by=person),
        lambda: exports.opened(export.pk, by=person),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert (refused.value.code, refused.value.status) == ("wrong_role", 403)
    assert Export.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "filters"),
    [
        ("incident", {"incident": "nowhere"}),
        ("incident", {"incident": 5}),
        ("incident", {"incident": ["libero-2023"]}),
        ("incident", {"incident": "libero\x00"}),
        ("incident", {"incident": "libero\ud800"}),
        ("status", {"status": "lost"}),
        ("status", {"status": "draft"}),
        ("status", {"status": {"a": 1}}),
        ("status", {"status": "x'; DROP TABLE claims_claim; --"}),
        ("from", {"from": "31.1.2023"}),
        ("from", {"from": "2023-02-30"}),
        ("from", {"from": 20230101}),
        ("from", {"from": "0001-01-01"}),
        ("to", {"to": "9999-12-31"}),
        ("to", {"to": "tomorrow"}),
        ("to", {"from": "2023-02-02", "to": "2023-02-01"}),
        ("bom", {"bom": "perhaps"}),
        ("bom", {"bom": 1.5}),
        ("ordering", {"ordering": "password"}),
        ("claimant__password__startswith", {"claimant__password__startswith": "a"}),
    ],
)
def test_i_11_a_bad_filter_is_refused_at_its_name(mara, incident, field, filters):
    with pytest.raises(Refused) as refused:
        exports.request_export(by=mara, filters=filters)
    assert (refused.value.code, refused.value.field, refused.value.status) == ("invalid_filter", field, 422)
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("unknown_report", {"report": "passwords"}),
        ("unknown_report", {"report": None}),
        ("unknown_format", {"format": "exe"}),
        ("unknown_format", {"format": ["csv"]}),
    ],
)
def test_only_known_reports_and_formats_are_made(mara, code, wanted):
    with pytest.raises(Refused) as refused:
        exports.request_export(by=mara, **wanted)
    assert refused.value.code == code


@pytest.mark.parametrize("filters", [["status"], "status=paid", 7])
def test_filters_are_an_object(mara, filters):
    with pytest.raises(Refused) as refused:
        exports.request_export(by=mara, filters=filters)
    assert (refused.value.code, refused.value.field) == ("invalid_filter", "filters")


def test_empty_filters_are_as_none(mara, incident):
    export = exports.request_export(
        by=mara, filters={"incident": "", "status": None, "from": "", "to": "2023-12-31", "bom": False}
    )
    assert export.filters == {"to": "2023-12-31"}


def test_i_31_a_fourth_report_under_way_is_refused(mara, marco):
    first, *_others = [exports.request_export(by=mara) for _request in range(3)]
    with pytest.raises(Refused) as refused:
        exports.request_export(by=mara)
    assert (refused.value.code, refused.value.status) == ("too_many_exports", 429)
    assert exports.request_export(by=marco).state == "queued"
    exports.cancel(first.pk, by=mara)
    assert exports.request_export(by=mara).state == "queued"


@pytest.mark.django_db(transaction=True)
def test_i_31_fifty_at_once_are_three(mara):
    answers = []

    def ask():
        try:
            answers.append(exports.request_export(by=mara).state)
        except Refused as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _request in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == ["queued"] * 3 + ["too_many_exports"] * 47


@pytest.mark.parametrize("attempt", [exports.cancel, exports.opened])
def test_somebody_elses_report_does_not_exist(mara, marco, attempt):
    export = exports.request_export(by=mara)
    for export_id in export.pk, uuid.uuid4(), "no-uuid", "../../etc/passwd":
        with pytest.raises(Refused) as refused:
            attempt(export_id, by=marco)
        assert (refused.value.code, refused.value.status) == ("not_found", 404)
    export.refresh_from_db()
    assert export.state == "queued"


def test_a_report_is_read_only_when_it_is_ready(mara):
    export = exports.request_export(by=mara)
    with pytest.raises(Refused) as refused:
        exports.opened(export.pk, by=mara)
    assert (refused.value.code, refused.value.status) == ("not_ready", 409)


def test_a_report_is_cancelled_once(mara):
    export = exports.request_export(by=mara)
    assert exports.cancel(str(export.pk), by=mara).state == "cancelled"
    with pytest.raises(Refused) as refused:
        exports.cancel(export.pk, by=mara)
    assert (refused.value.code, refused.value.status) == ("illegal_move", 409)


@pytest.mark.django_db(transaction=True)
def test_a_file_that_was_removed_is_gone(mara):
    export = exports.request_export(by=mara)
    exports.build_batch()
    exports.path_of(export).unlink()
    with pytest.raises(Refused) as refused:
        exports.opened(export.pk, by=mara)
    assert (refused.value.code, refused.value.status) == ("gone", 410)
