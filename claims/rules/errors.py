"""The one way an action says no."""


class Refused(Exception):
    """Why something was not done, in the person's language, and at which field.

    `code` is stable and read by machines, `status` is the HTTP status a door answers with:
    422 for a value to correct, 403 for a missing right, 409 for a state that does not allow it.
    `errors` lists further (field, code, message) when several things are wrong at once.
    """

    def __init__(self, code, message, field=None, status=422, errors=()):
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field
        self.status = status
        self.errors = tuple(errors) or (((field, code, message),) if field else ())

    def __str__(self):
        return f"{self.code}: {self.message}"


class Collected:
    """Gathers every Refused of a form, so that a person corrects all of it at once."""

    def __init__(self):
        self.errors = []

    def add(self, refused, field=None):
        self.errors.append((field or refused.field, refused.code, refused.message))

    def raise_if_any(self):
        """Raises one Refused carrying all that was added."""
        if self.errors:
            field, code, message = self.errors[0]
            raise Refused(code, message, field=field, errors=self.errors)
