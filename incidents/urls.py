"""Addresses of incidents at the root: what monitors post to, and the links in pages."""

from django.urls import URLPattern, re_path

from incidents.views import heartbeat, ingest, ingest_pagerduty, opsgenie, page_link
from incidents.views.phone import sms, status, voice

# With and without a closing slash: a POST is never redirected.
urlpatterns: list[URLPattern] = [
    re_path(r"^v2/enqueue/?$", ingest_pagerduty.enqueue, name="enqueue"),
    re_path(r"^v2/change/enqueue/?$", ingest_pagerduty.enqueue_change, name="enqueue-change"),
    re_path(r"^generic/2010-04-15/create_event\.json/?$", ingest_pagerduty.create_event, name="enqueue-v1"),
    re_path(r"^v2/alerts/?$", opsgenie.alerts, name="opsgenie-alerts"),
    re_path(r"^v2/alerts/count/?$", opsgenie.count, name="opsgenie-count"),
    re_path(
        r"^v2/alerts/requests/(?P<request_id>[^/]+)/?$", opsgenie.request_status, name="opsgenie-request"
    ),
    # An alias may hold slashes: it arrives decoded.
    re_path(
        rf"^v2/alerts/(?P<identifier>[\s\S]+)/(?P<verb>{opsgenie.VERBS})/?$",
        opsgenie.deed,
        name="opsgenie-deed",
    ),
    re_path(r"^v2/alerts/(?P<identifier>[\s\S]+?)/?$", opsgenie.alert, name="opsgenie-alert"),
    re_path(r"^ingest/heartbeat(?:/(?P<slug>[^/]+))?/?$", heartbeat.by_header, name="heartbeat-by-header"),
    re_path(r"^ingest/(?P<key>[^/]+)/heartbeat(?:/(?P<slug>[^/]+))?/?$", heartbeat.by_path, name="heartbeat"),
    re_path(r"^ingest/(?P<format>alertmanager)/?$", ingest.by_header, name="ingest-by-header"),
    re_path(r"^ingest/(?P<format>grafana)/?$", ingest.put_by_header, name="ingest-put-by-header"),
    re_path(r"^ingest/(?P<key>[^/]+)/(?P<format>alertmanager|json)/?$", ingest.by_path, name="ingest"),
    re_path(r"^ingest/(?P<key>[^/]+)/(?P<format>grafana)/?$", ingest.put_by_path, name="ingest-put"),
    re_path(r"^hooks/twilio/status/(?P<signed>[^/]+)/?$", status.status, name="twilio-status"),
    re_path(r"^hooks/twilio/sms/?$", sms.sms, name="twilio-sms"),
    re_path(r"^hooks/twilio/voice/(?P<token>[A-Za-z2-7]{12})/?$", voice.voice, name="twilio-voice"),
    re_path(r"^hooks/twilio/keys/(?P<token>[A-Za-z2-7]{12})/?$", voice.keys, name="twilio-keys"),
    re_path(r"^p/(?P<token>[A-Za-z2-7]{12})/?$", page_link.page_link, name="page"),
]
