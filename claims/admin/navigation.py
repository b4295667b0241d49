"""What somebody finds in the sidebar: only what their roles open."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.roles import CASE_READERS, STAFF, Role
from claims.models import Claim
from claims.rules.statuses import Status

REVIEWING = {Role.REVIEWER, Role.SUPERVISOR}
RESPONSIBLE = {Role.SUPERVISOR, Role.MANAGER}
BEHIND = gettext_lazy("Behind the documents")


def sidebar(request):
    """The groups of the sidebar for the person who asks."""
    person = request.user
    groups = [
        (_("Work"), work(person)),
        (_("Outages"), outages()),
        (_("Words"), words()),
        (_("Look-ups"), look_ups()),
        (BEHIND, behind_documents()),
    ]
    shown = []
    for title, entries in groups:
        items = [entry for entry in entries if person.has_role(*entry.pop("roles"))]
        if items:
            shown.append({"title": title, "separator": bool(shown), "collapsible": title == BEHIND, "items": items})
    return shown


def entry(title, link, icon, roles, badge=0, exactly=False):
    item = {"title": title, "link": link, "icon": icon, "roles": roles}
    if badge:
        item.update(badge=str(badge), badge_variant="warning")
    if exactly:
        item["active"] = lambda request: request.get_full_path() == link
    return item


def work(person):
    queue = reverse("admin:queue")
    entries = [
        entry(_("Desk"), reverse("admin:index"), "space_dashboard", STAFF),
        entry(_("Queue"), queue, "inbox", CASE_READERS),
        entry(_("Search in documents"), reverse("admin:search-documents"), "search", CASE_READERS),
    ]
    if person.has_role(Role.SUPERVISOR):
        waiting = Claim.objects.visible_to(person).filter(status=Status.AWAITING_COUNTERSIGNATURE).count()
        link = f"{queue}?status={Status.AWAITING_COUNTERSIGNATURE}"
        entries.append(entry(_("To be signed"), link, "signature", {Role.SUPERVISOR}, badge=waiting, exactly=True))
    return [
        *entries,
        entry(_("Desks"), reverse("admin:desks"), "groups", {Role.SUPERVISOR}),
        entry(_("Payments"), reverse("admin:payments"), "payments", {Role.MANAGER}),
        entry(_("Ledger"), reverse("admin:ledger"), "account_balance", {Role.MANAGER}),
        entry(_("Awards in kind"), reverse("admin:awards"), "redeem", {Role.MANAGER}),
        entry(_("Mass runs"), reverse("admin:mass-runs"), "volunteer_activism", {Role.MANAGER}),
        entry(_("Outbox"), reverse("admin:outbox"), "outgoing_mail", RESPONSIBLE),
        entry(_("Exports"), reverse("admin:exports"), "download", RESPONSIBLE),
        entry(_("Words of letters"), reverse("admin:letter-texts"), "mark_email_read", {Role.MANAGER}),
        entry(_("People and roles"), reverse("admin:people"), "group", {Role.ADMINISTRATOR}),
    ]


def outages():
    return [
        entry(_("Incidents"), reverse("admin:incidents"), "crisis_alert", STAFF),
        entry(
            _("Problem reports"),
            reverse("admin:claims_problemreport_changelist"),
            "report",
            {Role.OPERATOR, *CASE_READERS},
        ),
    ]


def words():
    return [entry(_("Reasons"), reverse("admin:reasons"), "rule", CASE_READERS)]


def look_ups():
    return [
        entry(_("Claims"), reverse("admin:claims_claim_changelist"), "folder_open", CASE_READERS),
        entry(_("Losses"), reverse("admin:claims_lossitem_changelist"), "receipt_long", CASE_READERS),
        entry(_("Checks"), reverse("admin:claims_check_changelist"), "checklist", RESPONSIBLE),
        entry(_("Documents"), reverse("admin:evidence_document_changelist"), "description", CASE_READERS),
        entry(_("Notices"), reverse("admin:claims_notice_changelist"), "mail", RESPONSIBLE),
        entry(_("Journal"), reverse("admin:claims_journalentry_changelist"), "history_edu", RESPONSIBLE),
        entry(_("Readings"), reverse("admin:evidence_reading_changelist"), "visibility", RESPONSIBLE),
        entry(_("Searches"), reverse("admin:evidence_search_changelist"), "manage_search", RESPONSIBLE),
        entry(_("Legal holds"), reverse("admin:claims_legalhold_changelist"), "gavel", RESPONSIBLE),
        entry(_("Deleted files"), reverse("admin:evidence_deletedfile_changelist"), "delete_forever", RESPONSIBLE),
        entry(_("Signing keys"), reverse("admin:evidence_signingkey_changelist"), "key", CASE_READERS),
    ]


def behind_documents():
    tables = [
        (_("Uploads"), "evidence_upload", "upload_file"),
        (_("Virus scans"), "evidence_scan", "coronavirus"),
        (_("What was read"), "evidence_content", "article"),
        (_("Mails"), "evidence_mail", "drafts"),
        (_("Pages as pictures"), "evidence_leaves", "auto_stories"),
        (_("Fingerprints"), "evidence_fingerprint", "fingerprint"),
        (_("Fingerprints of stories"), "claims_storyprint", "compare"),
        (_("Remarks on pages"), "claims_pin", "push_pin"),
        (_("Documents marked as read"), "claims_readmark", "done_all"),
        (_("Proofs of losses"), "claims_proof", "fact_check"),
        (_("Bundles"), "claims_bundle", "menu_book"),
        (_("Deletions"), "evidence_deletion", "folder_delete"),
    ]
    return [entry(title, reverse(f"admin:{name}_changelist"), icon, RESPONSIBLE) for title, name, icon in tables]


def account_links(request):
    return [
        {"title": _("My account"), "link": reverse("profile")},
        {"title": _("Change password"), "link": reverse("account_change_password")},
    ]
