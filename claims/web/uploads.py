"""Files of a claim that come in pieces (tus 1.0); what the page shows of each when it is here."""

from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import SIGNED_IN, access
from claims.actions import uploads
from claims.rules.errors import Refused
from claims.web.cases_own import own_claim
from claims.web.evidence_taking import Problem, rows
from evidence import tus
from evidence.errors import FileRefused

KINDS = {uploads.EVIDENCE, uploads.MESSAGE}


@access(SIGNED_IN)
@require_http_methods(["POST", "OPTIONS"])
@own_claim
def begin(request, claim):
    """Makes room for one file; the answer says where to send it."""
    if request.method == "OPTIONS":
        return tus.options()
    try:
        size, told = tus.announced(request)
        upload = uploads.begin(claim.reference, by=request.user, size=size, **asked_for(told))
    except tus.Malformed as error:
        return tus.malformed(error)
    except Refused as refused:
        return no(request, refused, told.get("filename", ""))
    return tus.begun(upload, reverse("claim-upload", args=[claim.reference, upload.pk]))


def asked_for(told):
    """What the file is and what it is for, from its metadata."""
    what, answers = told.get("for", uploads.EVIDENCE), told.get("answers", "")
    if what not in KINDS or not (answers == "" or (answers.isascii() and answers.isdigit() and len(answers) < 19)):
        raise tus.Malformed(400, "Upload-Metadata says what this file is for in a way we do not know.")
    return {"name": told.get("filename", ""), "what": what, "asked_id": int(answers) if answers else None}


@access(SIGNED_IN)
@require_http_methods(["HEAD", "GET", "POST", "PATCH", "DELETE", "OPTIONS"])
@own_claim
def one(request, claim, upload):
    """How far it is, more of it, its end, or (GET) the row that the page shows of it."""
    if request.method == "OPTIONS":
        return tus.options()
    method, found = tus.method_of(request), None
    try:
        found = uploads.find(claim, upload, by=request.user)
        return DOES[method](request, claim, found) if method in DOES else HttpResponseNotAllowed([*DOES, "OPTIONS"])
    except tus.Malformed as error:
        return tus.malformed(error)
    except FileRefused as refused:
        return no(request, refused, found.name, found)
    except Refused as refused:
        if refused.status == 404:
            raise
        return no(request, refused, found.name if found else "", found)


def head(request, claim, upload):
    return tus.told(request, upload)


def patch(request, claim, upload):
    answer = tus.take(request, upload, request)
    if upload.is_whole:
        uploads.check_taken(uploads.finish(claim, upload.pk, by=request.user))
    return answer


def delete(request, claim, upload):
    return tus.drop(request, upload)


def shown(request, claim, upload):
    """The row of a file that is here: a document, or one that waits for its message. Nothing yet: 204."""
    if not upload.is_whole:
        return tus.answer(204, upload)
    upload = uploads.finish(claim, upload.pk, by=request.user)
    uploads.check_taken(upload)
    if upload.document is None:
        return render(request, "claimant/filing/waiting.html", {"upload": upload})
    attached = claim.attachments.select_related("document").filter(document=upload.document)
    context = {**rows(claim, only=list(attached)), "claim": claim, "problems": []}
    return render(request, "claimant/filing/taken.html", context)


def no(request, refused, name, upload=None):
    """A refusal as the row of the file."""
    context = {"problem": Problem(name, refused.code, refused.message)}
    return tus.marked(render(request, "claimant/filing/problem.html", context, status=refused.status), upload)


DOES = {"HEAD": head, "GET": shown, "PATCH": patch, "DELETE": delete}
