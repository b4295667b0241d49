"""Files of a claim that come in pieces: begun, taken in once they are whole, or kept until a message takes them along.

Whatever came in pieces is treated as if it had come at once: attachments.attach() and messages.write() decide.
"""

from contextlib import ExitStack, contextmanager, suppress

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import attachments, lifecycle, messages
from claims.rules import permissions
from claims.rules.errors import Refused
from evidence import intake, resuming
from evidence.errors import FileRefused
from evidence.models import Upload

EVIDENCE, MESSAGE = "evidence", "message"
GONE = _("This file is not here any more, or was sent already. Choose it again.")


@transaction.atomic
def begin(reference, *, by, name, size, what=EVIDENCE, kind="other", item_id=None, asked_id=None, for_office=False):
    """An Upload of `size` bytes for the claim. Raises Refused at once for what would be refused when it is whole.

    `what` is EVIDENCE, attached as soon as it is whole, or MESSAGE, kept for the message that takes it along.
    """
    if what == MESSAGE:
        claim = lifecycle.locked(reference, by=by)
        permissions.require(permissions.may_take(by, claim) if for_office else permissions.may_write(by, claim))
        messages.check_state(claim, [name])
    else:
        claim, request = attachments.open_to_documents(reference, by=by)
        attachments.proven_item(claim, kind, item_id)
        attachments.asked_item(request, asked_id)
    attachments.check_quota(claim, size)
    details = {"kind": kind, "item_id": item_id, "asked_id": asked_id} if what == EVIDENCE else {}
    with refused_as_file():
        return resuming.begin(by=by, name=name, size=size, purpose=purpose(what, claim), details=details)


def purpose(what, claim):
    return f"{what} {claim.reference}"


def find(claim, upload_id, *, by):
    """The upload of `by` for this claim. Raises Refused 404 for any other, 410 once it has expired."""
    found = Upload.objects.filter(
        pk=upload_id, owner=by, purpose__in=[purpose(EVIDENCE, claim), purpose(MESSAGE, claim)]
    )
    upload = found.select_related("document").first()
    if upload is None:
        raise Refused("not_found", GONE, status=404)
    if upload.expires_at <= timezone.now():
        raise Refused("expired", GONE, field="file", status=410)
    return upload


@contextmanager
def refused_as_file():
    try:
        yield
    except FileRefused as refused:
        raise Refused(refused.code, refused.message, field="file", status=refused.status) from refused


@transaction.atomic
def finish(claim, upload_id, *, by):
    """What became of a whole upload: the same however often it is asked. Raises Refused if it was not taken.

    Evidence is attached; what is for a message is looked at as the door does, and waits.
    """
    upload = Upload.objects.select_for_update(of=["self"]).select_related("document").get(pk=upload_id, owner=by)
    if upload.is_whole and upload.ended_at is None:
        try:
            with transaction.atomic(), ready(upload) as file:
                take_in(claim, upload, file, by=by)
        except Refused as refused:
            if refused.status >= 500:
                raise  # nothing is settled yet: try again
            resuming.end(upload, problem=as_data(refused))
    return upload


def take_in(claim, upload, file, *, by):
    if upload.purpose == purpose(MESSAGE, claim):
        with refused_as_file():
            intake.look(file)
    else:
        attachment = attachments.attach(claim.reference, file, by=by, **upload.details)
        resuming.end(upload, document=attachment.document)


@contextmanager
def ready(upload):
    try:
        with resuming.whole(upload) as file:
            yield file
    except FileNotFoundError as gone:
        raise Refused("upload_gone", GONE, field="file", status=409) from gone


def as_data(refused):
    return {"code": refused.code, "status": refused.status, "message": str(refused.message), "field": refused.field}


def check_taken(upload):
    """Raises again the Refused that an upload ended with."""
    if upload.problem:
        problem = upload.problem
        raise Refused(problem["code"], problem["message"], field=problem["field"], status=problem["status"])


@contextmanager
def taken_along(claim, ids, *, by):
    """The files that wait for a message, to be given to messages.write(): sent with it, or waiting still if it fails.

    Raises Refused 409 `upload_gone` for one that is not there, not whole, or was sent already.
    """
    ids = [str(each) for each in ids]
    with transaction.atomic(), ExitStack() as files:
        waiting = waiting_for(claim, ids, by=by).select_for_update()
        found = {str(upload.pk): upload for upload in waiting}
        if len(found) < len(ids):
            raise Refused("upload_gone", GONE, field="file", status=409)
        yield [files.enter_context(ready(found[each])) for each in ids]
        for upload in found.values():
            resuming.end(upload)


def waiting_for(claim, ids, *, by):
    """Whole files among `ids` that wait for a message of `by`."""
    valid = [each for each in ids if is_id(each)]
    mine = Upload.objects.filter(owner=by, purpose=purpose(MESSAGE, claim), pk__in=valid).exclude(sha256="")
    return mine.on_their_way(timezone.now()).order_by("created_at")


def is_id(text):
    with suppress(ValueError, AttributeError):
        return str(Upload._meta.pk.to_python(text)) == str(text)
    return False
