"""One loss at a time: added, changed, removed; amounts and dates as people type them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from claims.actions import items
from claims.models import LossItem
from claims.rules.outage import ROME
from claims.rules.terms import Terms
from tests import make

GOOD = {
    "head": "extra_expense",
    "description": "A new mailbox",
    "amount": "89,90",
    "day": "2023-01-24",
    "clock": "10:30",
}


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident, items=[])


@pytest.fixture
def add(page, anna, draft, posted):
    """add(**changes) posts a good loss with `changes`."""
    return lambda **changes: posted(page(anna), f"/claims/{draft.reference}/losses/add/", **{**GOOD, **changes})


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("89,90", "89.90"),
        ("1.234,56", "1234.56"),
        ("1234.56", "1234.56"),
        ("1,50", "1.50"),
        ("€ 12", "12.00"),
        ("0,01", "0.01"),
    ],
)
def test_an_amount_may_be_typed_in_any_usual_way(add, draft, typed, amount):
    assert add(amount=typed).url == f"/claims/{draft.reference}/losses/"
    item = draft.items.get()
    assert (str(item.amount), item.occurred_at) == (amount, datetime(2023, 1, 24, 9, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    "typed",
    ["", "1e9", "NaN", "-0.01", "-1", "0x10", "١٢", "9" * 30, "Infinity", "12,345,6", "twelve", "0", "0,00", "1\0"],
)
def test_i_03_an_amount_that_is_none_is_refused_and_kept(add, draft, codes, typed):
    response = add(amount=typed)
    assert response.status_code == 422
    assert codes(response) == {"amount": ["invalid_amount"]}
    assert response.context["form"]["amount"].value() == typed
    assert 'href="#id_amount"' in response.content.decode()
    assert not draft.items.exists()


def day_of(moment):
    return {"day": f"{moment.astimezone(ROME):%Y-%m-%d}", "clock": f"{moment.astimezone(ROME):%H:%M}"}


@pytest.mark.parametrize(
    ("typed", "field", "code"),
    [
        ({"day": "2023-02-31"}, "day", "invalid_time"),
        ({"day": "0000-01-01"}, "day", "invalid_time"),
        ({"day": ""}, "day", "invalid_time"),
        ({"clock": ""}, "clock", "invalid_time"),
        ({"clock": "25:00"}, "clock", "invalid_time"),
        ({"day": "2023-01-22", "clock": "23:59"}, "day", "outside_window"),
        ({"day": "2023-03-26", "clock": "02:30"}, "clock", "invalid_time"),
        (day_of(timezone.now() + timedelta(days=1)), "day", "invalid_time"),
        ({"day": "9999-12-31"}, "day", "invalid_time"),
        ({"day": "0001-01-01", "clock": "00:00"}, "day", "invalid_time"),
        ({"day": "1950-01-01"}, "day", "outside_window"),
    ],
)
def test_i_05_a_moment_that_cannot_be_is_refused_and_kept(add, draft, codes, typed, field, code):
    response = add(**typed)
    assert response.status_code == 422
    assert codes(response) == {field: [code]}
    assert response.context["form"][field].value() == typed.get(field, GOOD[field])
    assert not draft.items.exists()


def test_i_05_the_hour_that_summer_time_leaves_out_is_explained(add, text_of):
    assert "at 2:00 the clocks went forward to 3:00" in text_of(add(day="2023-03-26", clock="02:30"))


def test_i_05_a_harm_after_the_outage_is_taken(add, draft):
    assert add(day="24/02/2023").status_code == 302
    assert draft.items.get().occurred_at == datetime(2023, 2, 24, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"head": ""}, "head", "unknown_head"),
        ({"head": "gold"}, "head", "unknown_head"),
        ({"description": " \n"}, "description", "required"),
        ({"description": "a\0b"}, "description", "invalid_characters"),
        ({"description": "a" * 2_001}, "description", "too_long"),
    ],
)
def test_i_06_every_other_field_has_its_answer(add, draft, codes, changes, field, code):
    response = add(**changes)
    assert (response.status_code, codes(response)) == (422, {field: [code]})
    assert not draft.items.exists()


def test_everything_wrong_is_said_at_once(add, codes):
    response = add(head="", description="", amount="x", day="", clock="")
    assert set(codes(response)) == {"head", "description", "amount", "day", "clock"}
    for field in ("head", "description", "amount", "day", "clock"):
        assert f'href="#id_{field}"' in response.content.decode()
        assert f'id="id_{field}"' in response.content.decode()


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "🧾 مصاريف", "{{7*7}}", "\r\nBcc: x@y.it"])
def test_i_07_a_description_is_text_on_every_page(page, anna, add, draft, text, text_of):
    add(description=text)
    assert draft.items.get().description == text.replace("\r\n", "\n").strip()
    for step in ("losses", "check", "documents"):
        shown = page(anna).get(f"/claims/{draft.reference}/{step}/")
        assert "<script>alert(1)" not in shown.content.decode()
        if step != "documents":
            assert " ".join(text.split()) in text_of(shown)


def test_a_loss_is_changed_and_the_total_follows(page, anna, draft, add, posted, current):
    add()
    item = draft.items.get()
    shown = page(anna).get(f"/claims/{draft.reference}/losses/{item.pk}/")
    form = shown.context["form"]
    assert [str(form[name].value()) for name in ("amount", "day", "clock")] == ["89,90", "2023-01-24", "10:30:00"]
    changed = posted(page(anna), f"/claims/{draft.reference}/losses/{item.pk}/", **{**GOOD, "amount": "100"})
    assert changed.status_code == 302
    assert (str(draft.items.get().amount), str(current(draft).claimed)) == ("100.00", "100.00")


def test_a_loss_is_removed_after_a_question(page, anna, draft, add, current, text_of):
    add()
    address = f"/claims/{draft.reference}/losses/{draft.items.get().pk}/remove/"
    assert "Remove 89.90 €" in text_of(page(anna).get(address))
    assert draft.items.exists()
    page(anna).post(address)
    assert not draft.items.exists()
    assert current(draft).claimed == 0


def test_pressing_twice_adds_one_loss(page, anna, draft):
    client = page(anna)
    address = f"/claims/{draft.reference}/losses/add/"
    version = client.get(address).context["version"]
    for _press in range(2):
        assert client.post(address, {"version": version, **GOOD}).status_code == 302
    assert draft.items.count() == 1


def test_r_13_a_loss_changed_in_another_window_shows_both_versions(page, anna, draft, add, text_of):
    add()
    item, client = draft.items.get(), page(anna)
    address = f"/claims/{draft.reference}/losses/{item.pk}/"
    version = client.get(address).context["version"]
    items.save_item(draft.reference, by=anna, item_id=item.pk, **make.item("55.00", description="The other window"))
    late = client.post(address, {"version": version, **GOOD, "amount": "77"})
    assert late.status_code == 409
    assert "The other window" in text_of(late)
    assert "55,00" in text_of(late)
    assert late.context["form"]["amount"].value() == "77"
    assert str(LossItem.objects.get(pk=item.pk).amount) == "55.00"


def test_a_loss_of_another_claim_is_unknown(page, anna, bruno, incident, draft):
    other = make.draft(bruno, incident).items.get()
    for address in (f"losses/{other.pk}/", f"losses/{other.pk}/remove/", "losses/999999999999999999999/"):
        assert page(anna).get(f"/claims/{draft.reference}/{address}").status_code == 404
        assert page(anna).post(f"/claims/{draft.reference}/{address}", GOOD).status_code == 404
    assert LossItem.objects.filter(pk=other.pk).exists()


def test_more_losses_than_the_terms_allow_are_refused_with_what_was_typed(page, anna, db, posted, text_of):
    incident = make.incident(terms=Terms(most_items=1))
    draft = make.draft(anna, incident)
    assert "Add another loss" not in text_of(page(anna).get(f"/claims/{draft.reference}/losses/"))
    response = posted(page(anna), f"/claims/{draft.reference}/losses/add/", **GOOD)
    assert response.status_code == 409
    assert "A new mailbox" in text_of(response)
    assert draft.items.count() == 1


def test_the_list_costs_the_same_for_three_losses_and_for_thirty(page, anna, incident, queries_of):
    few, many = (make.draft(anna, incident, items=[make.item()] * count) for count in (3, 30))
    assert queries_of(page(anna), f"/claims/{few.reference}/losses/") == queries_of(
        page(anna), f"/claims/{many.reference}/losses/"
    )
