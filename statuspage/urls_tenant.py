"""Mounted at /t/<tenant>/status/<page>/: internal pages, for members."""

from django.urls import re_path

from statuspage.views import member_file

urlpatterns = [re_path(r"^(?P<path>.*)$", member_file, name="status-page")]
