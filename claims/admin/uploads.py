"""Files that go with a message of the staff, sent in pieces (tus 1.0) as claimants send theirs."""

from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from claims.actions import uploads
from claims.admin.cases import REVIEWING, found
from claims.admin.frame import staff_only
from claims.rules.errors import Refused
from evidence import tus
from evidence.errors import FileRefused


@staff_only(*REVIEWING)
@require_http_methods(["POST", "OPTIONS"])
def begin(request, reference):
    if request.method == "OPTIONS":
        return tus.options()
    told = {}
    try:
        size, told = tus.announced(request)
        name, what = told.get("filename", ""), uploads.MESSAGE
        upload = uploads.begin(reference, by=request.user, name=name, size=size, what=what, for_office=True)
    except tus.Malformed as error:
        return tus.malformed(error)
    except Refused as refused:
        return no(request, refused, told.get("filename", ""))
    return tus.begun(upload, reverse("admin:case-upload", args=[reference, upload.pk]))


@staff_only(*REVIEWING)
@require_http_methods(["HEAD", "GET", "POST", "PATCH", "DELETE", "OPTIONS"])
def one(request, reference, upload):
    """How far it is, more of it, its end, or (GET) the row that waits for its message."""
    if request.method == "OPTIONS":
        return tus.options()
    claim, mine = found(request, reference), None
    if claim.claimant_id == request.user.pk:
        raise Http404
    try:
        mine = uploads.find(claim, upload, by=request.user)
        method = tus.method_of(request)
        return DOES[method](request, claim, mine) if method in DOES else HttpResponseNotAllowed([*DOES, "OPTIONS"])
    except tus.Malformed as error:
        return tus.malformed(error)
    except (FileRefused, Refused) as refused:
        return no(request, refused, mine.name if mine else "", mine)


def patch(request, claim, upload):
    answer = tus.take(request, upload, request)
    if upload.is_whole:
        uploads.check_taken(uploads.finish(claim, upload.pk, by=request.user))
    return answer


def shown(request, claim, upload):
    if not upload.is_whole:
        return tus.answer(204, upload)
    upload = uploads.finish(claim, upload.pk, by=request.user)
    uploads.check_taken(upload)
    return render(request, "claimant/filing/waiting.html", {"upload": upload})


def no(request, refused, name, upload=None):
    """A refusal as the row of the file."""
    if refused.status == 404:
        raise Http404 from refused
    context = {"problem": {"name": name, "code": refused.code, "message": refused.message}}
    return tus.marked(render(request, "claimant/filing/problem.html", context, status=refused.status), upload)


DOES = {
    "HEAD": lambda request, claim, upload: tus.told(request, upload),
    "GET": shown,
    "PATCH": patch,
    "DELETE": lambda request, claim, upload: tus.drop(request, upload),
}
