"""A repeated request has no second effect."""

import threading
import time
from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection, transaction
from django.utils import timezone

from claims.actions import idempotency
from claims.models import Claim, IdempotencyKey, JournalEntry, Notice
from tests import make

DEMANDING = ["submit", "withdraw", "assign", "hand-over", "release", "decide", "countersign", "return"]


@pytest.mark.django_db
class TestOneAfterTheOther:
    @pytest.mark.parametrize("name", DEMANDING)
    def test_i_13_what_moves_a_claim_demands_a_key(self, call, sara, anna, incident, refusal, name):
        claim = make.submitted(anna, incident)
        answer = call(sara).post(f"claims/{claim.reference}/{name}/", {}, key=None)
        assert refusal(answer) == (400, "idempotency_key_required")

    @pytest.mark.parametrize("path", ["review/next/", "exports/"])
    def test_i_13_so_do_taking_and_exporting(self, call, sara, refusal, path):
        assert refusal(call(sara).post(path, {}, key=None)) == (400, "idempotency_key_required")

    @pytest.mark.parametrize("key", ["x" * 201, "x" * 300, "é", "ключ", "a\tb", "", "one,two", "one, two"])
    def test_i_13_a_key_is_printable_ascii(self, call, anna, incident, new_claim, refusal, key):
        answer = call(anna).post("claims/", new_claim(), key=None, Idempotency_Key=key)
        assert refusal(answer) == (400, "invalid_key")
        assert not Claim.objects.exists()

    @pytest.mark.parametrize("key", ["x", "x" * 200, "a b ~ !", "8e03978e-40d5-43e8-bc93-6894a57f9324"])
    def test_i_13_any_other_key_is_good(self, call, anna, incident, new_claim, key):
        assert call(anna).post("claims/", new_claim(), key=key).status_code == 201

    def test_the_first_answer_is_given_again_byte_for_byte(self, call, anna, incident, new_claim):
        caller = call(anna)
        first = caller.post("claims/", new_claim(), key="one")
        again = caller.post("claims/", new_claim(), key="one")
        assert (again.status_code, again.content, again["ETag"]) == (201, first.content, first["ETag"])
        assert again["Content-Type"] == first["Content-Type"]
        assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
        assert (Claim.objects.count(), JournalEntry.objects.count()) == (1, 1)

    def test_also_after_the_claim_has_moved_on(self, call, anna, incident):
        claim, caller = make.draft(anna, incident), call(anna)
        make.attachment(claim)
        path = f"claims/{claim.reference}/submit/"
        first = caller.post(path, {"declaration": True}, key="one")
        caller.post(f"claims/{claim.reference}/withdraw/", key="two")
        again = caller.post(path, {"declaration": True}, key="one")
        assert (again.status_code, again.content) == (200, first.content)
        assert Notice.objects.filter(kind="claim_submitted").count() == 1

    def test_an_answer_without_content_is_given_again_too(self, call, rita, anna, incident):
        caller = call(rita)
        assert caller.post("review/next/", key="one").status_code == 204
        make.submitted(anna, incident)
        assert caller.post("review/next/", key="one").status_code == 204
        assert caller.post("review/next/", key="two").status_code == 200

    def test_i_14_another_body_under_the_same_key_is_409(self, call, anna, incident, new_claim, refusal):
        caller = call(anna)
        caller.post("claims/", new_claim(), key="one")
        assert refusal(caller.post("claims/", new_claim(narrative="x"), key="one")) == (409, "idempotency_key_reused")
        assert Claim.objects.count() == 1

    def test_i_14_another_address_of_the_route_is_409(self, call, anna, incident, refusal):
        one, two, caller = make.submitted(anna, incident), make.submitted(anna, incident), call(anna)
        caller.post(f"claims/{one.reference}/withdraw/", key="one")
        answer = caller.post(f"claims/{two.reference}/withdraw/", key="one")
        assert refusal(answer) == (409, "idempotency_key_reused")

    def test_the_key_counts_for_one_route(self, call, anna, incident, new_claim):
        claim, caller = make.submitted(anna, incident), call(anna)
        assert caller.post("claims/", new_claim(), key="one").status_code == 201
        assert caller.post(f"claims/{claim.reference}/withdraw/", key="one").status_code == 200

    def test_the_key_counts_for_one_person(self, call, anna, bruno, incident, new_claim):
        first = call(anna).post("claims/", new_claim(), key="one")
        other = call(bruno).post("claims/", new_claim(), key="one")
        assert other.status_code == 201
        assert other.json()["reference"] != first.json()["reference"]

    def test_the_same_body_may_be_written_differently(self, call, anna, incident):
        caller = call(anna)
        body = b'{"incident": "libero-2023", "login": "anna@libero.example"}'
        turned = b'{ "login":"anna@libero.example",\n"incident":"libero-2023" }'
        assert caller.raw("claims/", body).content == caller.raw("claims/", turned).content

    def test_a_refusal_is_not_kept_so_that_it_can_be_corrected(self, call, anna, incident, new_claim, refusal):
        caller = call(anna)
        assert refusal(caller.post("claims/", new_claim(login="x"), key="one")) == (422, "invalid_login")
        assert not IdempotencyKey.objects.exists()
        assert caller.post("claims/", new_claim(), key="one").status_code == 201

    def test_a_fault_of_ours_is_not_kept(self, call, anna, incident, new_claim):
        caller = call(anna)
        caller.client.raise_request_exception = False
        with mock.patch("claims.api.claims.claim_for", side_effect=RuntimeError):
            assert caller.post("claims/", new_claim(), key="one").status_code == 500
        assert (IdempotencyKey.objects.count(), Claim.objects.count()) == (0, 0)
        assert caller.post("claims/", new_claim(), key="one").status_code == 201

    def test_i_14_keys_are_forgotten_after_thirty_days(self, call, anna, incident, new_claim):
        caller = call(anna)
        caller.post("claims/", new_claim(), key="one")
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=29, hours=23))
        assert idempotency.forget_old() == 0
        assert caller.post("claims/", new_claim(), key="one")["Idempotency-Replayed"] == "true"
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=30))
        assert idempotency.forget_old() == 1
        assert "Idempotency-Replayed" not in caller.post("claims/", new_claim(), key="one")
        assert Claim.objects.count() == 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    @pytest.fixture
    def at_once(self):
        """at_once(*calls) makes all calls at the same moment, each with its own connection."""

        def go(*calls):
            answers, start = [None] * len(calls), threading.Barrier(len(calls))

            def one(number):
                try:
                    start.wait(timeout=20)
                    answers[number] = calls[number]()
                finally:
                    connection.close()

            threads = [threading.Thread(target=one, args=[number]) for number in range(len(calls))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return answers

        return go

    def test_one_key_sent_many_times_has_one_effect(self, call, anna, incident, new_claim, at_once):
        callers = [call(anna) for _ in range(8)]
        answers = at_once(*[lambda caller=caller: caller.post("claims/", new_claim(), key="one") for caller in callers])
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert Claim.objects.count() == 1

    def test_of_two_bodies_under_one_key_one_is_409(self, call, anna, incident, new_claim, at_once):
        one, two = call(anna), call(anna)
        answers = at_once(
            lambda: one.post("claims/", new_claim(), key="one"),
            lambda: two.post("claims/", new_claim(narrative="x"), key="one"),
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert Claim.objects.count() == 1

    def test_a_request_that_is_still_running_is_waited_for_and_then_409(
        self, call, anna, incident, new_claim, refusal, monkeypatch
    ):
        monkeypatch.setattr(idempotency, "PATIENCE", "300ms")
        caller, begun, done = call(anna), threading.Event(), threading.Event()

        def slow():
            with transaction.atomic():
                idempotency.begin(anna, "api-claims", "one", "0" * 64)
                begun.set()
                done.wait(20)
                transaction.set_rollback(True)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        begun.wait(20)
        start = time.monotonic()
        answer = caller.post("claims/", new_claim(), key="one")
        assert refusal(answer) == (409, "in_progress")
        assert answer["Retry-After"] == "1"
        assert time.monotonic() - start >= 0.3
        done.set()
        thread.join()
        assert caller.post("claims/", new_claim(), key="one").status_code == 201, "the first one was undone"
