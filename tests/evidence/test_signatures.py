"""Who signed a mail. The keys come from a name server of the tests; nothing here asks a real one."""

from datetime import timedelta

import dns.exception
import dns.resolver
import pytest
from django.utils import timezone

from evidence import published, signatures
from evidence.models import Mail, SigningKey
from evidence.published import KeysUnavailable
from evidence.reading import read_batch
from evidence.signatures import check_batch
from tests import make
from tests.evidence import mailbox

pytestmark = pytest.mark.django_db
DURING = 1_674_551_100  # 24 January 2023, 9:05 UTC
NAME = "s2023._domainkey.libero.example."


def server(**keys):
    """A name server that knows `keys`, by the domain without its dots."""
    asked = []

    def lookup(name):
        asked.append(name)
        return keys.get(name.split("._domainkey.")[1].replace(".", ""), [])

    lookup.asked = asked
    return lookup


def down(name):
    raise KeysUnavailable(name)


@pytest.fixture
def checked(anna):
    """checked(bytes, lookup) is a mail after its signatures were looked at."""

    def go(data, lookup):
        make.document(anna, content=data, media_type="message/rfc822")
        assert read_batch() == 1
        check_batch(lookup=lookup)
        return Mail.objects.latest("content__queued_at")

    return go


def good():
    return server(liberoexample=[mailbox.key()[1]], listsexample=[mailbox.key()[1]])


def verdicts(mail):
    return [(each["verdict"], each["because"]) for each in mail.signatures]


def test_u_36_a_good_signature_is_valid_and_its_key_is_kept(checked):
    mail = checked(mailbox.signed(), good())
    assert verdicts(mail) == [("valid", "")]
    assert mail.check_state == "done"
    key = SigningKey.objects.get()
    assert (key.domain, key.selector) == ("libero.example", "s2023")
    assert mail.signatures[0]["key_found"] == key.found_at.isoformat()


def test_u_36_a_key_that_is_gone_proves_nothing_either_way(checked):
    assert verdicts(checked(mailbox.signed(), server())) == [("cannot_verify", "no_key")]


def test_u_36_a_changed_body_is_invalid(checked):
    data = mailbox.signed().replace(b"non \xc3\xa8 mai arrivata", b"\xc3\xa8 arrivata")
    assert verdicts(checked(data, good())) == [("invalid", "changed")]


def test_u_36_a_changed_subject_is_invalid(checked):
    data = mailbox.signed().replace(b"Proposta_per", b"Contratto_per")
    assert verdicts(checked(data, good())) == [("invalid", "bad_signature")]


def test_u_36_a_second_from_does_not_borrow_a_signature(checked):
    data = mailbox.signed(include_headers=[b"From", b"Subject", b"Date"])
    mail = checked(b"From: Boss <boss@bank.example>\r\n" + data, good())
    assert verdicts(mail) == [("invalid", "bad_signature")]
    assert "two_from" in [each["code"] for each in mail.inconsistencies]


def test_u_36_a_signature_over_part_of_the_body_is_partly_signed(checked):
    data = mailbox.signed(length=True) + b"added later\r\n"
    assert verdicts(checked(data, good())) == [("partly_signed", "")]


def test_u_36_a_name_server_that_does_not_answer_is_asked_again_and_then_given_up(checked):
    mail = checked(mailbox.signed(), down)
    assert mail.check_state == "waiting"
    now = timezone.now()
    for turn in range(1, signatures.MAX_FAILURES):
        check_batch(now + timedelta(hours=2 * turn), lookup=down)
    mail.refresh_from_db()
    assert verdicts(mail) == [("cannot_verify", "no_answer")]


def test_a_key_that_was_kept_serves_when_the_domain_took_it_away(checked):
    SigningKey.objects.create(domain="libero.example", selector="s2023", key=mailbox.key()[1])
    assert verdicts(checked(mailbox.signed(), server())) == [("valid", "")]
    mail = Mail.objects.get()
    assert mail.signatures[0]["key_found"]


def test_a_key_that_was_kept_serves_when_the_name_server_is_down_or_not_asked(checked, settings):
    SigningKey.objects.create(domain="libero.example", selector="s2023", key=mailbox.key()[1])
    assert verdicts(checked(mailbox.signed(), down)) == [("valid", "")]
    settings.DKIM_DNS = False
    mail = checked(mailbox.signed(mailbox.mail(body="another")), published.published_keys)
    assert verdicts(mail) == [("valid", "")]


def test_nothing_is_asked_where_we_are_not_to_ask(checked, settings, monkeypatch):
    monkeypatch.setattr(dns.resolver, "resolve", lambda *_args, **_options: pytest.fail("asked"))
    settings.DKIM_DNS = False
    assert verdicts(checked(mailbox.signed(), published.published_keys)) == [("cannot_verify", "not_asked")]


def test_the_key_of_another_round_under_the_same_name_does_not_spoil_the_kept_one(checked):
    SigningKey.objects.create(domain="libero.example", selector="s2023", key=mailbox.key()[1])
    newer = mailbox.key()[1].replace("p=MI", "p=QQ")
    assert verdicts(checked(mailbox.signed(), server(liberoexample=[newer]))) == [("valid", "")]


@pytest.mark.parametrize(
    ("record", "because"),
    [("v=DKIM1; p=", "revoked"), ("v=DKIM1; k=rsa; p=nonsense", "bad_key"), ("v=SPF1", "bad_key"), ("\0", "bad_key")],
)
def test_a_record_that_is_no_key_proves_nothing(checked, record, because):
    assert verdicts(checked(mailbox.signed(), server(liberoexample=[record]))) == [("cannot_verify", because)]


@pytest.mark.parametrize(
    "header",
    [
        "v=1; a=rsa-sha256; d=libero.example; s=s2023; bh=x; b=y; h=from",
        "nonsense",
        "",
        "v=9; d=" + "x" * 400 + "; s=\xff",
    ],
)
def test_a_signature_that_nobody_understands_is_never_called_forged(checked, header):
    mail = checked(mailbox.mail(more=[f"DKIM-Signature: {header}"]), good())
    assert mail.check_state == "done"
    assert {each["verdict"] for each in mail.signatures} <= {"cannot_verify", "invalid"}


def test_a_signature_that_expired_since_still_tells_who_signed(checked):
    data = mailbox.signed(moment=DURING, expires=DURING + 86_400)
    assert verdicts(checked(data, good())) == [("valid", "")]
    assert Mail.objects.get().signatures[0]["signed_at"] == "2023-01-24T09:05:00+00:00"


def test_a_signer_that_is_not_the_sender_is_told(checked):
    data = mailbox.signed(mailbox.mail(sender="bank@bank.example"))
    mail = checked(data, good())
    assert verdicts(mail) == [("valid", "")]
    doubt = next(each for each in mail.inconsistencies if each["code"] == "other_signer")
    assert doubt == {"code": "other_signer", "signers": ["libero.example"], "senders": ["bank.example"]}


def test_a_part_of_a_domain_may_sign_for_it(checked):
    mail = checked(mailbox.signed(mailbox.mail(sender="a@mail.libero.example")), good())
    assert "other_signer" not in [each["code"] for each in mail.inconsistencies]


def test_a_forwarded_mail_keeps_the_seal_of_who_forwarded_it(checked):
    mail = checked(mailbox.sealed(), good())
    assert [(each["kind"], each["domain"], each["verdict"]) for each in mail.signatures] == [
        ("dkim", "libero.example", "valid"),
        ("arc", "lists.example", "valid"),
        ("arc-seal", "lists.example", "valid"),
    ]


def test_a_worker_that_lost_its_lease_writes_nothing(anna):
    make.document(anna, content=mailbox.signed(), media_type="message/rfc822")
    read_batch()
    [late] = signatures.lease(timezone.now(), 1)
    check_batch(timezone.now() + signatures.LEASE + timedelta(seconds=1), lookup=good())
    assert not signatures.keep(late, [], {}, {})
    assert verdicts(Mail.objects.get()) == [("valid", "")]


# --- the name server ----------------------------------------------------------------------------
@pytest.mark.parametrize(("error", "expected"), [(dns.resolver.NXDOMAIN, []), (dns.resolver.NoAnswer, [])])
def test_no_record_is_an_answer(settings, monkeypatch, error, expected):
    def resolve(*_args, **_options):
        raise error

    settings.DKIM_DNS = True
    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    assert published.published_keys(NAME) == expected


@pytest.mark.parametrize("error", [dns.exception.Timeout, dns.resolver.NoNameservers, OSError])
def test_no_answer_is_none(settings, monkeypatch, error):
    def resolve(*_args, lifetime, **_options):
        assert lifetime == 3
        raise error

    settings.DKIM_DNS = True
    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    with pytest.raises(KeysUnavailable):
        published.published_keys(NAME)
