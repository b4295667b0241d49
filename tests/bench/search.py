"""Full-text search over 100,000 documents of 20,000 claims, against the same search over the first 1,000 of them."""

import statistics
import time

from django.db import connection

from claims.actions.searching import search_documents
from claims.models import Claim
from tests import make
from tests.bench import data
from tests.bench.results import below

FEW, MANY, CLAIMS, TURNS = 1_000, 100_000, 20_000, 12
# Words of every document, of one in ten, in a hundred and in a thousand, of one alone, together, in a row, and absent.
ASKED = (
    "cliente", "fatture", "settore7", "settore7 cliente", "lotto77", "lotto77 fattura", "pratica 500",
    '"pratica numero 500"', "fornitore -fattura", "anna500@libero.example", "nonesuch",
)  # fmt: skip


def documents(first, last):
    """Documents number `first` to `last`, read, each attached to a claim."""
    with data.unguarded() as cursor:
        cursor.execute(
            """
            CREATE TEMPORARY TABLE made ON COMMIT PRESERVE ROWS AS
            SELECT n, gen_random_uuid() AS id, encode(sha256(n::text::bytea), 'hex') AS digest,
                (SELECT min(id) FROM claims_claim) + (n %% %(claims)s) AS claim,
                'Gentile cliente, la pratica numero ' || n || ' del settore' || n %% 100 || ' riguarda il lotto'
                || n %% 1000 || '. Il fornitore scrive da anna' || n || '@libero.example e chiede una risposta.'
                || CASE WHEN n %% 10 = 0 THEN ' Le fatture sono allegate e non pagate.' ELSE '' END
                || repeat(' Il disservizio della posta ha causato ritardi e spese per il nostro ufficio.', 12) AS text
            FROM generate_series(%(first)s::int, %(last)s::int) AS n
            """,
            {"first": first, "last": last, "claims": CLAIMS},
        )
        columns, values = pattern(cursor, "evidence_document", {
            "id": "made.id", "sha256": "made.digest", "name": "'documento ' || made.n",
        })  # fmt: skip
        cursor.execute(
            f"INSERT INTO evidence_document ({columns}) SELECT {values} FROM made, evidence_document AS pattern"
            " WHERE pattern.name = 'pattern.txt'"
        )
        cursor.execute(
            "INSERT INTO evidence_content (sha256, media_type, state, reason, language, pages, notes, facts, tries,"
            " queued_at, read_at)"
            " SELECT digest, 'text/plain', 'read', '', 'it', 1, '{}', '{}', 1, now(), now() FROM made"
        )
        cursor.execute(
            "INSERT INTO evidence_page (content_id, number, language, text, vector)"
            " SELECT digest, 1, 'it', text, to_tsvector('ristoro_it', text || ' anna' || n || ' libero example')"
            " FROM made"
        )
        different = {"claim_id": "made.claim", "document_id": "made.id", "id": None}
        columns, values = pattern(cursor, "claims_attachment", different)
        cursor.execute(
            f"INSERT INTO claims_attachment ({columns}) SELECT {values} FROM made, claims_attachment AS pattern"
            " WHERE pattern.id = (SELECT min(id) FROM claims_attachment)"
        )
        cursor.execute("DROP TABLE made")
        cursor.execute("VACUUM ANALYZE evidence_page")
        cursor.execute("VACUUM ANALYZE evidence_document")
        cursor.execute("VACUUM ANALYZE claims_attachment")


def pattern(cursor, table, different):
    """(columns, values) that copy the row called `pattern` but for what is `different`; None leaves a column out."""
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", [table]
    )
    names = [name for (name,) in cursor.fetchall() if different.get(name, name) is not None]
    return ", ".join(names), ", ".join(different.get(name, f"pattern.{name}") for name in names)


def times(person):
    """Seconds of each search, the first turn left out."""
    took = []
    for turn in range(TURNS + 1):
        for words in ASKED:
            started = time.perf_counter()
            search_documents(words, by=person)
            if turn:
                took.append(time.perf_counter() - started)
    return took


def p95(took):
    return statistics.quantiles(took, n=20)[-1]


def measure():
    data.claims(CLAIMS)
    person = make.person("reviewer", "reviewer")
    make.attachment(Claim.objects.first(), content=b"pattern", name="pattern.txt", media_type="text/plain")
    assert person.roles
    documents(1, FEW)
    few = times(person)
    documents(FEW + 1, MANY)
    assert search_documents("pratica", by=person).is_capped
    many = times(person)
    what = f"full-text search over {MANY:,} documents, p95"
    below(what, ours=[p95(many)], base=[p95(few)], target=3, base_name=f"over {FEW:,}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM evidence_page")
        assert cursor.fetchone()[0] == MANY
