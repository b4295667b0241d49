"""A report as the bytes of a file: CSV straight from PostgreSQL, a workbook or Parquet.

Memory does not grow with the rows.
"""

from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from django.conf import settings
from psycopg import sql
from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from claims import parquet
from claims.reports.tables import REPORTS, select_of

BOM = b"\xef\xbb\xbf"
ROWS_AT_ONCE = 2_000
# A sheet holds 1,048,576 rows; what is beyond goes on in the next one.
ROWS_OF_SHEET = 1_048_575
COPY_CSV = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER true)")
COPY_ROWS = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)")
COPY_TEXT = sql.SQL("COPY ({}) TO STDOUT")


def path_of(export):
    """Where a ready export lies; nothing but whole files is ever called so."""
    return Path(settings.EXPORTS_ROOT) / f"{export.pk}.{export.format}"


def write(report, file_format, filters, *, moment, file, scratch, expect=None, progress=None):
    """Writes a report into `file` (open, binary) as it is at `moment` (of snapshot()); returns how many rows.

    `scratch` is a folder for what lies on disk meanwhile. `expect` is told how many rows there will be, `progress`
    every few thousand how many there are; what these raise ends the query and is passed on.
    """
    rows, count = select_of(report, filters, exact=file_format == "parquet")
    progress = progress or (lambda _done: None)
    if expect:
        expect(moment.execute(count).fetchone()[0])
    moment.execute("SET LOCAL TimeZone = 'UTC'")
    moment.execute("SET LOCAL DateStyle = 'ISO'")
    if file_format == "csv":
        return write_csv(rows, moment, file, progress, bom=filters.get("bom", False))
    if file_format == "parquet":
        return write_parquet(REPORTS[report], rows, moment, file, progress)
    return write_xlsx(REPORTS[report], rows, moment, file, scratch, progress)


def write_csv(rows, moment, file, progress, *, bom):
    """PostgreSQL sends the header and then each row as one message."""
    if bom:
        file.write(BOM)
    done = -1
    with moment.cursor() as cursor, cursor.copy(COPY_CSV.format(rows)) as copy:
        messages = iter(copy)
        while block := list(islice(messages, ROWS_AT_ONCE)):
            file.write(b"".join(block))
            done += len(block)
            progress(done)
    return done


def write_parquet(columns, rows, moment, file, progress):
    """PostgreSQL sends rows to a process that packs them into typed columns, some ten thousand at once."""
    types = {"words": "text", "code": "text"}
    typed = [(column.exact[0], types.get(column.kind, column.kind)) for column in columns]
    done = 0
    with moment.cursor() as cursor, cursor.copy(COPY_ROWS.format(rows)) as copy, parquet.writer(typed, file) as pipe:
        messages = iter(copy)
        while block := list(islice(messages, ROWS_AT_ONCE)):
            pipe.write(b"".join(block))
            done += len(block)
            progress(done)
    return done


def write_xlsx(columns, rows, moment, file, scratch, progress):
    """Text is written as text, never as a formula or a link; numbers as numbers."""
    numbers = {place for place, column in enumerate(columns) if column.is_number}
    done = 0
    with workbook(file, scratch) as book, moment.cursor() as cursor, cursor.copy(COPY_TEXT.format(rows)) as copy:
        bold = book.add_format({"bold": True})
        sheet = new_sheet(book, columns, bold)
        for cells in copy.rows():
            if done and done % ROWS_OF_SHEET == 0:
                sheet = new_sheet(book, columns, bold)
            write_row(sheet, done % ROWS_OF_SHEET + 1, cells, numbers)
            done += 1
            if done % ROWS_AT_ONCE == 0:
                progress(done)
        progress(done)
    return done


@contextmanager
def workbook(file, scratch):
    """A workbook that is written into `file` at the end, if all went well."""
    target = Abandonable(file)
    book = Workbook(target, {"constant_memory": True, "tmpdir": str(scratch)})
    # The same rows are the same bytes, whenever they are written.
    book.set_properties({"title": "Ristoro", "created": datetime(2000, 1, 1, tzinfo=UTC)})
    try:
        yield book
        book.close()
    except FileCreateError as error:
        raise error.args[0] from error
    finally:
        target.abandon()
        for sheet in book.worksheets():
            sheet.row_data_fh.close()


class Abandonable:
    """A file that can be taken out of the hands of an archive that was given up and would still close itself."""

    def __init__(self, file):
        self.file = file

    def __getattr__(self, name):
        return getattr(self.file, name) if self.file else lambda *_args: 0

    def abandon(self):
        self.file = None


def new_sheet(book, columns, bold):
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.name, bold)
    return sheet


def write_row(sheet, row, cells, numbers):
    for place, cell in enumerate(cells):
        if not cell:
            continue
        if place in numbers:
            sheet.write_number(row, place, float(cell))
        else:
            sheet.write_string(row, place, cell)
