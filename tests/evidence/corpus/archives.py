"""Archives, texts, and names."""

import io
import stat
import zipfile

from tests.evidence import files
from tests.evidence.corpus import case

PAPERS = files.archive({"one.pdf": files.pdf(), "x/two.txt": b"2"})
BOMB = files.archive({"a.txt": bytes(30_000_000)})


def link():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        entry = zipfile.ZipInfo("passwd.txt")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(entry, "/etc/passwd")
    return out.getvalue()


def lying_size():
    """One member says that it unpacks to 10 bytes; it would to 5 million."""
    content = bytearray(files.archive({"a.txt": bytes(5_000_000), "b.txt": b"good"}))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(content)


ARCHIVES = [
    case("papers.zip", PAPERS, inside={"one.pdf": "", "x/two.txt": ""}),
    case("bomb.zip", BOMB, door="archive_unsafe"),
    case("bomb in a bomb.zip", files.archive({"inner.zip": BOMB}), door="archive_unsafe"),
    case(
        "bomb beside a letter.zip",
        files.archive({"inner.zip": BOMB, "letter.txt": b"x"}),
        inside={"letter.txt": ""},
        left_out={"inner.zip": "nested_archive"},
    ),
    case(
        "bomb called a picture.zip",
        files.archive({"a.jpg": files.archive({"b.txt": bytes(200_000)}), "letter.txt": b"x"}),
        inside={"letter.txt": ""},
        left_out={"a.jpg": "content_mismatch"},
    ),
    case("lying.zip", lying_size, inside={"b.txt": ""}, left_out={"a.txt": "broken_inside"}),
    case("upwards.zip", files.archive({"../../etc/cron.d/x.txt": b"x"}), door="archive_unsafe"),
    case("to the root.zip", files.archive({"/etc/x.txt": b"x"}), door="archive_unsafe"),
    case("link.zip", link, door="archive_unsafe"),
    case("password.zip", files.encrypted_archive, door="archive_unsafe"),
    case("1,001 files.zip", files.archive({f"{each}.txt": b"x" for each in range(1001)}), door="archive_unsafe"),
    case("cut.zip", files.archive({"a.txt": b"x" * 1000})[:-30], door="archive_unsafe"),
    case("no files.zip", files.archive({}), door="empty_file"),
    case("only programs.zip", files.archive({"a.exe": files.EXE, "b.scr": files.EXE}), door="archive_unsafe"),
    case("program in disguise.zip", files.archive({"invoice.pdf": files.EXE}), reason="archive_unsafe"),
    case(
        "launch inside.zip",
        lambda: files.archive({"launch.pdf": files.pdf_that_acts("Launch"), "good.txt": b"x"}),
        inside={"launch.pdf": "active_content", "good.txt": ""},
    ),
    case(
        "names.zip",
        files.archive({"a\u202efdp.txt": b"x", "b\x07.txt": b"y", "con.txt": b"z"}),
        inside={"afdp.txt": "", "b.txt": "", "_con.txt": ""},
    ),
    case("eicar.zip", files.archive({"a.txt": files.EICAR}), reason="malware", inside={"a.txt": "malware"}),
]
TEXTS = [
    case("empty.txt", b"", door="empty_file"),
    case("eicar.txt", files.EICAR, reason="malware"),
    case("formula.csv", b'=cmd|"/c calc"!A0;1\n'),
    case("utf-16.txt", "Perché".encode("utf-16")),
    case("cp1252.txt", "Perché costa 5 €".encode("cp1252")),
    case("escapes.txt", b"\x1b[31mred\x1b]0;title\x07"),
    case("one line of 20 MB.txt", b"x" * 20_000_000),
    case("page.txt", files.HTML, door="content_mismatch"),
    case("script.sh", b"#!/bin/sh\nrm -rf /\n", door="type_not_allowed"),
    case("link.lnk", b"L\0\0\0\x01\x14\x02\0" + bytes(60), door="type_not_allowed"),
    case("packed.gz", b"\x1f\x8b\x08" + bytes(50), door="type_not_allowed"),
    case("noise", bytes(range(256)) * 4, door="type_not_allowed"),
]
NAMES = [
    case("invoice\u202efdp.exe", files.EXE, door="type_not_allowed"),
    case("invoice\u202exe.pdf", files.pdf, shown="invoicexe.pdf"),
    case("a" * 300 + ".pdf", files.pdf, shown="a" * 146 + ".pdf"),
    case("../../etc/passwd.pdf", files.pdf, shown="passwd.pdf"),
    case("C:\\x\\y.pdf", files.pdf, shown="y.pdf"),
    case("a\r\nSet-Cookie: x.pdf", files.pdf, shown="a Set-Cookie_x.pdf"),
    case("a\0b\x1b.pdf", files.pdf, shown="ab.pdf"),
    case("CON.pdf", files.pdf, shown="_CON.pdf"),
    case("a.exe.pdf", files.pdf, shown="a_exe.pdf"),
    case("a.pdf.exe", files.pdf, door="type_not_allowed"),
    case("<img src=x onerror=alert(1)>.pdf", files.pdf, shown="_img src=x onerror=alert(1)_.pdf"),
    case(".", files.pdf, shown="document.pdf"),
]
CASES = ARCHIVES + TEXTS + NAMES
