"""The staff's site: django-unfold's, with Ristoro's access rules."""

from unfold.sites import UnfoldAdminSite

site = UnfoldAdminSite()
