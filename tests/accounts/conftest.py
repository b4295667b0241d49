"""Sign-in as a person does it: pages, the mailbox, the code from the mail."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from claims.actions import notices


@pytest.fixture
def confirmed():
    """confirmed(person): their address was confirmed before, as after a sign-up."""

    def confirm(person):
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        return person

    return confirm


@pytest.fixture
def post(db):
    """post() delivers what is in the outbox and returns the messages."""

    def deliver():
        mail.outbox.clear()
        notices.deliver_batch()
        return list(mail.outbox)

    return deliver


def code_in(message):
    """The code to type, from the text of a message."""
    return re.search(r"^ {4}(\S+)$", message.body, re.MULTILINE)[1]
