"""A document as it is read beside the decision: its pages, the remarks on them, what it proves, who has read it."""

from dataclasses import dataclass

from claims.models import Attachment, Pin, ReadMark
from evidence import leaves
from evidence.models import Leaves

WINDOW = 12  # thumbnails at a time
ZOOMS = (1, 2, 3)
TURNS = (0, 90, 180, 270)


@dataclass(frozen=True)
class Room:
    """`number` is the page shown; `near` the pages with thumbnails; `before` and `after` the documents beside it."""

    attachment: Attachment
    leaves: Leaves | None
    number: int
    near: range
    zoom: int
    turn: int
    pins: list
    proofs: set
    before: Attachment | None
    after: Attachment | None

    @property
    def here(self):
        """Remarks on the page that is shown."""
        return [pin for pin in self.pins if pin.page == self.number]

    @property
    def last(self):
        return self.leaves.made if self.leaves else 0

    @property
    def next_zoom(self):
        return min(self.zoom + 1, ZOOMS[-1])

    @property
    def less_zoom(self):
        return max(self.zoom - 1, ZOOMS[0])

    @property
    def next_turn(self):
        return (self.turn + 90) % 360


def with_readers(claim, attachments):
    """The attachments; each knows its read marks."""
    marks = {}
    for mark in ReadMark.objects.filter(attachment__claim=claim).select_related("by"):
        marks.setdefault(mark.attachment_id, []).append(mark)
    for each in attachments:
        each.readers = marks.get(each.pk, [])
    return attachments


def unread(attachments, person):
    """Those clean documents that `person` did not mark as read."""
    clean = [each for each in attachments if each.document.state == "clean"]
    return [each for each in clean if all(mark.by_id != person.pk for mark in each.readers)]


def room_of(attachments, wanted):
    """The Room for what the address asks for, None if it asks for no document of these. Asks for its pages."""
    clean = [each for each in attachments if each.document.state == "clean"]
    place = next((at for at, each in enumerate(clean) if str(each.document_id) == wanted.get("document")), None)
    if place is None:
        return None
    chosen = clean[place]
    leaves.want([each.document for each in clean])
    made = Leaves.objects.filter(pk=chosen.document.sha256).first()
    number = min(max(whole(wanted.get("page"), 1), 1), max(made.made if made else 1, 1))
    zoom, turn = whole(wanted.get("zoom"), 1), whole(wanted.get("turn"), 0)
    first = max(1, number - WINDOW // 2)
    return Room(
        attachment=chosen,
        leaves=made,
        number=number,
        near=range(first, min(first + WINDOW, (made.made if made else 0) + 1)),
        zoom=zoom if zoom in ZOOMS else 1,
        turn=turn if turn in TURNS else 0,
        pins=list(Pin.objects.filter(attachment=chosen).select_related("by", "resolved_by")),
        proofs=set(chosen.proofs.values_list("item_id", flat=True)),
        before=clean[place - 1] if place else None,
        after=clean[place + 1] if place + 1 < len(clean) else None,
    )


def whole(text, default):
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 7 else default


def beside(claim, attachments, person, wanted):
    """What a page shows of the documents beside the decision; `wanted` is the query of its address."""
    attachments = with_readers(claim, attachments)
    clean = [each for each in attachments if each.document.state == "clean"]
    return {
        "attachments": attachments,
        "unread": unread(attachments, person),
        "readable": len(clean),
        "read": len(clean) - len(unread(attachments, person)),
        "room": room_of(attachments, wanted),
    }
