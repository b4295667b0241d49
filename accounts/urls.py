"""Sign-up, sign-in and one's own account: allauth's pages, each with its access rule."""

from django.urls import include, path

urlpatterns = [path("", include("allauth.account.urls"))]
