"""A mail server that takes everything and keeps nothing: `python -m tests.bench.sink PORT`."""

import sys
import threading

from aiosmtpd.controller import Controller


class Nothing:
    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_DATA(self, _server, _session, _envelope):
        return "250 OK"


if __name__ == "__main__":
    Controller(Nothing(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
    print("ready", flush=True)
    threading.Event().wait()
