"""Sign-up, sign-in and one's own account: allauth's views, each with its access rule."""

from allauth.account import views as allauth
from django.urls import path

from accounts import views
from accounts.views import everybody, signed_in

urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("login/", views.login, name="account_login"),
    path("login/code/", everybody(allauth.request_login_code), name="account_request_login_code"),
    path("login/code/confirm/", everybody(allauth.confirm_login_code), name="account_confirm_login_code"),
    path("logout/", everybody(allauth.logout), name="account_logout"),
    path("inactive/", everybody(allauth.account_inactive), name="account_inactive"),
    path("signup/", everybody(allauth.signup), name="account_signup"),
    path("confirm-email/", everybody(allauth.email_verification_sent), name="account_email_verification_sent"),
    path("password/reset/", everybody(allauth.password_reset), name="account_reset_password"),
    path(
        "password/reset/confirm/",
        everybody(allauth.confirm_password_reset_code),
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/complete/", everybody(allauth.complete_password_reset), name="account_complete_password_reset"
    ),
    path(
        "password/reset/done/",
        everybody(allauth.password_reset_from_key_done),
        name="account_password_reset_completed",
    ),
    path("reauthenticate/", signed_in(allauth.reauthenticate), name="account_reauthenticate"),
    path("email/", signed_in(allauth.email), name="account_email"),
    path("password/change/", signed_in(allauth.password_change), name="account_change_password"),
    path("password/set/", signed_in(allauth.password_set), name="account_set_password"),
]
