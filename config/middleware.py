"""Who asks, a request id on every answer and log line; requests that no browser sends are refused."""

import contextvars
import logging
import uuid
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpResponse

refusals = logging.getLogger("ristoro.refused")
request_id = contextvars.ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    def filter(self, record):
        record.request_id = request_id.get()
        return True


class Proxies:
    """Believes X-Forwarded-For and -Proto from TRUSTED_PROXIES and from nobody else.

    The address that counts is the last one that no proxy of ours has: what stands before it anybody may have written.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.networks = [ip_network(each.strip(), strict=False) for each in settings.TRUSTED_PROXIES]

    def __call__(self, request):
        meta = request.META
        if self.networks and self.is_ours(meta.get("REMOTE_ADDR", "")):
            meta["REMOTE_ADDR"] = self.asker(meta)
            if meta.get("HTTP_X_FORWARDED_PROTO") == "https":
                meta["wsgi.url_scheme"] = request.environ["wsgi.url_scheme"] = "https"
        return self.get_response(request)

    def asker(self, meta):
        for address in reversed(meta.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            if not is_address(address.strip()):
                break
            if not self.is_ours(address.strip()):
                return address.strip()
        return meta["REMOTE_ADDR"]

    def is_ours(self, address):
        return is_address(address) and any(ip_address(address) in network for network in self.networks)


def is_address(text):
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class RequestId:
    """Names each request, so that a person's screenshot leads to our log line."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = uuid.uuid4().hex[:12]
        token = request_id.set(request.id)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response.headers["X-Request-ID"] = request.id
        return response


class Refusals:
    """One line for every 401 and 403, whichever door said no: who asked (an id) and for what, nothing personal."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code in (401, 403):
            # Escaped: nobody writes lines of their own into the log.
            path = request.path.encode("unicode_escape").decode("ascii")
            person = request.user.pk
            refusals.warning("%s refused: %s %s, person %s", response.status_code, request.method, path, person)
        return response


class SaneRequests:
    """414 for an address, 400 for cookies or headers beyond what any browser sends."""

    LONGEST_ADDRESS = 8000  # bytes
    LONGEST_COOKIES = 8000
    MOST_HEADERS = 100

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        meta = request.META
        if len(meta.get("PATH_INFO", "")) + len(meta.get("QUERY_STRING", "")) > self.LONGEST_ADDRESS:
            return HttpResponse("This address is too long.", status=414, content_type="text/plain")
        if len(meta.get("HTTP_COOKIE", "")) > self.LONGEST_COOKIES:
            return HttpResponse("Too many cookies.", status=400, content_type="text/plain")
        if sum(name.startswith("HTTP_") for name in meta) > self.MOST_HEADERS:
            return HttpResponse("Too many headers.", status=400, content_type="text/plain")
        return self.get_response(request)
