"""The matrix as a table, and asking one of its cells: the request is made, looked at and undone."""

import csv
import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from tests.access.bodies import body_of
from tests.access.world import IDENTITIES

FILE = Path(__file__).with_name("matrix.csv")
HEADER = ["route", "method", "case", *IDENTITIES]
REFUSED = {"login", "staff", "401", "403", "404", "405"}
# A request that is refused may still count a try, or keep what was typed for after the sign-in.
MAY_CHANGE = "'django_session', 'cache', 'accounts_throttle', 'claims_idempotencykey'"
WRITES = f"""
    SELECT sum(n_tup_ins + n_tup_upd + n_tup_del), (SELECT max(id) FROM claims_journalentry),
           (SELECT count(*) FROM claims_idempotencykey)
    FROM pg_stat_xact_user_tables WHERE relname NOT IN ({MAY_CHANGE})
"""
VOLATILE = re.compile(rb'csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"|X-CSRFToken": "[^"]+"|[0-9a-f]{12}')


@dataclass(frozen=True)
class Answer:
    """`said` is a status; `login` and `staff` are redirects to the sign-in and to the staff's page of a case. `changed`
    is asked only of refusals."""

    said: str
    content: bytes
    headers: dict
    changed: bool
    lines: tuple
    address: str

    @property
    def plain(self):
        """The content without what differs from request to request."""
        return VOLATILE.sub(b"", self.content.replace(self.address.encode(), b""))


def read(file=FILE):
    """{(route, method, case): {identity: what is expected}}. Raises for a table that is not one."""
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    table = {(row["route"], row["method"], row["case"]): {who: row[who] for who in IDENTITIES} for row in rows}
    if len(table) != len(rows):
        raise ValueError("a row of the matrix is there twice")
    return table


class Heard(logging.Handler):
    """The lines of the security log."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def writes():
    """Rows written in this transaction, undone ones included, the newest entry of the journal, keys kept."""
    with connection.cursor() as cursor:
        cursor.execute(WRITES)
        return cursor.fetchone()


def ask(world, route, method, case, who, *, client=None):
    """Makes the request of one cell and says what came back."""
    address, body = world.address(route, case, who), body_of(world, route, method, case, who)
    client = client or (world.program(who) if route.is_api else world.browser(who))
    options = {"headers": headers_of(world, route, method, case, who)}
    if "/uploads/<" in route.address and method == "PATCH":
        options["content_type"] = "application/offset+octet-stream"
    elif route.is_api:
        options["format"] = (
            "multipart"
            if route.address.endswith(("/evidence/", "/statement/", "/confirmation/")) and method == "POST"
            else "json"
        )
    before, world.written = world.written or writes(), None
    heard = Heard()
    log = logging.getLogger("ristoro.refused")
    log.addHandler(heard)
    try:
        with undone():
            response = getattr(client, method.lower())(address, body, **options)
            content = b"".join(response.streaming_content) if response.streaming else response.content
            said = said_by(response, route)
            after = writes() if said in REFUSED else None
    finally:
        log.removeHandler(heard)
    if after:  # only the count of rows goes on: the newest entry and the keys are undone
        world.written = (after[0], *before[1:])
    return Answer(said, content, response.headers, after is not None and after != before, tuple(heard.lines), address)


def headers_of(world, route, method, case, who):
    if "/uploads/" in route.address:
        return {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Offset": "0"}
    if not route.is_api:
        return {}
    claim = world.claim_of(who, case)
    match = {"If-Match": f'"{claim.version}"'} if method == "PATCH" and claim else {"If-Match": '"1"'}
    matters = method == "PATCH" or "/terms/" in route.address
    return {**(match if matters else {}), "Idempotency-Key": f"key {next(world.keys)}"}


def said_by(response, route):
    target = response.headers.get("Location", "")
    if response.status_code in (301, 302) and target.startswith("/accounts/login/?next="):
        return "login"
    if response.status_code == 302 and target.startswith("/admin/cases/") and not route.address.startswith("/admin/"):
        return "staff"
    return str(response.status_code)
