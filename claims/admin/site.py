"""Every address of the staff's pages. Each view carries its access rule; what is not listed does not exist."""

from django.urls import path

from claims.admin import (
    appeals,
    bundles,
    cases,
    checking,
    clock,
    deciding,
    desk,
    desks,
    documents,
    exports,
    incidents,
    letter_texts,
    letters,
    messages,
    outbox,
    people,
    questions,
    queue,
    reasons,
    search,
)
from claims.admin.frame import site
from claims.admin.lookups import LOOK_UPS

CASE = "cases/<str:reference>/"
INCIDENT = "incidents/<slug:code>/"

site.pages = [
    path("", desk.desk, name="index"),
    path("queue/", queue.queue, name="queue"),
    path("queue/next/", queue.take_next, name="queue-next"),
    path("queue/assign/", queue.assign, name="queue-assign"),
    path("queue/<str:reference>/take/", queue.take, name="queue-take"),
    path("search/", search.search, name="search-documents"),
    path(CASE, cases.case, name="case"),
    path(f"{CASE}take/", cases.take, name="case-take"),
    path(f"{CASE}release/", cases.release, name="case-release"),
    path(f"{CASE}assign/", cases.assign, name="case-assign"),
    path(f"{CASE}hand-over/", cases.hand_over, name="case-hand-over"),
    path(f"{CASE}hold/", clock.hold, name="case-hold"),
    path(f"{CASE}resume/", clock.resume, name="case-resume"),
    path(f"{CASE}submit/", appeals.submit_late, name="case-submit"),
    path(f"{CASE}reopen/", appeals.reopen, name="case-reopen"),
    path(f"{CASE}extend/", clock.extend, name="case-extend"),
    path(f"{CASE}messages/", messages.write, name="case-message"),
    path(f"{CASE}notes/", messages.note, name="case-note"),
    path(f"{CASE}assess/", deciding.assess, name="case-assess"),
    path(f"{CASE}check/", checking.check, name="case-check"),
    path(f"{CASE}decide/", deciding.decide, name="case-decide"),
    path(f"{CASE}draft/", deciding.save, name="case-draft"),
    path(f"{CASE}recall/", deciding.recall, name="case-recall"),
    path(f"{CASE}countersign/", deciding.countersign, name="case-countersign"),
    path(f"{CASE}return/", deciding.give_back, name="case-return"),
    path(f"{CASE}ask/", questions.ask, name="case-ask"),
    path(f"{CASE}ask/cancel/", questions.cancel, name="case-ask-cancel"),
    path(f"{CASE}search/", search.search_case, name="case-search"),
    path(f"{CASE}documents/<uuid:document_id>/", documents.reading, name="case-reading"),
    path(f"{CASE}documents/<uuid:document_id>/content/", documents.download, name="case-document"),
    path(f"{CASE}documents/<uuid:document_id>/preview/", documents.preview, name="case-preview"),
    path(f"{CASE}archive/", bundles.archive, name="case-archive"),
    path(f"{CASE}bundle/", bundles.bundle, name="case-bundle"),
    path(f"{CASE}letters/<str:code>/", letters.letter, name="case-letter"),
    path("desks/", desks.overview, name="desks"),
    path("desks/<int:person_id>/", desks.desk, name="desk-of"),
    path("desks/<int:person_id>/away/", desks.away, name="desk-away"),
    path("desks/<int:person_id>/undo/", desks.undo, name="desk-undo"),
    path("incidents/", incidents.incidents, name="incidents"),
    path(INCIDENT, incidents.incident, name="incident"),
    path(f"{INCIDENT}open/", incidents.move, {"step": "open"}, name="incident-open"),
    path(f"{INCIDENT}close/", incidents.move, {"step": "close"}, name="incident-close"),
    path(f"{INCIDENT}services/<slug:service>/restore/", incidents.restore, name="incident-restore"),
    path("exports/", exports.exports, name="exports"),
    path("exports/list/", exports.listing, name="export-list"),
    path("exports/<uuid:export_id>/cancel/", exports.cancel, name="export-cancel"),
    path("exports/<uuid:export_id>/download/", exports.download, name="export-download"),
    path("reasons/", reasons.reasons, name="reasons"),
    path("reasons/<slug:code>/", reasons.reason, name="reason"),
    path("new-reason/", reasons.new_reason, name="reason-new"),
    path("notices/<int:notice_id>/retry/", outbox.retry, name="notice-retry"),
    path("letters/", letter_texts.texts, name="letter-texts"),
    path("letters/<slug:kind>/<slug:language>/", letter_texts.text, name="letter-text"),
    path("people/", people.people, name="people"),
    path("people/<int:person_id>/", people.person, name="person"),
    path("people/<int:person_id>/switch/", people.switch, name="person-switch"),
]
for model, look_up in LOOK_UPS.items():
    site.register(model, look_up)

__all__ = ["site"]
