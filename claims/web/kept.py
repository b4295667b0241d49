"""Nothing that was typed is lost when a session ends in mid-form.

Put @keeps_text above @access(SIGNED_IN) on a view that takes a form at its own address:

    @keeps_text
    @access(SIGNED_IN)
    def edit(request, reference):
        form = DraftForm(request.POST or kept(request) or None)

A POST without a session then keeps its text on the server, leads to sign-in and from there back to the
same address with ?kept=…, where kept(request) hands it out once. Passwords, tokens, IBANs and files
are never kept; what is kept goes with the session, after an hour, or with another person's sign-in.
"""

import secrets
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import QueryDict
from django.utils import timezone

from accounts.middleware import LAST_PERSON
from accounts.throttling import wait

SESSION_KEY = "kept"

LIFETIME = 3600
MOST_CHARACTERS = 200_000
MOST_FORMS = 3
NEVER = ("csrf", "pass", "token", "secret", "iban", "code")


def keeps_text(view):
    """A POST of somebody not signed in is kept before they are asked to sign in."""

    @wraps(view)
    def keeping(request, *args, **kwargs):
        if request.method != "POST" or request.user.is_authenticated:
            return view(request, *args, **kwargs)
        key = keep(request)
        return redirect_to_login(request.path + (f"?kept={key}" if key else ""))

    return login_not_required(keeping)


def typed(post):
    """The (name, value) pairs of a form that may be shown again or kept: no password, no token."""
    return [
        (name, value)
        for name, values in post.lists()
        for value in values
        if not any(part in name.lower() for part in NEVER)
    ]


def keep(request, path=None):
    """Keeps the posted text in the session for a form at `path`; returns its key, "" if there is too much of it."""
    text = typed(request.POST)
    size = sum(len(name) + len(value) for name, value in text)
    if not text or size > MOST_CHARACTERS or is_too_often(request):
        return ""
    forms = request.session.get(SESSION_KEY, {})
    key = secrets.token_urlsafe(9)
    forms[key] = {
        "path": path or request.path,
        "text": text,
        "at": timezone.now().timestamp(),
        "person": request.session.get(LAST_PERSON),
    }
    request.session[SESSION_KEY] = dict(list(forms.items())[-MOST_FORMS:])
    return key


def is_too_often(request):
    """Sessions of nobody in particular are not filled without end."""
    anonymous = not request.user.is_authenticated
    return anonymous and wait("kept", request.META["REMOTE_ADDR"], limit=30, seconds=LIFETIME)


def kept(request, key=None):
    """The text kept under `key` (default: the address' ?kept=) as a QueryDict, once; None if there is none."""
    forms = request.session.get(SESSION_KEY, {})
    form = forms.pop(key or request.GET.get("kept", ""), None)
    if form is None or request.method == "POST":
        return None
    request.session[SESSION_KEY] = forms
    too_old = timezone.now().timestamp() - form["at"] > LIFETIME
    if too_old or form["path"] != request.path or form["person"] not in (None, request.user.pk):
        return None
    text = QueryDict(mutable=True)
    for name, value in form["text"]:
        text.appendlist(name, value)
    return text
