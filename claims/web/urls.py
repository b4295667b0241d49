"""Addresses of the claimant's pages."""

urlpatterns = []
