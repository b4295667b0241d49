"""What a reviewer types into the decision form, and the arithmetic that follows from it while they type."""

from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from django.utils.datastructures import MultiValueDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from claims.actions.weighing import assessed
from claims.admin.gifts import GiftRow, gift_rows, gifts_of, gifts_typed
from claims.models import Decision
from claims.reports import wording
from claims.reports.bands import bands_beside
from claims.rules.errors import Refused
from claims.rules.money import ZERO, typed_amount
from claims.rules.remedies.damages import Finding
from claims.rules.signatures import REASONS as SIGNATURES
from claims.rules.signatures import reasons_to_sign
from claims.rules.verdict import check_findings, fitting_outcome


@dataclass
class Row:
    """One loss in the form, as it was typed, with what is wrong at each field."""

    item: object
    awarded: str = ""
    share: str = ""
    reasons: list = field(default_factory=list)
    errors: dict = field(default_factory=dict)

    @property
    def in_full(self):
        return shown_amount(self.item.amount)


@dataclass
class Form:
    rows: list
    outcome: str = ""
    note: str = ""
    ask_signature: bool = False
    version: int = 1
    errors: dict = field(default_factory=dict)
    reasons: dict = field(default_factory=wording.offered)
    gifts: list[GiftRow] = field(default_factory=list)
    saved_at: object = None

    @property
    def any_errors(self):
        return bool(self.errors) or any(row.errors for row in self.rows) or any(gift.error for gift in self.gifts)

    def show_errors(self, refused):
        """Puts what an action refused beside the field it means; `items.<n>.<field>` is the nth loss."""
        for name, _code, message in refused.errors:
            part = name.split(".")
            if part[0] == "items" and len(part) == 3 and part[1].isdecimal() and int(part[1]) < len(self.rows):
                self.rows[int(part[1])].errors[part[2]] = message
            elif part[0] == "awards" and len(part) == 3:
                [row for row in self.gifts if row.quantity][int(part[1])].error = message
            else:
                self.errors["outcome" if name == "items" else name] = message  # of all losses, not of one


def shown_amount(amount):
    return number_format(amount, decimal_pos=2, use_l10n=True, force_grouping=False)


def shown_share(share):
    return format(share.normalize(), "f").replace(".", ",") if share else ""


def newest(claim):
    """The decision that matters on the page: the one in force or proposed, else the one returned last."""
    decisions = claim.decisions.exclude(state="void").select_related("decider", "countersignature__signer")
    decision = decisions.prefetch_related("awards__item", "benefits").order_by("-round", "-pk").first()
    if decision is not None:
        decision.texts = wording.reasons_of(decision)
        decision.signed_because = [SIGNATURES[code] for code in decision.signature_reasons]
    return decision


def blank(claim, items, decision):
    """The form before anything was typed; after a return or a recall it holds what had been proposed."""
    form = Form([Row(item) for item in items], version=claim.version, gifts=gift_rows(claim))
    proposal = unfinished(claim, decision) if claim.status == "in_review" else None
    if proposal is not None:
        decision = proposal
        awards = {award.item_id: award for award in decision.awards.all()}
        form.note, given = decision.note, {gift.kind: gift.quantity for gift in decision.benefits.all()}
        for gift in form.gifts:
            gift.quantity = str(given.get(gift.kind, ""))
        for row in form.rows:
            if award := awards.get(row.item.pk):
                row.awarded, row.share = shown_amount(award.awarded), shown_share(award.share)
                row.reasons = list(award.reasons)
    return form


def unfinished(claim, decision):
    """The decision of this round that was returned, or taken back to be changed, if nothing came after it."""
    if decision is not None and decision.state == "returned" and decision.round == claim.round:
        since = decision.pk
    else:
        since = 0
    void = claim.decisions.filter(state=Decision.State.VOID, round=claim.round, pk__gt=since)
    newer = void.prefetch_related("awards__item", "benefits").order_by("-pk").first()
    return newer or (decision if since else None)


def restored(claim, items, person, form):
    """The draft that `person` saved, in place of `form`; nobody reads the draft of somebody else."""
    draft = getattr(claim, "decision_draft", None)
    if draft is None or draft.by_id != person.pk or claim.status != "in_review":
        return form
    typed = read(MultiValueDict(draft.values), claim, items)
    typed.version, typed.saved_at = claim.version, draft.saved_at
    return typed


def fields_of(post):
    """What of a posted form is kept as a draft."""
    kept = ("awarded-", "share-", "reasons-", "benefit-")
    names = [name for name in post if name.startswith(kept) or name in ("outcome", "note", "ask_signature")]
    return {name: post.getlist(name) for name in names}


def read(post, claim, items):
    """What was typed, as it was typed."""
    version = post.get("version", "")
    return Form(
        [
            Row(
                item,
                awarded=post.get(f"awarded-{item.pk}", "")[:40],
                share=post.get(f"share-{item.pk}", "")[:40],
                reasons=post.getlist(f"reasons-{item.pk}"),
            )
            for item in items
        ],
        outcome=post.get("outcome", ""),
        note=post.get("note", ""),
        ask_signature=post.get("ask_signature") == "on",
        gifts=gifts_typed(post, claim),
        version=int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0,
    )


def entries(form):
    """The rows as decisions.decide() takes them. Raises one Refused with everything that cannot be read."""
    problems, result = [], []
    for position, row in enumerate(form.rows):
        entry = {"id": row.item.pk, "reasons": row.reasons}
        for name, parse in (("awarded", typed_amount), ("share", typed_share)):
            try:
                entry[name] = parse(getattr(row, name), field=f"items.{position}.{name}")
            except Refused as refused:
                problems.append((refused.field, refused.code, refused.message))
        result.append(entry)
    if problems:
        raise Refused(problems[0][1], problems[0][2], field=problems[0][0], errors=problems)
    return result


def typed_share(text, *, field):
    """A percentage as people type it; nothing is 0. Its range is the rule's to judge."""
    text = text.replace("%", "").replace(",", ".").strip()
    if not text:
        return Decimal(0)
    if text.isascii() and len(text) <= 6 and text.replace(".", "", 1).isdecimal():
        try:
            return Decimal(text)
        except InvalidOperation:
            pass
    raise Refused("invalid_share", _("The own share is between 0 and 100 per cent."), field=field)


def outcome_of(form, items):
    """The outcome that was chosen, or the one the amounts speak of; "" while they are not right."""
    if form.outcome:
        return form.outcome
    try:
        return fitting_outcome(check_findings(entries(form), items, form.reasons), gifts_of(form))
    except Refused:
        return ""


def live(form, claim):
    """The arithmetic of what has been typed so far; rows that cannot be read count for nothing yet."""
    terms, findings, unread = claim.terms.rules, [], 0
    for row in form.rows:
        try:
            awarded, share = typed_amount(row.awarded, field="awarded"), typed_share(row.share, field="share")
        except Refused:
            awarded, share = ZERO, Decimal(0)
            unread += 1
        share = min(share, Decimal(100))
        findings.append(Finding(row.item.pk, row.item.head, row.item.amount, awarded, share))
    assessment = assessed(claim, findings)
    bands = bands_beside(claim, [row.item.head for row in form.rows])
    # The random sample is not told before the decision: it would change how one decides.
    terms_without = replace(terms, sample_rates={})
    signing = reasons_to_sign(
        assessment.total,
        findings,
        terms_without,
        remedy=claim.remedy,
        reference=claim.reference,
        number=claim.round,
        bands=bands,
        asked=form.ask_signature,
    )
    return {
        **shown(assessment.to_json()),
        "over": [row.item for row, found in zip(form.rows, findings, strict=True) if found.awarded > found.claimed],
        "unread": unread,
        "limit": terms.countersign_limit,
        "damages_cap": terms.damages_cap,
        "signature": [SIGNATURES[code] for code in signing],
        "outcome": "" if unread else fitting_outcome(findings, gifts_of(form)),
    }


def arithmetic_of(decision):
    """The arithmetic frozen with a decision."""
    return shown(decision.assessment)


def shown(assessment):
    """An assessment as JSON, with the sum of its lines, so that the claim's cap can be seen to bite."""
    subtotal = sum((Decimal(line["net"]) for line in assessment["lines"]), ZERO)
    return {**assessment, "subtotal": subtotal, "capped": subtotal > Decimal(assessment["total"])}
