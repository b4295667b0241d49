"""Writing to the claimant, and among colleagues, on the case page."""

from django.contrib import messages as shown
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from claims.actions import messages, uploads
from claims.admin.cases import REVIEWING, carried_out, found
from claims.admin.frame import staff_only


@staff_only(*REVIEWING)
@require_POST
def write(request, reference):
    def send():
        text, sent = request.POST.get("message", ""), request.FILES.getlist("file")
        with uploads.taken_along(found(request, reference), request.POST.getlist("upload"), by=request.user) as waited:
            messages.write(reference, by=request.user, text=text, uploads=[*waited, *sent], for_office=True)
        shown.success(request, _("The message is in the claimant's case. A notice tells of it."))

    return carried_out(request, reference, send)


@staff_only(*REVIEWING)
@require_POST
def note(request, reference):
    def keep():
        note = messages.write_note(reference, by=request.user, text=request.POST.get("internal_note", ""))
        shown.success(request, _("The note is kept. Only colleagues read it."))
        if note.unknown:
            names = ", ".join(f"@{name}" for name in note.unknown)
            shown.warning(request, _("Nobody who may read this claim is called %(names)s.") % {"names": names})

    return carried_out(request, reference, keep)
