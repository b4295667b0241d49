"""Mails as people hand them in: made, bounced, signed, and as Outlook keeps them. Each function returns bytes."""

import struct
from functools import cache
from itertools import pairwise

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SENT = "Tue, 24 Jan 2023 10:05:00 +0100"
WAY = (
    "from mx.libero.example (mx.libero.example [192.0.2.7]) by in.customer.example with ESMTPS id 4711\r\n"
    "\tfor <rita@customer.example>; Tue, 24 Jan 2023 09:06:10 +0000",
    "from [192.0.2.99] by smtp.libero.example with ESMTPSA id 42; Tue, 24 Jan 2023 10:05:30 +0100",
)


def mail(*, sender="Anna Rossi <anna@libero.example>", date=SENT, received=WAY, body=None, more=(), kind="text/plain"):
    """A mail of Anna's to a customer, as it arrived there."""
    body = "La proposta non è mai arrivata al cliente per il disservizio della posta." if body is None else body
    lines = [
        *(f"Received: {hop}" for hop in received),
        *more,
        *([f"From: {sender}"] if sender else []),
        "To: Rita <rita@customer.example>",
        "Cc: office@customer.example",
        "Subject: =?utf-8?q?Proposta_per_la_citt=C3=A0?=",
        *([f"Date: {date}"] if date else []),
        "Message-ID: <42@libero.example>",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body.encode() + b"\r\n"


def bounce(status="5.1.1", action="failed", diagnostic="smtp; 550 5.1.1 no such user"):
    """A delivery report as RFC 3464 has it."""
    return f"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@libero.example>
To: anna@libero.example
Subject: Undelivered Mail Returned to Sender
Date: Tue, 24 Jan 2023 12:00:00 +0000
Message-ID: <bounce-1@libero.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain; charset=us-ascii

Your mail could not be delivered.

--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.libero.example
Arrival-Date: Tue, 24 Jan 2023 11:00:00 +0000

Final-Recipient: rfc822; rita@customer.example
Action: {action}
Status: {status}
Remote-MTA: dns; in.customer.example
Diagnostic-Code: {diagnostic}

--cut
Content-Type: text/rfc822-headers

From: Anna <anna@libero.example>
To: rita@customer.example
Subject: Offer
Date: Tue, 24 Jan 2023 10:59:00 +0000
Message-ID: <offer@libero.example>

--cut--
""".replace("\n", "\r\n").encode()


@cache
def key():
    """(private key as PEM, the record that publishes its other half)"""
    private = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    value = "".join(public.decode().splitlines()[1:-1])
    return pem, f"v=DKIM1; k=rsa; p={value}"


def signed(message=None, *, domain="libero.example", selector="s2023", moment=None, expires=None, **options):
    """`message` with a DKIM signature of `domain`, made now or at `moment`, for ever or until it `expires`."""
    message = message or mail()
    signer = Signer(message)
    signer.moment, signer.expires = moment, expires
    return signer.sign(selector.encode(), domain.encode(), key()[0], **options) + message


class Signer(dkim.DKIM):
    """dkimpy signs as of now and for ever; the mails of an outage are older."""

    def gen_header(self, fields, *rest, **more):
        fields = [
            (name, str(self.moment).encode() if name == b"t" and self.moment else value) for name, value in fields
        ]
        if self.expires:
            fields.insert(-2, (b"x", str(self.expires).encode()))
        return super().gen_header(fields, *rest, **more)


def sealed(message=None, *, domain="lists.example", selector="arc"):
    """A signed mail as a forwarder passes it on, with an ARC set."""
    message = message or signed()
    results = b"Authentication-Results: lists.example; dkim=pass header.d=libero.example\r\n"
    headers = dkim.arc_sign(results + message, selector.encode(), domain.encode(), key()[0], b"lists.example")
    return b"".join(headers) + message


def msg(texts=None, *, kind="IPM.Note", flags=0, submitted=None, recipients=(), numbers=()):
    """An Outlook message: {property number: text}, its class and flags, and whom it went to."""
    streams = {f"__substg1.0_{number:04X}001F": text.encode("utf-16-le") for number, text in (texts or {}).items()}
    streams["__substg1.0_001A001F"] = kind.encode("utf-16-le")
    fixed = [(0x0E070003, struct.pack("<LL", flags, 0)), *numbers]
    if submitted is not None:
        fixed.append((0x00390040, struct.pack("<Q", submitted)))
    streams["__properties_version1.0"] = bytes(32) + b"".join(
        struct.pack("<LL", tag, 6) + value for tag, value in fixed
    )
    folders = {
        f"__recip_version1.0_#{number:08X}": {
            "__substg1.0_3001001F": name.encode("utf-16-le"),
            "__substg1.0_39FE001F": address.encode("utf-16-le"),
            "__properties_version1.0": bytes(8) + struct.pack("<LLLL", 0x0C150003, 6, which, 0),
        }
        for number, (which, name, address) in enumerate(recipients)
    }
    return compound(streams, folders)


def compound(streams, folders):
    """A compound file of streams, and of folders of streams. Streams are padded so that none is a small one."""
    sectors, entries = [], []  # entries: (name, kind, child, left, right, first sector, size)

    def stored(data):
        first = len(sectors)
        data = data.ljust(max(4096, -(-len(data) // 512) * 512), b"\0")
        sectors.extend(data[at : at + 512] for at in range(0, len(data), 512))
        chains.append((first, len(sectors)))
        return first, len(data)

    chains = []

    def add(name, kind, first=0, size=0):
        entries.append([name, kind, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, first, size])
        return len(entries) - 1

    def tree(children):
        """The children as a list to the right: a tree, if not a balanced one."""
        ordered = sorted(children, key=lambda number: (len(entries[number][0]), entries[number][0].upper()))
        for number, following in pairwise(ordered):
            entries[number][4] = following
        return ordered[0] if ordered else 0xFFFFFFFF

    root = add("Root Entry", 5, 0xFFFFFFFE)
    top = [add(name, 2, *exact(stored, data)) for name, data in streams.items()]
    for name, inner in folders.items():
        folder = add(name, 1)
        entries[folder][2] = tree([add(each, 2, *exact(stored, data)) for each, data in inner.items()])
        top.append(folder)
    entries[root][2] = tree(top)
    return written(sectors, entries, chains)


def exact(stored, data):
    """Text ends with NUL in a padded stream; readers strip that. Properties end with entries of zeros."""
    return stored(data)


def written(sectors, entries, chains):
    directory = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBBLLL", len(name) * 2 + 2, kind, 1, left, right, child)
        + bytes(36)
        + struct.pack("<LQ", first, size)
        for name, kind, child, left, right, first, size in entries
    )
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    first_directory = len(sectors)
    sectors = sectors + [directory[at : at + 512] for at in range(0, len(directory), 512)]
    chains = [*chains, (first_directory, len(sectors))]
    count = 1
    while (len(sectors) + count) > count * 128:
        count += 1
    table = [0xFFFFFFFF] * (count * 128)
    for first, end in chains:
        for number in range(first, end):
            table[number] = number + 1 if number + 1 < end else 0xFFFFFFFE
    for number in range(len(sectors), len(sectors) + count):
        table[number] = 0xFFFFFFFD
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<LLLLLLLL", header, 44, count, first_directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    places = [len(sectors) + number for number in range(count)] + [0xFFFFFFFF] * (109 - count)
    struct.pack_into("<109L", header, 76, *places)
    return bytes(header) + b"".join(sectors) + struct.pack(f"<{len(table)}L", *table)
