"""The frame of the staff's site: who may enter, what surrounds a page, and how a refusal is shown."""

from functools import wraps

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from accounts.access import PUBLIC, access
from accounts.roles import STAFF


def staff_only(*roles):
    """Declares who of the staff may open a view: everybody who works here, or `roles`.

    The policy that Alpine.js needs is allowed on these pages and nowhere else.
    """

    def decorate(view):
        relaxed = csp_update(settings.ADMIN_SECURITY_POLICY)(never_cache(view))

        @wraps(view)
        def inside(request, *args, **kwargs):
            if not request.user.works_here:
                raise PermissionDenied
            return relaxed(request, *args, **kwargs)

        return access(*(roles or STAFF))(inside)

    return decorate


@access(PUBLIC)
def sign_in(request):
    """There is one way in for everybody: the account pages."""
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = reverse("admin:index")
    if request.user.is_authenticated:
        return HttpResponseRedirect(target)
    return HttpResponseRedirect(f"{reverse(settings.LOGIN_URL)}?next={target}")


class StaffSite(UnfoldAdminSite):
    """django-unfold's site with our addresses only: what is not named here does not exist."""

    enable_nav_sidebar = True
    site_title = site_header = "Ristoro"
    pages = ()

    def guarded(self, view, *, roles=STAFF):
        return staff_only(*roles)(view)

    def admin_view(self, view, cacheable=False):
        return self.guarded(view)

    def get_urls(self):
        urls = [path("login/", sign_in, name="login"), *self.pages]
        urls.append(path("jsi18n/", self.guarded(self.i18n_javascript), name="jsi18n"))
        for model, look_up in self._registry.items():
            prefix = f"{model._meta.app_label}/{model._meta.model_name}/"
            urls += [self.below(prefix, each) for each in look_up.get_urls()]
        return urls

    def below(self, prefix, pattern):
        return path(prefix + str(pattern.pattern), pattern.callback, name=pattern.name)

    def has_permission(self, request):
        return request.user.is_authenticated and request.user.works_here

    def get_app_list(self, request, app_label=None):
        """The navigation is ours (navigation.py)."""
        return []

    def get_log_entries(self, request):
        return ()


site = StaffSite()


def page(request, template, *, status=200, title="", **context):
    """A page of the staff's site."""
    request.current_app = site.name
    context = {**site.each_context(request), "title": title, "is_fullwidth": "1", **context}
    return TemplateResponse(request, f"admin/{template}", context, status=status)


def say_no(request, refused):
    """Puts a refusal where the person reads it: among the messages of the page that is shown next."""
    messages.error(request, refused.message)
