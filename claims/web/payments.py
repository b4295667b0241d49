"""My payments: what mass runs owe to my accounts, and where it is paid."""

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SIGNED_IN, access
from claims.actions.account_details import give_account_details
from claims.reports.own_accounts import confirmed_addresses, own_accounts, own_customers
from claims.web.cases_own import refusals_shown
from claims.web.filing_steps import filled, saved
from claims.web.forms import WhereToPay
from claims.web.kept import keeps_text
from claims.web.throttled import too_many

BIGGEST = 2**63 - 1
MOST_TRIES, AN_HOUR = 20, 3600


class AccountDetailsForm(WhereToPay):
    also = django_forms.MultipleChoiceField(
        label=gettext_lazy("Use it for these accounts of yours too"),
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, others=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["also"].choices = [(str(each.customer.pk), each.customer.login) for each in others]
        if not others:
            self.fields.pop("also")

    def values(self):
        values = super().values()
        return {**values, "also": [int(each) for each in values.get("also", ())]}


@access(SIGNED_IN)
@require_safe
@never_cache
def payments(request):
    accounts = own_accounts(own_customers(request.user))
    context = {
        "accounts": accounts,
        "addresses": confirmed_addresses(request.user),
        "now": timezone.now(),
    }
    return render(request, "claimant/payments/payments.html", context)


@keeps_text
@access(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@refusals_shown
def details(request, account):
    """Where an account is paid. Somebody else's, and one that is not there, are the same 404."""
    theirs = own_customers(request.user)
    mine = next(iter(own_accounts(theirs.filter(pk=account))), None) if account <= BIGGEST else None
    if mine is None:
        raise Http404
    if request.method == "POST" and (refused := too_many(request, "bank details", limit=MOST_TRIES, seconds=AN_HOUR)):
        return refused
    form = filled(request, AccountDetailsForm, others=[] if mine.details else without_details(theirs, mine))
    if saved(form, lambda values: give_account_details(account, by=request.user, **values)):
        messages.success(request, _("Your bank details are stored."))
        return redirect("payments")
    if not form.is_bound and not mine.open:
        return redirect("payments")
    context = {"account": mine, "form": form}
    return render(request, "claimant/payments/details.html", context, status=422 if form.is_bound else 200)


def without_details(theirs, mine):
    """The person's other accounts of which nobody has said where to pay."""
    others = own_accounts(theirs.exclude(pk=mine.customer.pk))
    return [each for each in others if each.asks and not each.came_back]
