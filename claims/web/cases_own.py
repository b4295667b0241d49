"""Which claim an address means, and what its pages answer when an action says no."""

from functools import wraps

from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control

from claims.models import Claim
from claims.rules.errors import Refused
from claims.rules.reference import normalise
from claims.web.kept import typed


def own_claim(view):
    """Gives the view the claim of its address if it is the person's own; unknown and others' are the same 404.

    A reference in another spelling leads to the right one. Staff who may read the claim go to their own page of it.
    """

    @wraps(view)
    def found(request, reference, **kwargs):
        right = normalise(reference)
        if right is None:
            raise Http404
        if right != reference and request.method in ("GET", "HEAD"):
            return HttpResponsePermanentRedirect(respelt(request, right))
        claim = own(request.user, right)
        if claim is None:
            return to_staff_page(request, right)
        response = refusals_shown(view)(request, claim, **kwargs)
        # A page to correct may be gone back to, with what was typed; every other one is asked for anew.
        patch_cache_control(response, private=True, no_store=response.status_code not in (409, 422))
        return response

    return found


def own_draft(view):
    """As own_claim(); to look at the form of a claim that is no draft any more leads to the claim."""

    @wraps(view)
    def found(request, claim, **kwargs):
        if request.method != "POST" and not claim.is_draft:
            return redirect("claim", claim.reference)
        return view(request, claim, **kwargs)

    return own_claim(found)


def own(person, reference):
    rows = Claim.objects.own(person).with_reference(reference)
    return rows.select_related("incident", "terms", "customer", "claimant", "filed_by").first()


def respelt(request, reference):
    match, query = request.resolver_match, request.META.get("QUERY_STRING", "")
    path = reverse(match.view_name, kwargs={**match.kwargs, "reference": reference})
    return f"{path}?{query}" if query else path


def to_staff_page(request, reference):
    if not Claim.objects.visible_to(request.user).with_reference(reference).exists():
        raise Http404
    return redirect("admin:case", reference)


def refusals_shown(view):
    """An action's refusal that no form could show becomes a page that says what happened and keeps what was typed."""

    @wraps(view)
    def shown(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            if refused.status == 404:
                raise Http404 from refused
            return refusal(request, refused, claim=args[0] if args and isinstance(args[0], Claim) else None)

    return shown


def refusal(request, refused, *, claim=None):
    """The page of a refusal (Refused or FileRefused), with the texts of the form, so that nothing typed is lost."""
    texts = [text for name, text in typed(request.POST) if not name.startswith(HIDDEN) and text.strip()]
    context = {"refused": refused, "claim": claim, "texts": texts}
    return render(request, "claimant/refused.html", context, status=refused.status)


HIDDEN = ("version", "go", "kind", "item", "head")
