"""Addresses of filing and following a claim."""

from django.urls import include, path

from claims.web import appeals, cases, evidence, filing, filing_losses, letters, messages, questions, uploads, vouchers

of_a_claim = [
    path("", cases.case, name="claim"),
    path("account/", filing.account, name="claim-account"),
    path("story/", filing.story, name="claim-story"),
    path("losses/", filing_losses.losses, name="claim-losses"),
    path("losses/add/", filing_losses.loss, name="claim-loss-add"),
    path("losses/<int:item>/", filing_losses.loss, name="claim-loss"),
    path("losses/<int:item>/remove/", filing_losses.loss_remove, name="claim-loss-remove"),
    path("documents/", evidence.documents, name="claim-documents"),
    path("documents/<uuid:document>/", evidence.document, name="claim-document"),
    path("documents/<uuid:document>/preview/", evidence.preview, name="claim-document-preview"),
    path("documents/<uuid:document>/row/", evidence.row, name="claim-document-row"),
    path("documents/<uuid:document>/remove/", evidence.remove, name="claim-document-remove"),
    path("uploads/", uploads.begin, name="claim-uploads"),
    path("uploads/<uuid:upload>/", uploads.one, name="claim-upload"),
    path("letters/<str:code>/", letters.letter, name="claim-letter"),
    path("vouchers/<int:award>/", vouchers.voucher, name="claim-voucher"),
    path("bank/", filing.bank, name="claim-bank"),
    path("check/", filing.check, name="claim-check"),
    path("done/", filing.done, name="claim-done"),
    path("answer/", questions.overview, name="claim-answer"),
    path("answer/<int:item>/", questions.one, name="claim-answer-one"),
    path("messages/", messages.thread, name="claim-messages"),
    path("withdraw/", cases.withdraw, name="claim-withdraw"),
    path("accept/", appeals.accept, name="claim-accept"),
    path("appeal/", appeals.appeal, name="claim-appeal"),
    path("bank-details/", appeals.bank_details, name="claim-bank-details"),
]
urlpatterns = [
    path("incidents/<slug:code>/claim/", filing.start, name="claim-new"),
    path("claims/", cases.cases, name="claims"),
    path("claims/<str:reference>/", include(of_a_claim)),
]
