"""An S3 server on the loopback that speaks HTTP, and may be told to misbehave: `server.fault = ("PUT", "500")`.

Faults: "500" and "501" answer so, "hang" answers nothing until `server.fault` is changed, "half" breaks off in the
middle of the answer. A third element is how often, a fourth a part of the address.
"""

import threading
import time
from contextlib import contextmanager

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

ERROR = b"<?xml version='1.0'?><Error><Code>%s</Code><Message>told to</Message></Error>"
CODES = {"500": ("500 Internal Server Error", b"InternalError"), "501": ("501 Not Implemented", b"NotImplemented")}
CODES["503"] = ("503 Slow Down", b"SlowDown")


class Faulty:
    def __init__(self):
        self.app = DomainDispatcherApplication(create_backend_app)
        self.fault, self.asked = None, []

    def __call__(self, environ, start_response):
        method, address = environ["REQUEST_METHOD"], f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
        self.asked.append((method, address))
        how = self.due(method, address)
        while how == "hang" and self.fault:
            time.sleep(0.01)
        if how in ("hang", *CODES):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            status, code = CODES["503" if how == "hang" else how]
            start_response(status, [("Content-Type", "application/xml")])
            return [ERROR % code]
        answer = self.app(environ, start_response)
        return self.half(answer) if how == "half" else answer

    def due(self, method, address):
        if not self.fault:
            return None
        wanted, how, *more = self.fault
        times, part = (*more, 10**9, "")[:2] if len(more) != 1 else (more[0], "")
        if method != wanted or part not in address or times == 0:
            return None
        self.fault = (wanted, how, times - 1, part)
        return how

    def half(self, answer):
        whole = b"".join(answer)
        yield whole[: len(whole) // 2]
        raise ConnectionError("broken off, as told")

    def calls(self, method):
        return [address for asked, address in self.asked if asked == method]


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_args):
        pass


@contextmanager
def running():
    app = Faulty()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    app.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield app
    finally:
        app.fault = None
        server.shutdown()
        thread.join()
        server.server_close()
