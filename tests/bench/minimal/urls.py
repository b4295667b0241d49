"""POST / inserts an order and its line."""

import json

from django.db import transaction
from django.http import JsonResponse
from django.urls import path

from tests.bench.minimal.models import Line, Order


def insert(request):
    data = json.loads(request.body)
    with transaction.atomic():
        order = Order.objects.create(name=data["login"], text=data["narrative"])
        Line.objects.create(order=order, amount=data["items"][0]["amount"])
    answer = JsonResponse({"id": order.pk}, status=201)
    answer.headers["Content-Length"] = str(len(answer.content))
    return answer


urlpatterns = [path("", insert)]
