"""Addresses of the API, version 1."""

from django.urls import path

from claims.api import (
    claims,
    clock,
    documentation,
    evidence,
    exports,
    incidents,
    letters,
    messages,
    questions,
    reasons,
    steps,
    tokens,
)

CLAIM = "v1/claims/<str:reference>/"

urlpatterns = [
    path("schema/", documentation.Schema.as_view(), name="api-schema"),
    path("docs/", documentation.Docs.as_view(), name="api-docs"),
    path("v1/token/", tokens.Token.as_view(), name="api-token"),
    path("v1/incidents/", incidents.Incidents.as_view(), name="api-incidents"),
    path("v1/incidents/<slug:code>/", incidents.OneIncident.as_view(), name="api-incident"),
    path("v1/incidents/<slug:code>/eligibility/", incidents.Eligible.as_view(), name="api-eligibility"),
    path("v1/claims/", claims.Claims.as_view(), name="api-claims"),
    path(CLAIM, claims.OneClaim.as_view(), name="api-claim"),
    path(CLAIM + "evidence/", evidence.Evidence.as_view(), name="api-evidence"),
    path(CLAIM + "evidence/<uuid:document>/", evidence.OneDocument.as_view(), name="api-document"),
    path(CLAIM + "evidence/<uuid:document>/content", evidence.Content.as_view(), name="api-content"),
    path(CLAIM + "letters/", letters.Letters.as_view(), name="api-letters"),
    path(CLAIM + "messages/", messages.Messages.as_view(), name="api-messages"),
    path(CLAIM + "events/", steps.Events.as_view(), name="api-events"),
    path(CLAIM + "submit/", steps.Submit.as_view(), name="api-submit"),
    path(CLAIM + "withdraw/", steps.Withdraw.as_view(), name="api-withdraw"),
    path(CLAIM + "assign/", steps.Assign.as_view(), name="api-assign"),
    path(CLAIM + "release/", steps.Release.as_view(), name="api-release"),
    path(CLAIM + "hold/", clock.OnHold.as_view(), name="api-hold"),
    path(CLAIM + "resume/", clock.Resume.as_view(), name="api-resume"),
    path(CLAIM + "extend/", clock.Extend.as_view(), name="api-extend"),
    path(CLAIM + "request-information/", questions.RequestInformation.as_view(), name="api-request-information"),
    path(CLAIM + "request-information/cancel/", questions.CancelRequest.as_view(), name="api-request-cancel"),
    path(CLAIM + "answer/", questions.Answer.as_view(), name="api-answer"),
    path(CLAIM + "decide/", steps.Decide.as_view(), name="api-decide"),
    path(CLAIM + "countersign/", steps.Countersign.as_view(), name="api-countersign"),
    path(CLAIM + "recall/", steps.Recall.as_view(), name="api-recall"),
    path(CLAIM + "return/", steps.Return.as_view(), name="api-return"),
    path("v1/reasons/", reasons.Reasons.as_view(), name="api-reasons"),
    path("v1/review/next/", steps.TakeNext.as_view(), name="api-next"),
    path("v1/exports/", exports.Exports.as_view(), name="api-exports"),
    path("v1/exports/<uuid:export>/", exports.OneExport.as_view(), name="api-export"),
    path("v1/exports/<uuid:export>/cancel/", exports.Cancel.as_view(), name="api-export-cancel"),
    path("v1/exports/<uuid:export>/content", exports.ExportContent.as_view(), name="api-export-content"),
]
