"""The pages of one's own account beside allauth's, and what we add to those."""

from functools import wraps

from allauth.account import views as allauth
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.access import PUBLIC, SIGNED_IN, access
from accounts.forms import ProfileForm

LONGEST_PASSWORD = 1024


class LoginView(allauth.LoginView):
    """Sign-in that answers 429, with the form, once somebody has guessed too often."""

    def form_invalid(self, form):
        response = super().form_invalid(form)
        if form.has_error("__all__", code="too_many_login_attempts"):
            response.status_code = 429
            response.headers["Retry-After"] = "300"
        return response


def short_passwords(view):
    """400 for a password no person types: hashing it would only keep us busy."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        passwords = (value for name, value in request.POST.items() if "password" in name)
        if any(len(value) > LONGEST_PASSWORD for value in passwords):
            raise BadRequest("password too long")
        return view(request, *args, **kwargs)

    return checked


def everybody(view):
    return access(PUBLIC)(short_passwords(view))


def signed_in(view):
    return access(SIGNED_IN)(short_passwords(view))


login = everybody(LoginView.as_view())


@access(SIGNED_IN)
def profile(request):
    """Name, how to reach me, and in which language."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("profile")
    return render(request, "account/profile.html", {"form": form}, status=422 if form.errors else 200)
