"""Asking the claimant from the case page, and taking a question back."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from claims.actions import questions
from claims.admin.asked import AskForm
from claims.admin.cases import REVIEWING, address, carried_out, found, show
from claims.admin.frame import staff_only
from claims.rules.errors import Refused


@staff_only(*REVIEWING)
@require_POST
def ask(request, reference):
    """Asks; whatever is refused comes back beside its field, with everything that was typed."""
    claim = found(request, reference)
    form = AskForm.read(request.POST)
    things = form.things(claim, set(claim.items.values_list("head", flat=True)))
    try:
        questions.ask(claim.reference, by=request.user, items=things, text=form.text, days=form.number_of_days())
    except Refused as refused:
        form.show(refused)
        return show(request, found(request, reference), status=refused.status, asking=form)
    messages.success(request, _("The claimant is asked. The clock stands still until the answer."))
    return HttpResponseRedirect(address(claim) + "?tab=evidence")


@staff_only(*REVIEWING)
@require_POST
def cancel(request, reference):
    def take_back():
        questions.cancel(reference, by=request.user)
        messages.success(request, _("The question is taken back. The claimant will be told."))

    return carried_out(request, reference, take_back)
