"""The process that reads Parquet: `python -m claims.parquet.reading`, the file as its standard input.

It says frames as those of evidence.bench: T is text (lines of tab-separated fields, quoted where a field has quotes),
P a problem (JSON: code, column), Z that all was said. Rows come in small batches, so that a file of any size takes the
same memory. What a field holds is looked at by whoever listens.
"""

import json
import os
import sys

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types
from pyarrow.parquet import ParquetFile

from claims.parquet import NO_MEMORY
from evidence import cell
from evidence.bench.hand import frame

BATCH = 8192  # rows
MEMORY = 1024 * 1024 * 1024  # address space, the library included
CPU = 1800  # seconds
PIECE = 8 * 1024 * 1024
BUFFER = 256 * 1024
MOST_OF_A_STRING, MOST_OF_A_LIST = 16 * 1024 * 1024, 1_000_000  # of the footer
BROKEN = "\x01"  # stands for what would end a field or a line: whoever listens refuses it
UNREADABLE = "?"


def main():
    cell.lock_up(memory=MEMORY, cpu=CPU)
    try:
        with open(0, "rb", closefd=False) as file:
            for kind, content in said_of(pa.PythonFile(file, "r")):
                for at in range(0, len(content) or 1, PIECE):
                    sys.stdout.buffer.write(frame(kind, content[at : at + PIECE]))
            sys.stdout.buffer.flush()
    except MemoryError:
        os._exit(NO_MEMORY)


def said_of(source):
    """(letter, content) of all there is to say about a file."""
    try:
        parquet = ParquetFile(
            source,
            buffer_size=BUFFER,
            pre_buffer=False,
            thrift_string_size_limit=MOST_OF_A_STRING,
            thrift_container_size_limit=MOST_OF_A_LIST,
            page_checksum_verification=True,
        )
        schema = parquet.schema_arrow
        yield b"T", line_of(schema.names)
        for field in schema:
            if not fits(field.name.lower(), field.type):
                yield b"P", json.dumps(["wrong_type", field.name[:40]]).encode()
                return
        for batch in parquet.iter_batches(batch_size=BATCH, use_threads=False):
            if batch.num_rows:
                yield b"T", text_of(batch)
        yield b"Z", b""
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, MemoryError):
            raise
        yield b"P", json.dumps(["spoilt", ""]).encode()


def line_of(names):
    return "\t".join(name[:64].translate({9: BROKEN, 10: BROKEN, 13: BROKEN}) for name in names).encode() + b"\n"


def is_text(kind):
    if types.is_dictionary(kind):
        kind = kind.value_type
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_null(kind)


def is_whole(kind):
    return types.is_integer(kind)


def is_amount(kind):
    return types.is_integer(kind) or types.is_decimal(kind)


def is_day(kind):
    """A time without a zone is a day if it is midnight, as some programs write days."""
    return types.is_date(kind) or (types.is_timestamp(kind) and kind.tz is None)


def is_outage(kind):
    """A list of {start, end}, which have a zone."""
    if not (types.is_list(kind) or types.is_large_list(kind)) or not types.is_struct(kind.value_type):
        return False
    times = {field.name: field.type for field in kind.value_type}
    return times.keys() == {"start", "end"} and all(types.is_timestamp(each) and each.tz for each in times.values())


KINDS = {
    "fee": is_amount,
    "paid_from": is_day,
    "paid_to": is_day,
    "intervals": is_outage,
    "deferred": is_whole,
    "bounced": is_whole,
}


def fits(name, kind):
    return is_text(kind) or (name in KINDS and KINDS[name](kind))


def text_of(batch):
    """The rows of a batch as lines."""
    columns = [as_text(column) for column in batch.columns]
    lines = pc.binary_join_element_wise(*columns, "\t") if len(columns) > 1 else columns[0]
    whole = pa.LargeListArray.from_arrays(pa.array([0, len(lines)], pa.int64()), lines)
    return pc.binary_join(whole, "\n")[0].as_buffer().to_pybytes() + b"\n"


def as_text(column):
    """A column as text without NULL, every field ready to stand in a line."""
    kind = column.type
    if types.is_list(kind) or types.is_large_list(kind):
        text = outages(column)
    elif types.is_timestamp(kind):
        text = pc.replace_substring_regex(column.cast(pa.string()), r" 00:00:00(\.0+)?$", "")
    elif types.is_decimal(kind):
        text = pc.replace_substring_regex(column.cast(pa.string()), r"(\.[0-9]{2})0+$", r"\1")
    elif is_text(kind):
        return field_of(pc.fill_null(column.cast(pa.string()), ""))
    else:
        text = column.cast(pa.string())
    return pc.fill_null(text, "")


def outages(column):
    """start/end|start/end, as the text form of a file has it."""
    pairs = column.flatten()
    start, end = (moments(pairs.field(name)) for name in ("start", "end"))
    joined = pc.binary_join_element_wise(start, end, "/")
    if pairs.null_count:
        joined = pc.if_else(pairs.is_valid(), joined, UNREADABLE)
    lengths = pc.fill_null(pc.list_value_length(column), 0).cast(pa.int64())
    offsets = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(lengths)])
    return pc.binary_join(pa.LargeListArray.from_arrays(offsets, joined), "|").cast(pa.string())


def moments(column):
    """Times in UTC as ISO 8601, to the microsecond. Without the zone's own name: that needs no table of zones."""
    text = column.cast(pa.int64()).cast(pa.timestamp(column.type.unit)).cast(pa.string())
    text = pc.replace_substring_regex(pc.replace_substring(text, " ", "T"), r"(\.[0-9]{6})[0-9]+$", r"\1")
    return pc.fill_null(pc.binary_join_element_wise(text, "Z", ""), UNREADABLE)


def field_of(text):
    """Quoted where it has quotes. Tabs and line breaks are what no field may have: they become BROKEN."""
    if not pc.any(pc.match_substring_regex(text, '["\t\r\n]')).as_py():
        return text
    text = pc.replace_substring_regex(text, "[\t\r\n]", BROKEN)
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', "")
    return pc.if_else(pc.match_substring(text, '"'), quoted, text)


if __name__ == "__main__":
    main()
