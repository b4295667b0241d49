"""Which page opens to whom."""

import pytest
from django.urls import reverse

from tests import make

PAGES = {
    "index": "operator reviewer supervisor manager administrator",
    "queue": "reviewer supervisor manager",
    "incidents": "operator reviewer supervisor manager administrator",
    "exports": "supervisor manager",
    "export-list": "supervisor manager",
    "people": "administrator",
    "claims_claim_changelist": "reviewer supervisor manager",
    "claims_lossitem_changelist": "reviewer supervisor manager",
    "claims_notice_changelist": "supervisor manager",
    "claims_journalentry_changelist": "supervisor manager",
    "claims_problemreport_changelist": "operator reviewer supervisor manager",
    "evidence_document_changelist": "reviewer supervisor manager",
    "evidence_reading_changelist": "supervisor manager",
    "jsi18n": "operator reviewer supervisor manager administrator",
}
ROLES = ("claimant", "operator", "reviewer", "supervisor", "manager", "administrator")


@pytest.mark.parametrize("name", PAGES)
def test_each_page_opens_to_its_roles_and_to_no_other(db, client, name):
    for role in ROLES:
        client.force_login(make.person(role, role))
        expected = 200 if role in PAGES[name].split() else 403
        assert client.get(reverse(f"admin:{name}")).status_code == expected, role


@pytest.mark.parametrize("name", PAGES)
def test_somebody_without_an_account_is_sent_to_sign_in(db, client, name):
    address = reverse(f"admin:{name}")
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.url == f"{reverse('account_login')}?next={address}"
