"""Incidents: what happened, who may claim what, and the few things a manager does with one."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import STAFF, Role
from claims.actions import incidents as actions
from claims.admin.frame import page, say_no, staff_only
from claims.models import Customer, Incident, Notice
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.filing import clean_login
from claims.rules.outage import outage_days
from claims.rules.statuses import UNDECIDED
from claims.rules.terms import HEADS

UNFINISHED = [status.value for status in UNDECIDED]


@staff_only(*STAFF)
@require_safe
def incidents(request):
    counted = Incident.objects.annotate(
        filed=Count("claims", filter=~Q(claims__status="draft")),
        unfinished=Count("claims", filter=Q(claims__status__in=UNFINISHED)),
    )
    return page(request, "incidents.html", title=_("Incidents"), incidents=counted)


@staff_only(*STAFF)
@require_safe
def incident(request, code):
    """One incident; ?login= looks an account up on its roster."""
    return show(request, found(code))


def found(code):
    if (made := Incident.objects.filter(code=code).first()) is None:
        raise Http404
    return made


def show(request, made, status=200):
    login, customer, problem = request.GET.get("login", ""), None, ""
    if login:
        try:
            customer = Customer.objects.with_login(made, clean_login(login)).select_related("service").first()
        except Refused as refused:
            problem = refused.message
    if customer is not None:
        customer.incident = made
    rules = made.terms.rules if made.terms else None
    return page(
        request,
        "incident.html",
        status=status,
        title=made.title,
        incident=made,
        services=made.services.annotate(accounts=Count("customers")).order_by("code"),
        rules=rules,
        head_caps=[(HEADS[head], rules.head_caps.get(head)) for head in HEADS] if rules else [],
        counts=counts_of(made),
        days=outage_days([made.interval], min_minutes_per_day=rules.min_minutes_per_day) if rules else [],
        may_manage=bool(permissions.may_manage_incidents(request.user)),
        login=login[:254],
        problem=problem,
        customer=customer,
        customer_days=days_of(customer, rules),
    )


def days_of(customer, rules):
    if customer is None or rules is None:
        return []
    return outage_days(customer.outage, min_minutes_per_day=rules.min_minutes_per_day)


def counts_of(made):
    return {
        "accounts": made.customers.count(),
        "filed": made.claims.exclude(status="draft").count(),
        "unfinished": made.claims.filter(status__in=UNFINISHED).count(),
        "held": Notice.objects.filter(state=Notice.State.HELD, claim__incident=made).count(),
    }


@dataclass(frozen=True)
class Step:
    """Something a manager does with an incident, and the words around it."""

    question: str
    button: str
    done: str


STEPS = {
    "open": Step(
        gettext_lazy("Open this incident for claims?"),
        gettext_lazy("Open for claims"),
        gettext_lazy("Open for claims."),
    ),
    "close": Step(
        gettext_lazy("Close this incident?"),
        gettext_lazy("Close"),
        gettext_lazy("Closed. Claims that were filed go on."),
    ),
}


@staff_only(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def move(request, code, step):
    """Asks, saying what will change; then opens or closes."""
    made, words = found(code), STEPS[step]
    if request.method in ("GET", "HEAD"):
        return confirm(request, made, words, changes(made, step))
    try:
        (actions.open if step == "open" else actions.close)(code, by=request.user)
    except Refused as refused:
        say_no(request, refused)
        return show(request, found(code), status=refused.status)
    messages.success(request, words.done)
    return HttpResponseRedirect(reverse("admin:incident", args=[code]))


def changes(made, step):
    """What will be different afterwards, as sentences."""
    if step == "close":
        unfinished = counts_of(made)["unfinished"]
        return [
            _("Nobody can file a claim any more, except an operator or a supervisor with a reason."),
            ngettext(
                "%(count)d claim that is not decided yet goes on.",
                "%(count)d claims that are not decided yet go on.",
                unfinished,
            )
            % {"count": unfinished},
        ]
    sentences = [_("Everybody can read about this incident and file a claim.")]
    if made.terms and made.terms.frozen_at is None:
        sentences.append(_("Its terms are frozen: a later version takes two managers."))
    return sentences


@staff_only(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request, code, service):
    """Declares a service restored: the notices that waited for its mailboxes leave."""
    made = found(code)
    row = made.services.filter(code=service).first()
    if row is None:
        raise Http404
    words = Step(_("Does the service “%(service)s” work again?") % {"service": row}, _("Declare restored"), "")
    if request.method in ("GET", "HEAD"):
        return confirm(request, made, words, leaving(made, row))
    try:
        released = actions.restore(code, service, by=request.user)
    except Refused as refused:
        say_no(request, refused)
        return show(request, found(code), status=refused.status)
    messages.success(
        request,
        ngettext(
            "%(count)d notice that waited is on its way.", "%(count)d notices that waited are on their way.", released
        )
        % {"count": released},
    )
    return HttpResponseRedirect(reverse("admin:incident", args=[code]))


def leaving(made, service):
    """How many held notices a restored `service` sets free, in words."""
    held = Notice.objects.filter(state=Notice.State.HELD, claim__incident=made)
    here = Q()
    for domain in service.domains:
        here |= Q(recipient__email__iendswith=f"@{domain}") | Q(recipient__second_email__iendswith=f"@{domain}")
    count = held.filter(here).count() if service.domains else 0
    return [
        ngettext(
            "%(count)d notice that waits for this service will leave, oldest first.",
            "%(count)d notices that wait for this service will leave, oldest first.",
            count,
        )
        % {"count": count},
        _("Mail to %(domains)s is trusted again.") % {"domains": ", ".join(service.domains) or "–"},
        _("This cannot be taken back."),
    ]


def confirm(request, made, words, sentences):
    back = reverse("admin:incident", args=[made.code])
    return page(request, "confirm.html", title=made.title, words=words, changes=sentences, back=back)
