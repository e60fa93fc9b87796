"""Addresses of incidents under /t/<tenant>/, and what the admin shows in their place.

The only module that sees views and admin: neither imports the other.
"""

from django.urls import URLPattern, path

from config.tenancy.admin.sites import tenant_site
from incidents.admin.incident import IncidentAdmin
from incidents.views import (
    break_glass,
    declare,
    events,
    heartbeats,
    maintenance,
    measures,
    now,
    places,
    postmortem,
    quiet,
    room,
    routing,
    tell_preview,
    who,
)
from incidents.views.sources import deeds as sources
from incidents.views.sources.mapping import source_mapping

tenant_site.index_view = now.now_screen
IncidentAdmin.room_view = staticmethod(room.room_in_admin)

urlpatterns: list[URLPattern] = [
    path("declare", declare.declare, name="declare"),
    path("declare/preview", declare.declare_preview, name="declare_preview"),
    path("who", who.who, name="who"),
    path("who/rows", who.who_rows, name="who_rows"),
    path("measures", measures.measures, name="measures"),
    path("measures/quiet", quiet.seen_and_quiet, name="seen_and_quiet"),
    path("measures.csv", measures.measures_sheet, name="measures_sheet"),
    path("events/<int:event>/again", events.again, name="event_again"),
    path("sources/<str:source>/test", sources.test_source, name="source_test"),
    path("sources/<str:source>/test/<int:event>", sources.test_result, name="source_test_result"),
    path("sources/<str:source>/new-key", sources.new_key, name="source_new_key"),
    path("sources/<str:source>/revoke", sources.revoke, name="source_revoke"),
    path("sources/<str:source>/mapping", source_mapping, name="source_mapping"),
    path("routing/which", routing.try_routing, name="try_routing"),
    path("routing/<str:rule>/move", routing.move_routing_rule, name="move_routing_rule"),
    path("maintenance/begin/<str:service>", maintenance.begin_maintenance, name="begin_maintenance"),
    path("maintenance/<str:window>/end", maintenance.stop_maintenance, name="stop_maintenance"),
    path("heartbeats/<str:heartbeat>/quiet", heartbeats.keep_quiet, name="heartbeat_quiet"),
    path("heartbeats/<str:heartbeat>/listen", heartbeats.listen, name="heartbeat_listen"),
    path("i/<int:number>", room.room, name="room"),
    path("i/<int:number>/live", room.room_live, name="room_live"),
    path("i/<int:number>/picture/<str:link>", places.link_image, name="link_image"),
    path(
        "i/<int:number>/picture/<str:link>/small",
        places.link_image,
        {"size": "small"},
        name="link_image_small",
    ),
    path("i/<int:number>/tell/preview", tell_preview.tell_preview, name="tell_preview"),
    path("i/<int:number>/topic", places.topic_preview, name="topic_preview"),
    path("i/<int:number>/postmortem", postmortem.postmortem, name="postmortem"),
    path("i/<int:number>/postmortem/preview", postmortem.preview, name="postmortem_preview"),
    path("i/<int:number>/postmortem/print", postmortem.printable, name="postmortem_print"),
    path("i/<int:number>/postmortem.md", postmortem.download, name="postmortem_download"),
    path("i/<int:number>/break-glass", break_glass.break_glass, name="break_glass"),
    path("i/<int:number>/do/<slug:deed>", room.room_deed, name="deed"),
]
