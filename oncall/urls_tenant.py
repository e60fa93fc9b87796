"""Addresses of the pager under /t/<tenant>/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
