"""Every dated fact of a claim laid on the outage of its account, and what does not fit."""

from dataclasses import dataclass

from claims.rules import fit
from claims.rules.outage import merged
from evidence.models import Content

MOST = 200  # facts of one document


@dataclass(frozen=True)
class Fit:
    """`facts` in the order of time; `names` of documents by id; `outage` merged."""

    outage: tuple
    facts: tuple
    flags: tuple
    names: dict
    bounces: frozenset = frozenset()  # documents that report a failed delivery

    @property
    def restored(self):
        """When the service worked again for this account, None if it never failed."""
        return self.outage[-1][1] if self.outage else None

    @property
    def of_documents(self):
        return [flag.as_json() for flag in self.flags if flag.document]


def know_fit(claim):
    """Finds the Fit of a claim that is about to be shown: until it is shown nobody asks again."""
    claim.known_fit = laid_on_outage(claim)


def fit_of(claim):
    """The Fit of a claim, in as many queries for three documents as for thirty."""
    return claim.__dict__.get("known_fit") or laid_on_outage(claim)


def laid_on_outage(claim):
    attachments = list(claim.attachments.select_related("document").filter(document__state="clean"))
    digests = {attachment.document.sha256 for attachment in attachments}
    contents = Content.objects.select_related("mail").in_bulk(digests)
    papers = [
        paper_of(each, contents[each.document.sha256]) for each in attachments if each.document.sha256 in contents
    ]
    losses = [fit.Fact("loss", item.occurred_at, head=item.head) for item in claim.items.all()]
    outage = tuple(merged(claim.outage))
    found = fit.flags(losses, papers, outage=outage, submitted_at=claim.submitted_at, own=own_addresses(claim))
    facts = [*losses, *(fact for paper in papers for fact in paper.facts), *moments_of(claim)]
    return Fit(
        outage=outage,
        facts=tuple(sorted(facts, key=lambda fact: fact.at)),
        flags=tuple(found),
        bounces=frozenset(paper.id for paper in papers if paper.is_mail and paper.shows),
        names={str(each.document_id): each.document.name for each in attachments},
    )


def moments_of(claim):
    """What happened to the claim and its service."""
    found = [fit.Fact("submitted", claim.submitted_at)] if claim.submitted_at else []
    service = claim.customer.service if claim.customer else None
    if service is not None and service.restored_at:
        found.append(fit.Fact("restored", service.restored_at))
    return found


def own_addresses(claim):
    """Where the account and its claimant are reached, in small letters."""
    person, customer = claim.claimant, claim.customer
    known = [claim.login, person.email, person.second_email]
    if customer is not None:
        known += [customer.login, customer.contact, customer.second_contact]
    return frozenset(each.strip().lower() for each in known if each and "@" in each)


def paper_of(attachment, content):
    """A document's facts as the rules take them."""
    mail = getattr(content, "mail", None)
    document = str(attachment.document_id)
    facts = []
    for told in content.facts.get("dates", [])[:MOST]:
        at, zone, assumed = fit.read_moment(told)
        facts.append(fit.Fact(told["what"], at, zone, assumed, document))
    bounce = (mail.bounce or {}) if mail else {}
    return fit.Paper(
        id=document,
        facts=tuple(facts),
        shows=bool(bounce) or (attachment.kind == "screenshot" and mail is None),
        is_mail=mail is not None,
        failed=addresses(bounce.get("recipients", ()), "recipient"),
        people=people_of(mail, bounce) if mail else frozenset(),
    )


def people_of(mail, bounce):
    original = bounce.get("original") or {}
    lists = [mail.sender, mail.to, mail.cc, original.get("sender", ()), original.get("to", ())]
    return frozenset().union(*(addresses(each, "address") for each in lists))


def addresses(people, name):
    said = ((each.get(name) or "").strip().lower() for each in people or ())
    return frozenset(each for each in said if "@" in each)
