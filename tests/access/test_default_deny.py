"""Default deny: a route that somebody adds without thinking of who may open it is noticed, whichever door it is in."""

import pytest
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

from config.checks import every_view_has_a_rule
from config.urls import urlpatterns
from tests.access.test_matrix import matrix, missing_and_surplus
from tests.access.walk import Route, Unlisted, walked


def careless_page(request):
    return HttpResponse("everything")


class Careless(APIView):
    def get(self, request):
        return Response("everything")


NEW = {
    "web": (path("claims/all/", careless_page), "/claims/all/"),
    "api": (path("api/", include([path("v1/everything/", Careless.as_view())])), "/api/v1/everything/"),
    "admin": (path("admin/", include([path("all/", staff_member_required(careless_page))])), "/admin/all/"),
}


class Addresses:
    """A URLconf as an object."""

    handler400 = handler403 = handler404 = handler500 = careless_page

    def __init__(self, *more):
        self.urlpatterns = [*more, *urlpatterns]


@pytest.mark.parametrize("door", NEW)
def test_a_new_route_without_a_rule_is_noticed_by_the_check_and_by_the_matrix(door):
    pattern, address = NEW[door]
    assert list(every_view_has_a_rule(None)) == []
    with override_settings(ROOT_URLCONF=Addresses(pattern)):
        found = [(each.id, each.msg) for each in every_view_has_a_rule(None)]
        missing, surplus = missing_and_surplus(walked(), matrix())
    assert found == [("ristoro.E010", f"{address} has no access rule.")]
    assert {line.split(",")[0] for line in missing} == {address}
    assert f"{address},GET,-,{','.join('?' * 11)}" in missing
    assert surplus == []


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["anonymous", "owner", "supervisor", "administrator"])
def test_such_a_view_of_the_api_is_closed_to_everybody(world, who):
    with override_settings(ROOT_URLCONF=Addresses(NEW["api"][0])):
        answer = world.program(who).get("/api/v1/everything/")
    assert answer.status_code == (401 if who == "anonymous" else 403)


def test_a_route_that_is_gone_leaves_rows_that_are_noticed():
    routes = [route for route in walked() if route.address != "/livez"]
    missing, surplus = missing_and_surplus(routes, matrix())
    assert missing == []
    assert surplus == [("/livez", method, "-") for method in ("GET", "HEAD", "POST")]


@pytest.mark.django_db
def test_an_argument_that_no_table_knows_is_noticed(world):
    with pytest.raises(Unlisted, match="add 'colour' to CASES"):
        list(Route("/paint/<slug:colour>/", careless_page).rows)
    with pytest.raises(Unlisted, match="add <slug:colour>"):
        world.address(Route("/paint/<slug:colour>/", careless_page), "-", "owner")
