"""The one error of this floor: a file that is not taken, or not handed out."""

from evidence.reasons import DOOR


class FileRefused(Exception):
    """`code`, the HTTP `status` that fits it, and a lazy `message` that tells the person what to do."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code
        self.status, self.message = DOOR[code]


class StorageAway(OSError):
    """The bucket does not answer, or not in a way that says anything. Try again later: nothing is known."""


class ScannerUnavailable(Exception):
    """No verdict could be had: clamd or the bench is down, slow, or talks nonsense. Try again later."""
