"""Terms in words: each value with its unit, what differs between two versions, and the arithmetic of an example."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.admin.tags import day, euro
from claims.models.claim import REMEDIES
from claims.rules import terms_bounds as bounds
from claims.rules.outage import outage_days, total_minutes
from claims.rules.terms import Terms
from claims.rules.terms_fields import A_DAY, DAYS, EURO, GROUPS, MINUTES, TIMES, changes, flat
from claims.rules.terms_text import texts_of

USUAL = texts_of(Terms())
LABELS = dict(REMEDIES)
# Why an account gets nothing, or not all of it.
CUT = {
    "below_minimum": gettext_lazy("below the minimum: nothing"),
    "above_cap": gettext_lazy("cut to the limit"),
    "outside_terms": gettext_lazy("not in the terms, or no paid period: nothing"),
}


def said(field, value):
    """A value as people say it: “6.50 € a day”, “45 days”, “no limit of its own”."""
    if field.several:
        return ", ".join(str(label) for code, label in field.options.items() if code in value) or _("none of them")
    if field.bound in bounds.SWITCHES:
        return str(field.options["yes" if value else "no"])
    if value is None:
        return str(field.empty or "–")
    if field.options:
        return str(field.options[value])
    number = plain(Decimal(value) / bounds.scale_of(field.bound))
    if field.unit == EURO:
        return euro(value)
    if field.unit == TIMES:
        return f"×\u00a0{number}"
    if field.unit == A_DAY:
        return _("%(amount)s a day") % {"amount": euro(value)}
    if field.unit == DAYS:
        return ngettext("%(number)s day", "%(number)s days", int(value)) % {"number": number}
    if field.unit == MINUTES:
        return ngettext("%(number)s minute", "%(number)s minutes", int(value)) % {"number": number}
    return f"{number}\u00a0{field.unit}".strip("\u00a0")


def plain(number):
    number = round(number, 6).normalize()
    return number_format(number, decimal_pos=max(0, -number.as_tuple().exponent), force_grouping=True)


def hint(field):
    """“0 to 1440, usually 60”."""
    if field.options:
        return ""
    usual = said(field, flat(Terms())[field.path])
    return _("%(low)s to %(high)s, usually %(usual)s") % {**spelled(field), "usual": usual}


def spelled(field):
    bound, scale = bounds.NUMBERS[field.bound], bounds.scale_of(field.bound)
    return {"low": plain(round(bound.low / scale, 2)), "high": plain(bound.high / scale)}


def difference(sums):
    """What some Sums are beside those by the version in force, in words."""
    if not sums.more and not sums.more_people:
        return _("as the version in force")
    money = signed(euro(sums.more), sums.more)
    if not sums.more_people:
        return _("%(money)s beside the version in force") % {"money": money}
    people = signed(plain(Decimal(sums.more_people)), sums.more_people)
    return _("%(money)s and %(people)s people beside the version in force") % {"money": money, "people": people}


def signed(words, number):
    """With a plus where it is more than nothing."""
    return f"+{words}" if number > 0 else words


@dataclass(frozen=True)
class Change:
    group: str
    label: str
    old: str
    new: str


def said_changes(before, after):
    """What differs between two Terms, one Change for each value."""
    groups = {each.path: group.label for group in GROUPS for each in group.fields}
    return [
        Change(
            groups[each.path], f"{each.of}: {each.label}" if each.of else each.label, said(each, old), said(each, new)
        )
        for each, old, new in changes(before, after)
    ]


def read_out(terms):
    """[(group, [(label, value)])] of all values, as a page shows them."""
    values = flat(terms)
    return [
        (
            group.label,
            [
                (f"{each.of}: {each.label}" if each.of else each.label, said(each, values[each.path]))
                for each in group.fields
            ],
        )
        for group in GROUPS
    ]


def steps(customer, remedy, rules, assessment):
    """The arithmetic of one account, sentence by sentence."""
    facts = customer.facts()
    days = outage_days(facts.intervals, min_minutes_per_day=rules.min_minutes_per_day)
    return (of_indemnity if remedy == "indemnity" else of_refund)(facts, rules, assessment, days)


def of_indemnity(facts, rules, assessment, days):
    if (tariff := rules.indemnity.get(facts.service_kind)) is None:
        return [_("The terms give this service nothing.")]
    minutes = int(total_minutes(facts.intervals))
    words = [_("%(minutes)s minutes of outage, at least %(least)s asked for") % {
        "minutes": plain(Decimal(minutes)), "least": plain(Decimal(rules.min_outage_minutes))
    }]  # fmt: skip
    if minutes < rules.min_outage_minutes:
        return [*words, str(CUT["below_minimum"])]
    factor = "" if tariff.factor == 1 else f" × {plain(tariff.factor)}"
    gross = assessment.lines[0].gross if assessment.lines else Decimal(0)
    words.append(f"{counted(days)} × {euro(tariff.rate)}{factor} = {euro(gross)}")
    return words + ending(assessment)


def of_refund(facts, rules, assessment, days):
    if "outside_terms" in assessment.reasons:
        return [_("No fee was paid, or no paid period is known.")]
    inside = [each for each in days if facts.paid_from <= each < facts.paid_to]
    period = (facts.paid_to - facts.paid_from).days
    words = [
        _("%(days)s in the paid period %(since)s – %(until)s, which has %(period)d")
        % {"days": counted(inside), "since": day(facts.paid_from), "until": day(facts.paid_to), "period": period}
    ]
    times = "" if rules.refund_multiplier == 1 else f" × {plain(rules.refund_multiplier)}"
    gross = assessment.lines[0].gross if assessment.lines else Decimal(0)
    words.append(f"{euro(facts.fee)} × {len(inside)} / {period}{times} = {euro(gross)}")
    return words + ending(assessment)


def counted(days):
    return ngettext("%(count)d outage day", "%(count)d outage days", len(days)) % {"count": len(days)}


def ending(assessment):
    if not assessment.lines:
        return [str(CUT["below_minimum"])]
    line = assessment.lines[0]
    if line.net < line.gross:
        return [_("at most %(cap)s") % {"cap": euro(line.net)}]
    return [_("raised to %(floor)s") % {"floor": euro(line.net)}] if line.net > line.gross else []
