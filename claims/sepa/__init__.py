"""The bank's files: credit transfers out (pain.001), statements and status reports in (camt.053, pain.002).

Pure functions over streams: rows in and bytes out, bytes in and rows out, in memory that does not grow with the file.
"""
