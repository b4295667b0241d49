"""The process that writes Parquet: `python -m claims.parquet.writing COLUMNS`, CSV in, Parquet out.

It ends with 0 if the file is whole, else with the number of the system's error where there is one.
"""

import json
import os
import sys

import pyarrow as pa
from pyarrow import csv
from pyarrow.parquet import ParquetWriter

BLOCK = 4 * 1024 * 1024  # bytes of CSV at once
ROWS_OF_GROUP = 65_536
UTC = pa.timestamp("us", "UTC")
TYPES = {
    "text": pa.string(),
    "count": pa.int64(),
    "money": pa.decimal128(11, 2),
    "day": pa.date32(),
    "time": UTC,
}
# The times come without their zone, which is UTC.
READ_AS = TYPES | {"time": pa.timestamp("us")}


def main(columns):
    columns = json.loads(columns)
    schema = pa.schema([(name, TYPES[kind]) for name, kind in columns])
    with open(1, "wb", closefd=False) as file:
        with ParquetWriter(pa.PythonFile(file, "w"), schema, compression="zstd") as writer:
            waiting, rows = [], 0
            for batch in batches_of(columns):
                waiting.append(batch.cast(schema))
                rows += batch.num_rows
                if rows >= ROWS_OF_GROUP:
                    write(writer, waiting, schema)
                    waiting, rows = [], 0
            write(writer, waiting, schema)
        file.flush()


def batches_of(columns):
    """The rows as they come. NULL is an empty field without quotes, as COPY writes it."""
    names = [name for name, _kind in columns]
    try:
        reader = csv.open_csv(
            sys.stdin.buffer,
            read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types={name: READ_AS[kind] for name, kind in columns},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                timestamp_parsers=[csv.ISO8601],
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return
        raise
    yield from reader


def write(writer, batches, schema):
    if batches:
        writer.write_table(pa.Table.from_batches(batches, schema), row_group_size=ROWS_OF_GROUP)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except OSError as error:
        os._exit(error.errno or 1)
