"""Plain text: UTF-8 or UTF-16 if it can be that, else Windows' Western European.

A short text gives no library enough to tell that apart from its many relatives, and it is what Italian programs write.
"""

import codecs

from evidence.texts.cleaning import LONGEST, Writer

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
MOST = 4 * LONGEST  # bytes


def read(path, _ocr):
    with open(path, "rb") as file:
        data = file.read(MOST)
        has_more = bool(file.read(1))
    text, charset = decoded(data)
    writer = Writer()
    yield from writer.flow(text)
    writer.is_full = writer.is_full or has_more
    yield writer.end(facts={"charset": charset})


def decoded(data):
    """(text, charset), whatever the bytes are."""
    for mark, charset in MARKS:
        if data.startswith(mark):
            return data.decode(charset, "replace"), charset.removesuffix("-sig")
    try:
        # The last character may have been cut in two.
        return codecs.getincrementaldecoder("utf-8")().decode(data), "utf-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), "windows-1252"
