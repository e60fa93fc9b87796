"""Signing in, at the root."""

from django.urls import path

from config.tenancy.views import account, password, signin

urlpatterns = [
    path("login/", signin.sign_in, name="sign_in"),
    path("logout/", signin.sign_out, name="sign_out"),
    path("account/", account.account, name="account"),
    path("password/", password.change, name="password"),
    path("reset/", password.ask, name="password_ask"),
    path("reset/<str:token>/", password.choose_by_link, name="password_choose"),
]
