"""Sign-up: name and language beside the address and password that allauth asks for."""

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class SignupForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    def signup(self, request, user):
        user.name = self.cleaned_data["name"]
        user.language = get_language() or "it"
        user.save(update_fields=["name", "language"])
