"""Terms as they are typed into a form: {path: text} to Terms and back, and two people's changes put together."""

import re
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from claims.rules import terms_bounds as bounds
from claims.rules.errors import Refused
from claims.rules.money import typed_amount
from claims.rules.terms import IndemnityTerms, Terms
from claims.rules.terms_fields import FIELDS, flat

LONGEST = 40
NUMBER = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,12})?", re.ASCII)


def texts_of(terms):
    """{path: text} as the form begins: numbers with a point; a list for what is chosen."""
    return {path: text_of(FIELDS[path], value) for path, value in flat(terms).items()}


def text_of(field, value):
    if field.several:
        return sorted(value or ())
    if field.bound in bounds.SWITCHES:
        return "yes" if value else "no"
    if value is None or isinstance(value, str):
        return value or ""
    number = Decimal(value) / bounds.scale_of(field.bound)
    if bounds.NUMBERS[field.bound].places == 2:
        return f"{number:.2f}" if number == round(number, 2) else f"{number.normalize():f}"
    return f"{round(number, 6).normalize():f}"


def read(texts):
    """The Terms that were typed. Raises one Refused with everything that is wrong, by path."""
    values, problems = {}, []
    for path, each in FIELDS.items():
        try:
            values[path] = typed(each, texts.get(path, "" if not each.several else ()))
        except Refused as refused:
            problems.append((path, refused.code, refused.message))
    problems += half_filled(values)
    if problems:
        path, code, message = problems[0]
        raise Refused(code, message, field=path, errors=problems)
    terms = built(values)
    bounds.check_new(terms)
    return terms


def typed(field, text):
    """The value of one field. Raises Refused; whether it is within its bounds is asked later, of all together."""
    if field.options:
        return chosen(field, text)
    text = str(text).replace("\u00a0", " ").replace("%", "").strip()
    if not text:
        if field.empty or field.path.startswith("indemnity."):
            return None
        raise Refused("required", _("Fill in this field."), field=field.path)
    if bounds.NUMBERS[field.bound].places == 2:
        return typed_amount(text, field=field.path)
    if len(text) > LONGEST or not NUMBER.fullmatch(text):
        raise Refused("invalid_number", _("Write a number, such as 12 or 1,5."), field=field.path)
    number = Decimal(text.replace(",", ".")) * bounds.scale_of(field.bound)
    if bounds.NUMBERS[field.bound].places:
        return number
    if field.bound == "most_bytes":
        return round(number)
    if number != int(number):
        raise Refused("invalid_number", _("Write a whole number."), field=field.path)
    return int(number)


def chosen(field, text):
    if field.several:
        codes = tuple(code for code in field.options if code in text)
        if set(text) - set(codes):
            raise Refused("unknown_choice", _("Choose from the list."), field=field.path)
        return codes
    if text not in field.options:
        raise Refused("unknown_choice", _("Choose from the list."), field=field.path)
    return text == "yes" if field.bound in bounds.SWITCHES else text


def half_filled(values):
    """A row of the tariffs is filled in or left empty; its factor is 1 if nothing is said."""
    problems = []
    for kind in bounds.KINDS:
        row = {part: f"indemnity.{kind}.{part}" for part in ("rate", "factor", "cap")}
        if not any(values.get(path) is not None for path in row.values()):
            continue
        problems += [
            (row[part], "required", _("Fill in the whole row, or nothing of it."))
            for part in ("rate", "cap")
            if row[part] in values and values[row[part]] is None
        ]
    return problems


def built(values):
    """The Terms of {path: value}; None leaves a value out."""
    made = {"indemnity": {}, "head_caps": {}, "sample_rates": {}, "keep_days": {}, "benefits": {}}
    for path, value in values.items():
        name, dot, key = path.partition(".")
        if not dot:
            made[name] = value
        elif name == "indemnity":
            kind, part = key.split(".")
            made[name].setdefault(kind, {})[part] = value
        elif value is not None:
            made[name][key] = value
    made["indemnity"] = {
        kind: IndemnityTerms(row["rate"], row["cap"], Decimal(1) if row["factor"] is None else row["factor"])
        for kind, row in made["indemnity"].items()
        if row["rate"] is not None
    }
    return Terms(**made)


def merged(base, mine, theirs):
    """(texts, paths): what two people made of the same `base`, and where both changed something, differently.

    Where only one of them changed something, that stands; where both did, mine does.
    """
    together, clashes = {}, []
    for path in FIELDS:
        old, my, their = base.get(path), mine.get(path), theirs.get(path)
        together[path] = their if my == old else my
        if my != old and their not in (old, my):
            clashes.append(path)
    return together, clashes
