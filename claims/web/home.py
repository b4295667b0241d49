"""The first page: what this is for, the open incidents, where to begin."""

from django.shortcuts import render
from django.utils import timezone

from accounts.access import PUBLIC, access
from claims.models import Incident


@access(PUBLIC)
def home(request):
    now = timezone.now()
    incidents = list(Incident.objects.public())
    is_open = [incident for incident in incidents if incident.accepts_claims(now)]
    return render(
        request,
        "claimant/home.html",
        {"is_open": is_open, "is_over": [incident for incident in incidents if incident not in is_open]},
    )
