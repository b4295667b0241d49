"""Reading a roster file: from bytes to rows for COPY, line by line, in constant memory and with stated limits.

A line is a row: line breaks inside quotes are not taken, so that every problem has the number of
its line. What a column holds is checked later, in SQL and for all rows at once (roster_rows.py).
"""

import csv
import unicodedata
import zlib
from hashlib import sha256
from tempfile import TemporaryFile

from claims import parquet
from claims.actions.roster_problems import OF_PARQUET, SHOWN, Problems, RosterRefused

COLUMNS = (
    "login", "service", "fee", "paid_from", "paid_to", "contact", "second_contact", "language", "intervals",
    "deferred", "bounced", "iban", "holder",
)  # fmt: skip
REQUIRED = ("login", "service")
DELIMITERS = b",;\t"
CHUNK = 256 * 1024
LONGEST_LINE = 64 * 1024
MOST_UNPACKED = 8 * 2**30
MAX_RATIO = 100
RATIO_COUNTS_FROM = 10 * 2**20
# Bytes that need no second look: printable ASCII but blank, quote, backslash and every delimiter.
HARMLESS = bytes(set(range(0x21, 0x7F)) - set(b'"\\' + DELIMITERS))


class Counted:
    """The file as it came: how many bytes, and their SHA-256."""

    def __init__(self, file):
        self.file, self.size, self.digest = file, 0, sha256()

    def read(self, size=CHUNK):
        data = self.file.read(size)
        self.size += len(data)
        self.digest.update(data)
        return data


class RosterFile:
    """One pass over `file` (open, binary). `columns` are those of the header, known once rows() begins."""

    def __init__(self, file, *, columns=COLUMNS, required=REQUIRED):
        self.known, self.required = columns, required
        self.source = Counted(file)
        self.problems = Problems()
        self.number = 0  # of the line being read
        self.rows_read = self.left_out = 0
        self.lines = self.split_lines()
        self.delimiter, self.columns = self.read_header()

    @property
    def sha256(self):
        return self.source.digest.hexdigest()

    def wrong(self, code):
        """One problem of the line being read; after SHOWN they are only counted."""
        self.left_out += 1
        self.problems.sort(code, "", [(self.number, "")])
        if self.problems.count < SHOWN:
            self.problems.add(self.number, code)
        else:
            self.problems.count += 1

    # --- bytes ---
    def chunks(self):
        """The bytes of the file, unpacked if it is gzip; of Parquet the text that says the same."""
        head = self.source.read(CHUNK)
        if head.startswith(b"\x1f\x8b"):
            yield from self.unpacked(head)
            return
        if head.startswith(b"PAR1"):
            yield from self.out_of_parquet(head)
            return
        if head.startswith((b"PARE", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
            raise self.problems.fatal(1, "not_csv")
        while head:
            yield head
            head = self.source.read(CHUNK)

    def unpacked(self, packed):
        """What gzip members hold, in pieces of at most CHUNK. Raises RosterRefused for a bomb or damage."""
        size, member = 0, zlib.decompressobj(wbits=31)
        while packed or not member.eof:
            try:
                piece = member.decompress(packed, CHUNK)
            except zlib.error as error:
                raise self.problems.fatal(self.number + 1, "spoilt_gzip") from error
            size += len(piece)
            self.check_size(size)
            if piece:
                yield piece
            packed = member.unconsumed_tail or member.unused_data.lstrip(b"\0") or self.source.read()
            if member.eof and packed:
                member = zlib.decompressobj(wbits=31)
            elif not packed and not piece and not member.eof:
                raise self.problems.fatal(self.number + 1, "spoilt_gzip")

    def out_of_parquet(self, head):
        """The first line, the names of the columns, has no number: rows begin with 1."""
        if not parquet.is_installed():
            raise self.problems.fatal(1, "parquet_missing")
        self.number, size = -1, 0
        with TemporaryFile() as spool:
            while head:
                self.check_size(self.source.size)
                spool.write(head)
                head = self.source.read()
            spool.flush()
            try:
                for piece in parquet.lines_of(spool):
                    size += len(piece)
                    self.check_size(size)
                    yield piece
            except parquet.Unreadable as error:
                raise self.problems.fatal(max(1, self.number), OF_PARQUET[error.code], error.column) from error

    def check_size(self, size):
        """Raises RosterRefused for what unpacks to more than a roster can be."""
        if size > MOST_UNPACKED or (size > RATIO_COUNTS_FROM and size > MAX_RATIO * self.source.size):
            raise self.problems.fatal(max(1, self.number + 1), "unpacked_too_large")

    def split_lines(self):
        """Each line without its end; a too long one is a problem and left out. Counts them in `number`."""
        rest, dropping = b"", False
        for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(b"\n") if rest else chunk.split(b"\n")
            for line in whole:
                self.number += 1
                if dropping or len(line) > LONGEST_LINE:
                    self.wrong("too_long")
                    dropping = False
                    continue
                yield line
            if len(rest) > LONGEST_LINE:
                rest, dropping = b"", True
        if rest or dropping:
            self.number += 1
            if dropping:
                self.wrong("too_long")
            else:
                yield rest

    # --- header ---
    def read_header(self):
        """(delimiter, columns in the order of the file). Raises RosterRefused for a header that is not right."""
        raw = next(self.lines, b"")
        if self.problems.count:
            raise RosterRefused(self.problems)
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise self.problems.fatal(1, "not_utf8")
        raw = raw.removeprefix(b"\xef\xbb\xbf")
        if not raw.strip():
            raise self.problems.fatal(1, "empty_file")
        readings = [(chr(each), self.fields(raw, chr(each), quiet=True) or []) for each in DELIMITERS]
        delimiter, names = max(readings, key=lambda reading: len(set(lowered(reading[1])) & set(self.known)))
        names = lowered(names or self.fields(raw, delimiter) or [])
        if not self.problems.count:
            self.check_header(names)
        if self.problems.count:
            raise RosterRefused(self.problems)
        return delimiter, tuple(names)

    def check_header(self, names):
        for name in dict.fromkeys(names):
            if name not in self.known:
                self.problem_of_header("unknown_column", name[:40])
            elif names.count(name) > 1:
                self.problem_of_header("double_column", name)
        for name in self.required:
            if name not in names:
                self.problem_of_header("missing_column", name)

    def problem_of_header(self, code, name):
        self.problems.add(1, code, name)
        self.problems.sort(code, name, [(1, "")])

    # --- rows ---
    def copy_blocks(self):
        """The rows as text for COPY: the line's number, then the columns in the order of the file."""
        delimiter = self.delimiter.encode()
        harmless, width, login = HARMLESS + delimiter, len(self.columns), self.columns.index("login")
        block, size = [], 0
        for line in self.lines:
            raw = line.removesuffix(b"\r")
            if raw.translate(None, harmless):
                fields = self.fields(raw, self.delimiter)
                if fields is None:
                    continue
                fields = [each.replace("\\", "\\\\").encode() for each in self.with_login(fields, login)]
            else:
                fields = raw.split(delimiter)
                if len(fields) == width:
                    fields[login] = fields[login].lower()
            if not any(fields):
                continue
            if len(fields) != width:
                self.wrong("columns")
                continue
            block.append(b"%d\t%b\n" % (self.number, b"\t".join(fields)))
            size += len(raw)
            if size > CHUNK:
                self.rows_read += len(block)
                yield b"".join(block)
                block, size = [], 0
        self.rows_read += len(block)
        yield b"".join(block)

    @staticmethod
    def with_login(fields, login):
        """`fields` with the account name as clean_login() writes it."""
        if login < len(fields):
            fields[login] = unicodedata.normalize("NFC", fields[login]).lower()
        return fields

    def fields(self, raw, delimiter, *, quiet=False):
        """The fields of a line that needs a second look, without blanks around them; None if it is wrong."""
        code, fields = "", None
        try:
            text = raw.decode()
            quoted = '"' in text
            fields = next(csv.reader([text], delimiter=delimiter, strict=True)) if quoted else text.split(delimiter)
            fields = [each.strip() for each in fields]
        except UnicodeDecodeError:
            code = "not_utf8"
        except csv.Error:
            code = "quotes"
        if b"\0" in raw:
            code = "nul"
        elif not code and not all(map(str.isprintable, fields)):
            code = "control_character"
        if code and not quiet:
            self.wrong(code)
        return None if code else fields


def lowered(names):
    return [name.lower() for name in names]
