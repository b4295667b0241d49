"""For what walks over a roster of millions: to the end of the transaction nothing is broken off for taking long."""

from django.db import connection

NO_LIMITS = "; ".join(
    f"SET LOCAL {name} = 0" for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
)


def be_patient():
    with connection.cursor() as cursor:
        cursor.execute(NO_LIMITS)
