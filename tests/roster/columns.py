"""Parquet files as providers write them, and as nobody should."""

import io

import pyarrow as pa
from pyarrow import parquet


def file_of(columns, **options):
    """The bytes of a Parquet file of these columns ({name: values or Arrow array})."""
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out, **options)
    return out.getvalue()
