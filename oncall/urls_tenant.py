"""Addresses of the pager under /t/<tenant>/."""

from django.urls import URLPattern, path

from oncall.views import calendar, calendars, deeds, pager

urlpatterns: list[URLPattern] = [
    path("pager", pager.pager, name="pager"),
    path("pager/card.vcf", pager.pager_card, name="pager_card"),
    path("pager/preflight", pager.preflight, name="preflight"),
    path("pager/do/<slug:verb>", pager.pager_deed, name="pager_deed"),
    path("oncall", calendar.overview, name="oncall"),
    path("oncall/calendars", calendars.calendars, name="oncall_calendars"),
    path("oncall/calendars/do/<slug:deed>", calendars.calendars_deed, name="oncall_calendars_deed"),
    path("oncall/<str:uid>", calendar.schedule_page, name="oncall_schedule"),
    path("oncall/<str:uid>/do/<slug:deed>", deeds.schedule_deed, name="oncall_deed"),
]
