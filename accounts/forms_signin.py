"""allauth's forms in our words (ACCOUNT_FORMS): a label and a help beside each field, no text inside it."""

from allauth.account import forms as allauth
from allauth.account.internal.flows.manage_email import sync_user_email_address
from django.utils.translation import gettext_lazy as _

WORDS = {
    "login": (_("E-mail address"), ""),
    "email": (_("E-mail address"), ""),
    "password": (_("Password"), ""),
    "password1": (_("Password"), _("At least ten characters. A short sentence is easy to remember.")),
    "password2": (_("New password again"), ""),
    "oldpassword": (_("Present password"), ""),
    "code": (_("Code"), _("The code we sent you by mail.")),
}


class OurWords:
    """Names the fields as we do and removes the hints inside of them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in WORDS:
                field.label, field.help_text = WORDS[name]
        if "password2" in self.fields:
            self.fields["password1"].label = _("New password")
        if "code" in self.fields:
            self.fields["code"].widget.attrs.update({"autocomplete": "one-time-code", "spellcheck": "false"})


class Login(OurWords, allauth.LoginForm):
    pass


class Signup(OurWords, allauth.SignupForm):
    pass


class RequestCode(OurWords, allauth.RequestLoginCodeForm):
    def clean_email(self):
        """Whoever types the code has read our mail: this confirms the address of a person an operator added."""
        email = super().clean_email()
        if self._user:
            sync_user_email_address(self._user)
        return email


class ConfirmLoginCode(OurWords, allauth.ConfirmLoginCodeForm):
    pass


class ConfirmEmailCode(OurWords, allauth.ConfirmEmailVerificationCodeForm):
    pass


class ConfirmResetCode(OurWords, allauth.ConfirmPasswordResetCodeForm):
    pass


class Reset(OurWords, allauth.ResetPasswordForm):
    pass


class NewPassword(OurWords, allauth.ResetPasswordKeyForm):
    pass


class SetPassword(OurWords, allauth.SetPasswordForm):
    pass


class ChangePassword(OurWords, allauth.ChangePasswordForm):
    pass


class Reauthenticate(OurWords, allauth.ReauthenticateForm):
    pass


class ChangeEmail(OurWords, allauth.ChangeEmailForm):
    pass


class AddEmail(OurWords, allauth.AddEmailForm):
    pass
