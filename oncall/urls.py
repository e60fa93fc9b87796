"""Addresses of the pager at the root: calendars by token."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
