"""Addresses of the public and the claimant's pages."""

from django.urls import include, path

from claims.web import home, incidents, language, payments, problems, verify

urlpatterns = [
    path("", include("claims.web.cases_urls")),
    path("", home.home, name="home"),
    path("language/", language.choose, name="set_language"),
    path("incidents/<slug:code>/", incidents.incident, name="incident"),
    path("incidents/<slug:code>/affected/", incidents.affected, name="incident-affected"),
    path("payments/", payments.payments, name="payments"),
    path("payments/<int:account>/", payments.details, name="payment-details"),
    path("verify/", verify.verify, name="verify"),
    path("problems/new/", problems.new, name="problem-new"),
    path("problems/thanks/", problems.thanks, name="problem-thanks"),
]
