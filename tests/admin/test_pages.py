"""Which page opens to whom."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from accounts.access import PUBLIC
from claims.admin import tags
from claims.admin.site import site
from claims.rules.outage import ROME
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
    "claims_check_changelist": "supervisor manager",
    "claims_journalentry_changelist": "supervisor manager",
    "claims_problemreport_changelist": "operator reviewer supervisor manager",
    "evidence_document_changelist": "reviewer supervisor manager",
    "evidence_reading_changelist": "supervisor manager",
    "evidence_search_changelist": "supervisor manager",
    "evidence_signingkey_changelist": "reviewer supervisor manager",
    "search-documents": "reviewer supervisor manager",
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


def test_a_role_without_working_here_opens_nothing(db, client):
    guest = make.person("guest", "manager")
    guest.is_staff = False
    guest.save()
    client.force_login(guest)
    assert client.get(reverse("admin:exports")).status_code == 403


def test_being_a_superuser_opens_nothing_by_itself(db, client):
    root = make.person("root", "claimant", is_superuser=True)
    root.is_staff = True
    root.save()
    client.force_login(root)
    for name in PAGES:
        assert client.get(reverse(f"admin:{name}")).status_code == 403, name
    operator = make.person("other", "operator", is_superuser=True)
    client.force_login(operator)
    assert client.get(reverse("admin:claims_journalentry_changelist")).status_code == 403
    assert client.get(reverse("admin:people")).status_code == 403


def test_signing_in_is_done_on_the_account_pages(db, client, rita):
    answer = client.get("/admin/login/?next=/admin/queue/")
    assert answer.url == f"{reverse('account_login')}?next=/admin/queue/"
    client.force_login(rita)
    assert client.get("/admin/login/?next=/admin/queue/").url == "/admin/queue/"


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_i_34_nobody_is_sent_to_another_host_after_signing_in(db, client, rita, target):
    client.force_login(rita)
    assert client.get("/admin/login/", {"next": target}).url == "/admin/"


@pytest.mark.parametrize(
    "path",
    [
        "autocomplete/",
        "r/1/1/",
        "password_change/",
        "logout/",
        "auth/group/",
        "accounts/user/",
        "claims/claim/add/",
        "claims/claim/1/change/",
        "claims/claim/1/delete/",
        "claims/claim/1/history/",
        "claims/notice/add/",
        "claims/notice/1/delete/",
        "claims/notice/1/history/",
        "evidence/document/add/",
    ],
)
def test_what_django_would_offer_beyond_our_pages_does_not_exist(db, client, path):
    client.force_login(make.person("all", *ROLES, is_superuser=True))
    assert client.get(f"/admin/{path}").status_code == 404


def test_the_admins_policy_is_relaxed_under_admin_only(db, client, rita):
    client.force_login(rita)
    inside = client.get(reverse("admin:queue")).headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in inside
    assert "default-src 'self'" in inside
    assert "unsafe-inline" not in inside.split("script-src")[1].split(";")[0]
    assert "unsafe" not in client.get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["index", "queue", "exports", "people", "claims_claim_changelist"])
def test_no_page_names_another_host_or_carries_a_script_of_its_own(db, client, name):
    client.force_login(make.person("all", *ROLES))
    page = client.get(reverse(f"admin:{name}")).content.decode()
    assert not [part for part in page.split('src="')[1:] if part.startswith(("http:", "https:", "//"))]
    assert not [part for part in page.split("<script")[1:] if not part.lstrip().startswith(("src=", 'id="django'))]
    assert "onclick=" not in page


@pytest.mark.parametrize(
    "query",
    [
        "claimant__password__startswith=a",
        "assigned_to__password__startswith=a",
        "iban_index__startswith=a",
        "bank_details__isnull=0",
        "filed_by__email__startswith=a",
    ],
)
def test_i_11_nobody_probes_columns_through_the_filters_of_a_look_up(db, client, mara, query):
    client.force_login(mara)
    assert client.get(f"{reverse('admin:claims_claim_changelist')}?{query}").status_code == 400


def test_i_11_the_queue_takes_only_its_own_filters(db, client, rita):
    client.force_login(rita)
    for query in ("claimant__password__startswith=a", "status=x", "ordering=password", "assignee=x", "flag=%00"):
        assert client.get(f"{reverse('admin:queue')}?{query}").status_code == 400, query


@pytest.mark.parametrize(
    "query", ["status__exact=submitted", "incident__id__exact=1", "assigned_to__id__exact=1", "submitted_at__year=2026"]
)
def test_the_filters_a_look_up_offers_do_work(db, client, mara, query):
    client.force_login(mara)
    assert client.get(f"{reverse('admin:claims_claim_changelist')}?{query}").status_code == 200


def test_nothing_changes_by_posting_to_a_look_up(anna, incident, client, mara):
    claim = make.submitted(anna, incident)
    notice = claim.notices.get()
    before = notice.state
    client.force_login(mara)
    answer = client.post(reverse("admin:claims_notice_change", args=[notice.pk]), {"state": "sent"})
    assert answer.status_code == 403
    client.post(reverse("admin:claims_notice_changelist"), {"action": "delete_selected", "_selected_action": notice.pk})
    notice.refresh_from_db()
    assert notice.state == before


def test_a_look_up_never_shows_the_text_or_code_of_a_notice(anna, incident, client, mara):
    notice = make.submitted(anna, incident).notices.get()
    client.force_login(mara)
    for name, args in (("claims_notice_changelist", []), ("claims_notice_change", [notice.pk])):
        page = client.get(reverse(f"admin:{name}", args=args))
        assert page.status_code == 200
        assert notice.code not in page.content.decode()


def test_look_ups_leave_out_what_is_ones_own(incident, client):
    both = make.person("both", "manager", "claimant")
    own = make.submitted(both, incident, login="both@libero.example", login_explanation="An alias.")
    client.force_login(both)
    for name in ("claims_claim_changelist", "claims_lossitem_changelist", "evidence_document_changelist"):
        assert own.reference not in client.get(reverse(f"admin:{name}")).content.decode(), name


def test_every_address_under_admin_carries_its_rule():
    patterns = site.get_urls()
    assert len(patterns) > 30
    unruled = [str(pattern.pattern) for pattern in patterns if getattr(pattern.callback, "access_rule", None) is None]
    assert unruled == []
    public = [str(pattern.pattern) for pattern in patterns if pattern.callback.access_rule is PUBLIC]
    assert public == ["login/"]


def test_money_and_days_are_written_as_the_language_does(db):
    with translation.override("it"):
        assert tags.euro("1234.5") == "1.234,50\u00a0€"
        assert tags.day(date(2023, 1, 24)) == "24 gen 2023"
    with translation.override("en"):
        assert tags.euro(Decimal("0")) == "0.00\u00a0€"
        assert tags.euro(None) == tags.NOTHING


@pytest.mark.parametrize(
    ("left", "words"), [(-2, "2 days late"), (-1, "1 day late"), (0, "today"), (1, "tomorrow"), (3, "in 3 days")]
)
def test_a_due_date_is_told_from_today_with_the_date_on_hover(left, words):
    today = timezone.now().astimezone(ROME).date()
    with translation.override("en"):
        shown = tags.due(today + timedelta(days=left))
        assert f">{words}</time>" in shown
        assert f'title="{tags.day(today + timedelta(days=left))}"' in shown
