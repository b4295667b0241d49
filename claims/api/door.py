"""What every view of the API is."""

from rest_framework.views import APIView

from claims.api.access import Permitted


class Door(APIView):
    """A view of the API. Subclasses name `access_rule` (see claims.api.access)."""

    http_method_names = ("get", "post", "patch", "delete", "head")
    access_rule = None
    permission_classes = (Permitted,)
