"""Mounted at /status/<page>/: public pages, for everybody."""

from django.urls import re_path

from statuspage.views import public_file

urlpatterns = [re_path(r"^(?P<path>.*)$", public_file, name="status-page")]
