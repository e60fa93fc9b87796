"""Every address that machines post to, by its name in the urlconf, and what kind of door it is.

A name that stands in neither list fails test_addresses: whoever adds an address says here how it is fuzzed.
"""

from dataclasses import dataclass

from django.conf import settings
from django.urls import get_resolver

# Telephone providers and links in pages: no alerts come in there (tests of oncall and of the page link).
OTHERS = {"twilio-status", "twilio-sms", "twilio-voice", "twilio-keys", "page"}
# What a post may be answered where nothing is down.
FAULTS = {400, 401, 404, 405, 413, 422}


@dataclass(frozen=True)
class Address:
    """`paths` with the places that are filled in; `family` is the shape of its answers.

    `event` is the InboundEvent.format of what is stored there ("" where nothing is).
    """

    name: str
    family: str
    methods: tuple[str, ...]
    paths: tuple[str, ...]
    events: tuple[str, ...] = ()
    success: tuple[int, ...] = (202,)


VERBS = ("close", "acknowledge", "notes", "message", "description")
OTHER_VERBS = ("snooze", "assign", "tags", "unacknowledge", "actions/run", "close/close", "nothing")

_LIST = (
    Address("enqueue", "pagerduty", ("POST",), ("/v2/enqueue",), ("pagerduty",)),
    Address("enqueue-change", "pagerduty", ("POST",), ("/v2/change/enqueue",), ("change",)),
    Address(
        "enqueue-v1",
        "pagerduty",
        ("POST",),
        ("/generic/2010-04-15/create_event.json",),
        ("pagerduty-v1",),
        (200,),
    ),
    Address("opsgenie-alerts", "opsgenie", ("POST", "GET"), ("/v2/alerts",), ("opsgenie",), (200, 202)),
    Address("opsgenie-count", "opsgenie", ("GET",), ("/v2/alerts/count",), (), (200,)),
    Address("opsgenie-request", "opsgenie", ("GET",), ("/v2/alerts/requests/{request}",), (), (200,)),
    Address(
        "opsgenie-deed",
        "opsgenie",
        ("POST", "PUT", "PATCH"),
        tuple(f"/v2/alerts/{{alert}}/{verb}" for verb in (*VERBS, *OTHER_VERBS)),
        ("opsgenie-close", "opsgenie-acknowledge", "opsgenie-note", "opsgenie-update"),
        # `…/nothing` is an alert of that name, for the resolver: 200 where it is asked for.
        (200, 202),
    ),
    Address("opsgenie-alert", "opsgenie", ("GET", "DELETE", "PATCH"), ("/v2/alerts/{alert}",), (), (200,)),
    Address(
        "heartbeat-by-header",
        "heartbeat",
        ("GET", "HEAD", "POST"),
        ("/ingest/heartbeat", "/ingest/heartbeat/{slug}"),
        (),
        (200,),
    ),
    Address(
        "heartbeat",
        "heartbeat",
        ("GET", "HEAD", "POST"),
        ("/ingest/{key}/heartbeat", "/ingest/{key}/heartbeat/{slug}"),
        (),
        (200,),
    ),
    Address("ingest-by-header", "webhook", ("POST",), ("/ingest/alertmanager",), ("alertmanager",)),
    Address("ingest-put-by-header", "webhook", ("POST", "PUT"), ("/ingest/grafana",), ("grafana",)),
    Address(
        "ingest",
        "webhook",
        ("POST",),
        ("/ingest/{key}/alertmanager", "/ingest/{key}/json"),
        ("alertmanager", "json"),
    ),
    Address("ingest-put", "webhook", ("POST", "PUT"), ("/ingest/{key}/grafana",), ("grafana",)),
)
ADDRESSES = {address.name: address for address in _LIST}


def names_in_urlconf() -> set[str]:
    """The names of all addresses of machines, as the resolver has them; an address without a name as ''."""
    return {str(pattern.name or "") for pattern in get_resolver(settings.MACHINE_URLCONF).url_patterns}
