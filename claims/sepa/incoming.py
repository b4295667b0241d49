"""Whatever the bank sent: a statement or a status report, told apart by what the file says of itself."""

from claims.sepa import camt053, pain002
from claims.sepa.stream import records


def read(file, *, iban="", oldest=None):
    """(“camt.053”, its Entries) or (“pain.002”, its Answers) of a binary file, which is read as they are taken.

    Raises SepaError at once if it is neither, and later as camt053.read() and pain002.read() do.
    """
    found = records(file, camt053.FORMAT, pain002.FORMAT)
    _first, layout = next(found)
    if layout is camt053.FORMAT:
        return layout.name, camt053.entries(found, iban=iban, oldest=oldest)
    return layout.name, pain002.answers(found, oldest=oldest)
