"""Every address of Ristoro."""

from django.urls import include, path

from claims.admin.site import site
from config import health

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", site.urls),
    path("accounts/", include("accounts.urls")),
    path("api/", include("claims.api.urls")),
    path("", include("claims.web.urls")),
]
