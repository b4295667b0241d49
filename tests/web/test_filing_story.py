"""The whole way from the first question to the confirmation, as a browser without JavaScript walks it."""

from claims.models import Claim, Notice
from tests import make


def test_a_claim_is_filed_step_by_step(page, anna, incident, posted, text_of):
    client = page(anna)
    opened = client.post("/incidents/libero-2023/claim/", {"login": " Anna@Libero.example "})
    claim = Claim.objects.get()
    base = f"/claims/{claim.reference}/"
    assert (opened.status_code, opened.url) == (302, f"{base}story/")
    assert (claim.login, claim.claimant, claim.channel, claim.status) == ("anna@libero.example", anna, "web", "draft")

    story = posted(client, f"{base}story/", narrative="I lost a job offer.")
    assert story.url == f"{base}losses/"
    assert client.get(story.url).url == f"{base}losses/add/"
    loss = {
        "head": "extra_expense",
        "description": "A new mailbox",
        "amount": "1.234,50",
        "day": "2023-01-24",
        "clock": "10:30",
    }
    assert posted(client, f"{base}losses/add/", **loss).url == f"{base}losses/"
    assert "1,234.50 €" in text_of(client.get(f"{base}losses/"))

    sent = client.post(f"{base}documents/", {"file": [make.upload(), make.upload("b.pdf")], "go": "on"})
    assert sent.url == f"{base}bank/"
    bank = posted(client, f"{base}bank/", iban="it60 x054 2811 1010 0000 0123 456", holder="Anna")
    assert bank.url == f"{base}check/"
    check = client.get(f"{base}check/")
    for told in ("I lost a job offer.", "A new mailbox", "1,234.50 €", "invoice.pdf", "b.pdf", "IT** 3456"):
        assert told in text_of(check)
    assert "still missing" not in text_of(check)

    done = posted(client, f"{base}check/", declaration="on")
    assert done.url == f"{base}done/"
    claim.refresh_from_db()
    assert (claim.status, str(claim.claimed), claim.attachments.count()) == ("submitted", "1234.50", 2)
    confirmation = text_of(client.get(done.url))
    assert claim.reference in confirmation
    assert "on its way to anna@example.org" in confirmation
    assert Notice.objects.get().kind == "claim_submitted"
