"""A mail server on a loopback port that keeps what it is given, and can misbehave on command."""

import socket
from contextlib import contextmanager
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

ACCEPTED = "250 OK"


class Sink:
    """`messages` in the order they were accepted; `connections` made; `answers`: {address: reply to RCPT}.

    `break_off` holds the numbers of the DATA commands (1, 2, …) at which the line goes dead before the reply;
    `on_data(number)` is called before each reply.
    """

    def __init__(self, *, pipelining=False):
        self.pipelining = pipelining
        self.messages, self.connections, self.data = [], 0, 0
        self.answers, self.break_off, self.on_data = {}, set(), lambda number: None

    @property
    def ids(self):
        return [message["Message-ID"] for message in self.messages]

    @property
    def addresses(self):
        return [message["To"] for message in self.messages]

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]] if self.pipelining else responses

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        answer = self.answers.get(address, ACCEPTED)
        if answer == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, _session, envelope):
        self.data += 1
        if self.data in self.break_off:
            server.transport.abort()
            return "421 gone"
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        self.on_data(self.data)
        return ACCEPTED


class Counted(SMTP):
    def connection_made(self, transport):
        self.event_handler.connections += 1
        super().connection_made(transport)


class Listening(Controller):
    def factory(self):
        return Counted(self.handler, **self.SMTP_kwargs)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(sink=None):
    """(sink, port) of a server that listens until the end."""
    sink = sink or Sink()
    controller = Listening(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    sink.connections = 0  # the controller knocks once to see whether it is up
    try:
        yield sink, controller.port
    finally:
        controller.stop()
