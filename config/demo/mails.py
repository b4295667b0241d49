"""The mails of the demo: with the way they came, signed by their domain, and reports of what did not arrive.

The keys of the domains are kept as if they had been found in the DNS when the mails were sent: nobody can ask it now.
"""

from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from evidence.models import SigningKey

SELECTOR = "posta2023"
PEM, TRADITIONAL = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL


def mail(facts, rnd):
    """What a client wrote afterwards, as it lies in the mailbox: signed by the client's domain."""
    sent = facts["moment"] + timedelta(days=6)
    message = letter(facts, f"ufficio@{domain(facts)}", facts["login"], facts["item"], sent)
    message.set_content(
        f"Gentile {facts['name']},\n\nle abbiamo scritto il {facts['moment']:%d/%m/%Y} senza ricevere risposta."
        f" La informiamo che abbiamo dovuto provvedere diversamente ({facts['item']}).\n\n"
        f"Cordiali saluti\n{facts['client']}, {facts['city']}\n",
        cte="quoted-printable",
    )
    signed = sign(message.as_bytes().replace(b"\n", b"\r\n"), domain(facts), sent)
    server, at = facts["login"].partition("@")[2], sent + timedelta(seconds=rnd.randint(2, 50))
    way = hop(f"mx.{domain(facts)}", f"mx.{server}", at) + hop(f"ufficio.{domain(facts)}", f"mx.{domain(facts)}", sent)
    return f"messaggio-{facts['number']}.eml", way + signed


def bounce(facts, rnd):
    """What the sender's server wrote back, with the head of the mail that did not arrive."""
    own, account = domain(facts), facts["login"]
    server, given_up = account.partition("@")[2], facts["moment"] + timedelta(hours=rnd.randint(30, 50))
    status, said = rnd.choice(REFUSALS)
    lost = letter(facts, f"ufficio@{own}", account, facts["item"], facts["moment"])
    report = letter(facts, f"MAILER-DAEMON@{own}", f"ufficio@{own}", "Undelivered Mail Returned to Sender", given_up)
    text = REPORT.format(
        head=head(report), own=own, server=server, account=account, status=status, said=said, lost=head(lost)
    )
    data = text.replace("\n", "\r\n").encode()
    return f"mancato-recapito-{facts['number']}.eml", hop(f"mx.{own}", f"posta.{own}", given_up) + data


REFUSALS = (
    ("4.4.1", "451 4.4.1 connection timed out"),
    ("4.4.7", "451 4.4.7 message expired, too long in queue"),
    ("4.3.2", "451 4.3.2 system not accepting network messages"),
)
REPORT = """{head}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="report"

--report
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.{own}. Your message could not be delivered:

<{account}>: host mx.{server} said: {said}

--report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.{own}

Final-Recipient: rfc822; {account}
Action: failed
Status: {status}
Remote-MTA: dns; mx.{server}
Diagnostic-Code: smtp; {said}

--report
Content-Type: text/rfc822-headers

{lost}
--report--
"""


def head(message):
    return message.as_bytes().decode().strip() + "\n"


def hop(source, by, at):
    return f"Received: from {source} by {by} with ESMTPS; {format_datetime(at)}\r\n".encode()


def letter(facts, sender, recipient, subject, sent):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"] = format_datetime(sent)
    message["Message-ID"] = f"<{facts['number']}.{sent:%Y%m%d}@{domain(facts)}>"
    return message


def domain(facts):
    return "-".join(word for word in facts["client"].lower().replace("'", " ").split() if word.isascii()) + ".example"


@cache
def key():
    """(private key, the record that publishes its other half); all domains of the demo share one."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = "v=DKIM1; k=rsa; p=" + "".join(public.decode().splitlines()[1:-1])
    return private.private_bytes(PEM, TRADITIONAL, serialization.NoEncryption()), record


class Signer(dkim.DKIM):
    """dkimpy signs as of now; the mails of the demo are older."""

    def gen_header(self, fields, *rest, **more):
        moment = str(int(self.moment.timestamp())).encode()
        fields = [(name, moment if name == b"t" else value) for name, value in fields]
        return super().gen_header(fields, *rest, **more)


def sign(message, signer, moment):
    private, record = key()
    SigningKey.objects.get_or_create(
        domain=signer, selector=SELECTOR, defaults={"key": record, "found_at": moment + timedelta(hours=1)}
    )
    made = Signer(message)
    made.moment = moment
    return made.sign(SELECTOR.encode(), signer.encode(), private) + message
