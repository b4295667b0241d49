"""POST /minimal/ beside all addresses of Ristoro."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from tests.bench.minimal.urls import insert

urlpatterns = [path("minimal/", csrf_exempt(login_not_required(insert))), path("", include("config.urls"))]
