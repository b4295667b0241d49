"""What the claimant's pages ask. A form knows its fields; whether a value will do is a rule's or an action's to say."""

from functools import partial

from django import forms
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Refused
from claims.rules.filing import clean_head, clean_login
from claims.rules.moments import in_rome, typed_clock, typed_day
from claims.rules.money import typed_amount
from claims.rules.outage import ROME
from claims.rules.terms import HEAD_HELP, HEADS
from claims.rules.text import DESCRIPTION, clean_line, clean_text


class Typed(forms.Field):
    """What was typed, as it came, however odd; with a `rule`, what the rule makes of it."""

    widget = forms.TextInput

    def __init__(self, label, *, rule=None, area=0, optional=False, help_text="", **attrs):
        widget = forms.Textarea(attrs={"rows": area, **attrs}) if area else self.widget(attrs=attrs)
        super().__init__(label=label, required=not optional, widget=widget, help_text=help_text)
        self.rule = rule

    def clean(self, value):
        try:
            return self.rule(value or "") if self.rule else value or ""
        except Refused as refused:
            raise forms.ValidationError(refused.message, code=refused.code) from refused


def line(field):
    """The rule of a line of text that must not be empty."""
    return partial(clean_line, field=field)


class Form(forms.Form):
    """A form of a draft. `initial` is what is stored now; it is shown beside what was typed if the draft changed."""

    renamed = {}
    use_required_attribute = False

    def __init__(self, data=None, **kwargs):
        super().__init__(data, label_suffix="", **kwargs)
        self.is_stale = False

    @property
    def version(self):
        """The version of the draft that the person had before their eyes; 0, which no draft has, for none at all."""
        typed = str((self.data if self.is_bound else self.initial).get("version", ""))
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0

    def values(self):
        """What the action takes."""
        return dict(self.cleaned_data)

    def theirs(self):
        """What is stored and differs from what was typed, as (label, text) pairs."""
        stored = [(field, field.initial) for field in self if field.initial not in (None, "")]
        pairs = [(field.label, HEADS.get(value, value)) for field, value in stored if self.typed(field) != value]
        return [(label, localize(value)) for label, value in pairs]

    def typed(self, field):
        return self.cleaned_data.get(field.name, field.value())

    def refuse(self, refused):
        """Shows a refusal at the fields it names; what names none of ours stands above the form."""
        for name, code, message in refused.errors or ((None, refused.code, refused.message),):
            field = self.renamed.get(name, name)
            self.add_error(field if field in self.fields else None, forms.ValidationError(message, code=code))


class Account(Form):
    login = Typed(
        _("Which account did not work?"),
        rule=clean_login,
        help_text=_("The whole address, such as name@example.it."),
        inputmode="email",
        autocomplete="email",
        autocapitalize="none",
        spellcheck="false",
    )


class Caller(Account):
    """What an operator asks somebody on the telephone before anything else."""

    email = Typed(_("E-mail address of the caller"), rule=line("email"), inputmode="email", autocomplete="off")
    name = Typed(_("Name of the caller"), autocomplete="off")
    phone = Typed(_("Telephone"), optional=True, inputmode="tel", autocomplete="off")
    identity_check = Typed(
        _("How did you check who is calling?"),
        rule=line("identity_check"),
        help_text=_("For example: date of birth and customer number."),
    )
    field_order = ["email", "name", "phone", "identity_check", "login"]

    def values(self):
        values = super().values()
        login = values.pop("login")
        return {"login": login, "on_behalf_of": values, "channel": "phone"}


class Story(Form):
    narrative = Typed(
        _("Tell it in your own words"),
        area=10,
        help_text=_("What you could not do, when, and what followed from it."),
    )
    login_explanation = Typed(
        _("Why did the outage reach you?"),
        area=4,
        help_text=_("Your account is not on the list of those affected. A reviewer will read what you write here."),
    )

    def __init__(self, *args, on_roster, **kwargs):
        super().__init__(*args, **kwargs)
        if on_roster:
            self.fields.pop("login_explanation")


class Loss(Form):
    head = Typed(_("What kind of loss is it?"), rule=clean_head)
    description = Typed(
        _("Describe it"),
        area=4,
        rule=partial(clean_text, field="description", limit=DESCRIPTION),
        help_text=_("What you lost or had to pay, and how the outage caused it."),
    )
    amount = Typed(
        _("How much, in euro?"),
        rule=partial(typed_amount, field="amount"),
        help_text=_("For example 120 or 89,90."),
        inputmode="decimal",
        autocomplete="off",
    )
    day = Typed(_("On which day did it happen?"), rule=partial(typed_day, field="day"))
    clock = Typed(
        _("At what time, in Italy?"),
        rule=partial(typed_clock, field="clock"),
        help_text=_("If you do not know it exactly, write about when it was."),
    )
    renamed = {"occurred_at": "day"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["head"].widget = forms.RadioSelect(choices=list(HEADS.items()))
        self.fields["day"].widget = forms.DateInput(attrs={"type": "date", "max": "2199-12-31"}, format="%Y-%m-%d")
        self.fields["clock"].widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    @staticmethod
    def initial_of(item):
        """What the form shows of a stored loss."""
        moment = item.occurred_at.astimezone(ROME)
        return {
            "head": item.head,
            "description": item.description,
            "amount": f"{item.amount:.2f}".replace(".", ","),
            "day": moment.date(),
            "clock": moment.time(),
        }

    def clean(self):
        values = super().clean()
        if "day" in values and "clock" in values:
            try:
                values["occurred_at"] = in_rome(values["day"], values["clock"], field="clock")
            except Refused as refused:
                self.refuse(refused)
        return values

    def values(self):
        return {name: self.cleaned_data[name] for name in ("head", "description", "amount", "occurred_at")}

    @property
    def heads(self):
        """The choices, each with the text that helps to choose."""
        return [(choice, HEAD_HELP[choice.data["value"]]) for choice in self["head"]]


class Bank(Form):
    iban = Typed(
        _("IBAN"),
        optional=True,
        help_text=_("The account we should pay into. Blanks do not matter."),
        autocomplete="off",
        spellcheck="false",
        autocapitalize="characters",
    )
    holder = Typed(_("Who holds this bank account?"), optional=True, autocomplete="name")

    def clean(self):
        values = super().clean()
        if values["holder"].strip() and not values["iban"].strip():
            self.add_error("iban", forms.ValidationError(_("Write the IBAN too."), code="required"))
        return values


class Declaration(Form):
    declaration = forms.BooleanField(
        label=_("What I wrote is true and complete, and the documents are genuine."), required=False
    )
    late_reason = Typed(
        _("Why is this claim filed late?"),
        area=3,
        help_text=_("The last day to file has passed. Say why you accept it."),
    )

    def __init__(self, *args, late=False, asks=False, **kwargs):
        super().__init__(*args, **kwargs)
        if not late:
            self.fields.pop("late_reason")
        elif asks:
            self.fields["late_reason"].label = _("What kept you from sending it in time?")
            self.fields["late_reason"].help_text = _("A supervisor reads it and decides whether your claim is taken.")


class Withdrawal(Form):
    reason = Typed(_("Why?"), area=3, optional=True)


class Answer(Form):
    text = Typed(_("Your answer"), area=6, optional=True)
    declined = forms.BooleanField(label=_("I cannot give this"), help_text=_("Say above why not."), required=False)


class Words(Form):
    text = Typed(_("Anything else we should know?"), area=3, optional=True)


class Grounds(Form):
    grounds = Typed(
        _("What is wrong with the decision?"),
        area=8,
        help_text=_("Which loss, what was overlooked, and what shows it."),
    )


class WhereToPay(Form):
    iban = Typed(
        _("IBAN"),
        help_text=_("The account we should pay into. Blanks do not matter."),
        autocomplete="off",
        spellcheck="false",
        autocapitalize="characters",
    )
    holder = Typed(_("Who holds this bank account?"), optional=True, autocomplete="name")
