"""The ledger of an incident: totals over all remedies, accounts page by page, and every line of one account."""

from time import monotonic

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import Role
from claims.actions import exports
from claims.admin.frame import page, say_no, staff_only
from claims.models import Incident
from claims.models.claim import REMEDIES
from claims.reports import ledger as reports
from claims.reports.ledger_lines import account_of, payouts_of
from claims.rules.errors import Refused

SHOWN = 100
SLOW = 1.0  # seconds; sums that took longer are shown again for a while, with their moment
KEPT = 60  # times as long as they took


@staff_only(Role.MANAGER)
@require_safe
def ledger(request):
    incidents = list(Incident.objects.public())
    wanted = request.GET.get("incident", "")
    incident = next((each for each in incidents if wanted in ("", each.code)), None)
    if incident is None and wanted:
        raise Http404
    if incident is None:
        return page(request, "ledger.html", title=_("Ledger"), incidents=[], incident=None)
    account, words = line(request, "account"), line(request, "q")
    if account:
        return show_account(request, incident, account.lower())
    if words:
        if account := account_of(incident, words):
            return HttpResponseRedirect(address(incident, account=account))
        messages.warning(request, _("Nothing is known of “%(words)s” in this incident.") % {"words": words})
    return show_all(request, incidents, incident, words)


def line(request, name):
    """What somebody typed or followed, "" for what no account is called."""
    value = request.GET.get(name, "").strip()
    return value if value.isprintable() and len(value) <= 254 else ""


def address(incident, **more):
    return f"{reverse('admin:ledger')}?{urlencode({'incident': incident.code, **more})}"


def show_all(request, incidents, incident, words):
    after = line(request, "after")
    entries, following = reports.page(incident, after=after, most=SHOWN)
    return page(
        request,
        "ledger.html",
        title=_("Ledger"),
        incidents=incidents,
        incident=incident,
        words=words,
        sums=sums_of(incident),
        entries=[(entry, address(incident, account=entry.account)) for entry in entries],
        first=address(incident) if after else "",
        following=following and address(incident, after=following),
    )


def sums_of(incident):
    """What is owed and paid over all accounts, and of when that is."""
    key = f"ledger:{incident.pk}"
    if (known := cache.get(key)) is not None:
        return known
    started = monotonic()
    remedies, labels = reports.by_remedy(incident), dict(REMEDIES)
    sums = {
        "remedies": [(labels.get(remedy, remedy), entry) for remedy, entry in remedies.items()],
        "all": reports.together(incident),
        "at": timezone.now(),
        "seconds": monotonic() - started,
    }
    if sums["seconds"] > SLOW:
        cache.set(key, sums, sums["seconds"] * KEPT)
    return sums


def show_account(request, incident, account):
    payouts = payouts_of(incident, account)
    entries = reports.entries(incident, [account])
    if not payouts and not entries:
        raise Http404
    return page(
        request,
        "ledger_account.html",
        title=_("Ledger: %(account)s") % {"account": account},
        incident=incident,
        account=account,
        entry=entries[0] if entries else reports.Entry(account),
        payouts=payouts,
        back=address(incident),
    )


@staff_only(Role.MANAGER)
@require_POST
def export(request):
    """Asks for the whole ledger as a file; it is built like every report."""
    code, file_format = request.POST.get("incident", ""), request.POST.get("format", "csv")
    try:
        exports.request_export(by=request.user, report="ledger", format=file_format, filters={"incident": code})
    except Refused as refused:
        say_no(request, refused)
        return HttpResponseRedirect(reverse("admin:ledger"))
    messages.success(request, _("The file is being built. It appears below."))
    return HttpResponseRedirect(reverse("admin:exports"))
