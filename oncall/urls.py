"""Addresses of the pager at the root: calendars by token."""

from django.urls import URLPattern, re_path

from oncall import feeds

urlpatterns: list[URLPattern] = [
    re_path(r"^ical/(?P<token>[a-z2-7]{52})\.ics$", feeds.ical, name="ical"),
]
