"""Writes OLE compound files, which Outlook messages and old office files are: sectors of 512 bytes, chained."""

import struct

SECTOR, SMALL, CUTOFF = 512, 64, 4096
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def compound(content):
    """The file whose root holds `content`: {name: bytes of a stream, or {…} for a storage}."""
    entries = [entry_of("Root Entry", 5)]
    add(entries, 0, content)
    small, small_table = pack([each for each in entries if each["kind"] == 2 and len(each["data"]) < CUTOFF], SMALL)
    large = [each for each in entries if each["kind"] == 2 and len(each["data"]) >= CUTOFF]
    entries[0]["data"] = small
    body, table = pack([*large, entries[0]], SECTOR)
    small_start = append(table, sectors(len(small_table) * 4))
    body += padded(numbers(small_table), SECTOR, b"\xff")
    start = append(table, sectors(len(entries) * 128))
    body += padded(b"".join(map(written, entries)), SECTOR)
    fats = 1
    while fats * 128 < len(table) + fats:
        fats += 1
    first = len(table)
    table += [FAT] * fats
    header = MAGIC + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<LLLLL", 0, fats, start, 0, CUTOFF)
    header += struct.pack("<LLLL", small_start, sectors(len(small_table) * 4), END, 0)
    header += numbers([*range(first, first + fats), *[FREE] * (109 - fats)])
    return header + body + padded(numbers(table), SECTOR, b"\xff")


def entry_of(name, kind, data=b""):
    return {"name": name, "kind": kind, "data": data, "start": END, "child": FREE, "next": FREE}


def add(entries, parent, content):
    """The children of a storage, one hanging from the other: a tree that readers walk, if a lopsided one."""
    before = None
    for name, inner in sorted(content.items(), key=lambda each: (len(each[0]), each[0].upper())):
        here = len(entries)
        is_storage = isinstance(inner, dict)
        entries.append(entry_of(name, 1 if is_storage else 2, b"" if is_storage else inner))
        if before is None:
            entries[parent]["child"] = here
        else:
            entries[before]["next"] = here
        before = here
        if is_storage:
            add(entries, here, inner)


def pack(streams, size):
    """(bytes, table of chains) of streams laid one after the other in sectors of `size`."""
    body, table = b"", []
    for each in streams:
        if each["data"]:
            each["start"] = append(table, -(-len(each["data"]) // size))
            body += padded(each["data"], size)
    return body, table


def append(table, count):
    """Adds a chain of `count` sectors to the table; returns its first."""
    if not count:
        return END
    first = len(table)
    table += [*range(first + 1, first + count), END]
    return first


def written(entry):
    name = entry["name"].encode("utf-16-le")
    out = name.ljust(64, b"\0") + struct.pack("<HBB", len(name) + 2, entry["kind"], 1)
    out += struct.pack("<LLL", FREE, entry["next"], entry["child"]) + bytes(16 + 4 + 16)
    return out + struct.pack("<LQ", entry["start"], len(entry["data"]))


def numbers(values):
    return struct.pack(f"<{len(values)}L", *values)


def sectors(size):
    return -(-size // SECTOR)


def padded(data, size, fill=b"\0"):
    return data + fill * (-len(data) % size)
