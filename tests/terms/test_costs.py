"""What terms cost: counted part by part, the same as the rule gives each account, beside the terms in force."""

import random
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import tasks
from claims.actions import mass_runs, roster, terms_previews
from claims.actions import terms as actions
from claims.models import Customer, TermsPreview
from claims.reports import terms_costs
from claims.reports.entitlements import AUTOMATIC, assessed
from claims.rules.terms import IndemnityTerms, Terms
from tests import make
from tests.mass.test_same_amounts import ANCHORS, some_customer, some_terms

CODE = "libero-2023"


def counted(incident, terms, against, size=7):
    terms_previews.ask(incident, by=make.managers()[0], values=terms.to_json(), against=against)
    while (preview := terms_previews.count_part(incident.pk, size=size)) and not preview.done_at:
        pass
    return TermsPreview.objects.select_related("incident", "against").get()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_count_is_the_sum_of_what_the_rule_gives_each_account(incident, seed):
    dice = random.Random(seed)
    services = list(incident.services.all())
    people = [some_customer(dice, incident, services, ANCHORS[:2]) for _ in range(60)]
    for number, each in enumerate(people):
        each.login = f"r{number}@libero.example"
    Customer.objects.bulk_create(people)
    before = make.later_terms(incident, **vars(some_terms(dice)))
    terms = some_terms(dice)
    found = counted(incident, terms, before)
    assert found.walked == found.roster == 62
    roster_of = list(Customer.objects.select_related("service", "incident"))
    for costs in terms_costs.costs(found):
        now = [assessed(each, costs.remedy, terms) for each in roster_of]
        old = [assessed(each, costs.remedy, before.rules) for each in roster_of]
        assert costs.whole.total == sum(each.net for each in now)
        assert costs.whole.total_before == sum(each.net for each in old)
        assert costs.whole.people == sum(each.net > 0 for each in now)
        assert costs.whole.people_before == sum(each.net > 0 for each in old)
        assert costs.now["below_minimum"] == sum(each.reasons == ("below_minimum",) for each in now)
        assert costs.now["above_cap"] == sum(each.reasons == ("above_cap",) for each in now)
        assert costs.moved[1] == sum(a.net > b.net for a, b in zip(now, old, strict=True))
        assert costs.moved[-1] == sum(a.net < b.net for a, b in zip(now, old, strict=True))
        assert sum(each.accounts for each in costs.services.values()) == 62
    shown = terms_costs.examples(found)
    assert len(shown) == 10
    assert {each.remedy for each in shown} == set(AUTOMATIC)


def test_the_difference_of_a_dearer_tariff_and_what_was_granted_before(mara, marco):
    make.crowd(5)
    run = mass_runs.propose(CODE, "indemnity", by=mara)
    mass_runs.approve(run.pk, by=marco)
    mass_runs.grant_chunk(run.pk, size=2)
    dearer = replace(Terms(), indemnity={"paid": IndemnityTerms(Decimal("6.50"), Decimal("25.00"))})
    actions.save(CODE, by=mara, terms=dearer, revision=0)
    found = terms_previews.count_part()
    indemnity, refund = terms_costs.costs(found)
    assert (indemnity.whole.total, indemnity.whole.more, indemnity.whole.people) == (Decimal(125), Decimal(5), 5)
    assert (indemnity.now["above_cap"], indemnity.moved[1], indemnity.moved[-1]) == (5, 5, 0)
    assert (indemnity.granted, indemnity.granted_total) == (2, Decimal(48))
    assert (refund.whole.people, refund.now["outside_terms"]) == (0, 5)
    draft = actions.propose(CODE, by=mara, revision=1, reason="Too low")
    assert actions.cost_facts(draft) == {"indemnity": [5, "125.00"], "refund": [0, "0.00"]}


def test_another_roster_or_other_values_are_not_what_was_counted(mara):
    make.crowd(2)
    draft = actions.save(CODE, by=mara, terms=Terms(appeal_days=40), revision=0)
    assert terms_previews.count_part(size=1).done_at is None
    tasks.count_terms()
    found = TermsPreview.objects.get()
    assert (found.done_at is not None, found.walked) == (True, 2)
    assert terms_previews.is_of(found, draft.values)
    assert not terms_previews.is_of(found, Terms().to_json())
    roster.load(CODE, file_of("new@libero.example,paid\n"))
    assert not terms_previews.is_of(found, draft.values)
    assert terms_previews.count_part() is None


def file_of(rows):
    return BytesIO(f"login,service\n{rows}".encode())


def test_a_part_takes_as_many_queries_whatever_its_size(mara):
    make.crowd(40)
    counts = set()
    for size in (3, 30):
        actions.terms_previews.ask(Customer.objects.first().incident, by=mara, values=Terms().to_json(), against=None)
        with CaptureQueriesContext(connection) as queries:
            terms_previews.count_part(size=size)
        counts.add(len(queries))
    assert len(counts) == 1
