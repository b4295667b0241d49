"""Sign-up asks for the name beside the address and password; the profile for how to reach a person."""

from django import forms
from django.contrib.auth.models import Group
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Role
from claims.rules.errors import Refused
from claims.rules.text import clean_line

PHONE = RegexValidator(r"^\+?[0-9][0-9 ./()-]{4,38}$", _("Write a telephone number such as +39 02 1234567."))


class Line(forms.CharField):
    """One line of text without characters that cannot be stored."""

    def clean(self, value):
        value = super().clean(value)
        try:
            return clean_line(value, field="", limit=self.max_length, required=False)
        except Refused as refused:
            raise forms.ValidationError(str(refused.message)) from refused


class SignupForm(forms.Form):
    """allauth's sign-up form is made from this one (ACCOUNT_SIGNUP_FORM_CLASS)."""

    field_order = ["name", "email", "password1"]
    name = Line(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    def signup(self, request, user):
        """Completes a new person: a claimant who reads the language of the page."""
        user.name = self.cleaned_data["name"]
        user.language = (get_language() or "it")[:2]
        user.save(update_fields=["name", "language"])
        user.groups.add(Group.objects.get(name=Role.CLAIMANT))


class ProfileForm(forms.ModelForm):
    name = Line(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = Line(
        label=_("Telephone"),
        max_length=40,
        required=False,
        validators=[PHONE],
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    second_email = forms.EmailField(
        label=_("Second e-mail address"),
        help_text=_("With another provider. We write there while the mailbox that failed is not restored."),
        max_length=254,
        required=False,
    )

    class Meta:
        model = User
        fields = ["name", "phone", "second_email", "language"]
        labels = {"language": _("Language of our messages")}

    def clean_second_email(self):
        second = self.cleaned_data["second_email"].lower()
        if second and second == self.instance.email:
            raise forms.ValidationError(_("This is your first address. Write another one, or leave it empty."))
        return second
