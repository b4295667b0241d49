"""E-mail and Outlook messages."""

from tests.evidence import files
from tests.evidence.corpus import case
from tests.evidence.corpus.documents import half

HEAD = b"From: a@b.example\r\nTo: anna@libero.example\r\nSubject: Papers\r\nDate: Tue, 24 Jan 2023 10:00:00 +0100\r\n"
SMIME = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"


def nested(levels):
    inner = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(levels)
    )
    return HEAD + inner


def parts(number):
    return files.mail([(f"{each}.txt", b"%d" % each) for each in range(number)])


def header_of(megabytes):
    return HEAD + b"X-Long: " + b"x" * (megabytes * 1024 * 1024) + b"\r\n\r\nhello"


def eight_bits_in_a_name():
    return files.mail([("a.txt", b"a")]).replace(b'"a.txt"', b'"\xe0\xff.txt"')


def with_picture():
    return files.outlook(attachments=[("a.png", files.picture("PNG", (9, 9)))])


def in_each_other(levels):
    content = files.mail([("scan.txt", b"found")])
    for _ in range(levels):
        content = files.mail([("inner.eml", content)])
    return content


CASES = [
    case("plain.eml", HEAD + b"\r\nhello"),
    case("from a mailbox file.eml", b"From a@b.example Tue Jan 24 10:00:00 2023\r\n" + HEAD + b"\r\nhello"),
    case("a scan attached.eml", files.mail, [("scan.pdf", files.pdf())], inside={"scan.pdf": ""}),
    case(
        "a program attached.eml",
        files.mail,
        [("setup.exe", files.EXE), ("note.txt", b"x")],
        inside={"note.txt": ""},
        left_out={"setup.exe": "type_not_allowed"},
    ),
    case("1,000 parts in each other.eml", nested, 1000, warnings=("too_many_parts",)),
    case("100 parts in each other.eml", nested, 100),
    case("one message in another.eml", in_each_other, 1, inside={"inner.eml": ""}),
    case("wrong boundary.eml", HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\nhello\r\n"),
    case("no body.eml", HEAD),
    case("two senders.eml", b"From: c@d.example\r\n" + HEAD + b"\r\nhello", warnings=("several_senders",)),
    case(
        "the year 3609.eml",
        b"From: a@b.example\r\nDate: Tue, 1 Jan 3609 00:00:00 +0000\r\n\r\nhello",
        warnings=("date_unreadable",),
    ),
    case("no day.eml", b"From: a@b.example\r\nDate: yesterday\r\n\r\nhello", warnings=("date_unreadable",)),
    case("10,000 lines before it.eml", b"".join(b"X-%d: y\r\n" % each for each in range(10_000)) + HEAD + b"\r\nhello"),
    case("20 MB before it.eml", header_of, 20),
    case("50 MB before it.eml", header_of, 50, door="too_large"),
    case("wrong charset.eml", HEAD + b"Content-Type: text/plain; charset=klingon\r\n\r\nPerch\xe9"),
    case("nothing but NUL.eml", HEAD + b"X: \0\0\r\n\r\nbo\0dy"),
    case("eight bits.eml", b"From: Perch\xe9 \xff\xfe <a@b.example>\r\nSubject: \xed\xa0\x80\r\n\r\nhello"),
    case("name of eight bits.eml", eight_bits_in_a_name, inside={"\ufffd\ufffd.txt": ""}),
    case("only a file.eml", HEAD + b"Content-Type: text/csv; name=a.csv\r\n\r\na;b", inside={"a.csv": ""}),
    case(
        "forged way.eml",
        b"Received: from google.com by libero.it; Tue, 24 Jan 2033 10:00:00 +0100\r\n" * 3 + HEAD + b"\r\nhello",
    ),
    case("script.eml", HEAD + b"Content-Type: text/html\r\n\r\n<script>alert(1)</script><img src=http://a.example>"),
    case(
        "sealed.eml",
        HEAD + SMIME + b"\r\n\x30\x80\0\1",
        warnings=("encrypted_mail",),
        left_out={"smime.p7m": "type_not_allowed"},
    ),
    case("message.msg", files.HTML, door="content_mismatch"),
    case("text.msg", files.MAIL, door="content_mismatch"),
    case("outlook.eml", files.outlook, door="content_mismatch"),
    case("plain.msg", files.outlook),
    case("a picture.msg", with_picture, inside={"a.png": ""}),
    case("cut in half.msg", half, files.outlook, door="content_mismatch"),
    case("cut before its table.msg", lambda: files.outlook()[:-512], reason="broken_document"),
    case("contact.msg", files.outlook, "IPM.Contact", warnings=("not_a_mail",)),
    case("appointment.msg", files.outlook, "IPM.Appointment", warnings=("not_a_mail",)),
    case("draft.msg", lambda: files.outlook(flags=8), warnings=("never_sent",)),
    case("sealed.msg", files.outlook, "IPM.Note.SMIME", warnings=("encrypted_mail",)),
    case("a message attached.msg", lambda: files.outlook(closed=1), left_out={"attachment 1": "closed_message"}),
]
