"""The one way a bank's file says no."""


class SepaError(Exception):
    """Why a file was not written or not read, in the person's language.

    `code` is stable and read by machines; doors turn it into a Refused. Readers and writers raise it in the middle of
    their work, too: what they gave out before counts for nothing then, so the caller keeps all of a file or none of it.
    """

    def __init__(self, code, message):
        super().__init__(code)
        self.code = code
        self.message = message

    def __str__(self):
        return f"{self.code}: {self.message}"
