"""A private incident leaves the house by no way: one word in all of it, looked for on every address.

The addresses are walked from the resolver, so that a page that is added is looked at as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core import mail
from django.db.models import Model
from django.test import Client
from pytest_django import Settings

from config.tenancy.operations.keys import create_api_key
from incidents.api.sealed import sealed
from incidents.models import InboundEvent, Incident, InternalMail, Outcome
from incidents.operations.circle import add_to_circle
from incidents.operations.event_reads import readable_events
from oncall.models import Attempt, Notification, Page
from oncall.operations.drafts import message_of
from oncall.senders import webhook, words
from tests.incidents.leading import Lead
from tests.incidents.privacy import CANARY, Leak, come_to_nothing, go_on, leak
from tests.isolation.probing import kept_logs, text_of
from tests.isolation.routes import Route, walk
from tests.isolation.values import model_of_admin

OUTSIDE = ("anna", "marc", "vera")  # an owner, a manager, a viewer
ROWS = 12
# Asked for words and filters: what a list finds is told as well.
OF_ADMIN = ("", "q=zqcan", "o=1", "all=", "incident__id__exact=1")
OF_API = ("", "private=true", "incident=INC-1", "search=zqcan")
# Where raw events, or what stands in them, are read.
EVENTS = r"event|alert|source"
# No rows are read there, or nothing but what was sent along.
SKIPPED = re.compile(r"logout|password|jsi18n|i18n|autocomplete")


@pytest.fixture(autouse=True)
def kept_apart(settings: Settings, tmp_path: Path) -> Path:
    """Files of its own: pictures, and status pages."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STATUS_PUBLISH_DIR = tmp_path / "published"
    settings.STATUS_PRIVATE_DIR = tmp_path / "published-private"
    return tmp_path


@pytest.fixture
def made(lead: Lead) -> Leak:
    return leak(lead)


@dataclass(frozen=True)
class Reader:
    name: str
    client: Client
    headers: dict[str, str]
    prefix: str


def person(lead: Lead, name: str) -> Reader:
    client = Client(SERVER_NAME="localhost")
    client.force_login(lead.people[name].user)
    return Reader(name, client, {}, "/t/acme")


def key(lead: Lead) -> Reader:
    _key, secret = create_api_key(name="k", scope="admin", actor=lead.as_("anna"), now=lead.now)
    return Reader("key", Client(SERVER_NAME="localhost"), {"Authorization": f"Bearer {secret}"}, "")


# --- addresses ----------------------------------------------------------------------------------------------
def newest(model: type[Model], field: str) -> list[str]:
    rows = model._default_manager.order_by("-pk").values_list(field, flat=True)  # type: ignore[attr-defined]
    return [str(value) for value in rows[:ROWS]]


def values_of(name: str, route: Route) -> list[str]:
    """What may stand in an argument of an address: everything there is, newest first."""
    match name:
        case "number":
            return ["1"]
        case "key":
            return ["INC-1"]
        case "object_id" | "_0":
            return newest(model_of_admin(route), "pk")
        case "_1" | "version_id":
            history = getattr(model_of_admin(route), "history", None)
            return newest(history.model, "history_id") if history else []
        case "uid" if route.view_class is not None:
            return newest(route.view_class.queryset.model, "uid")
        case "link" | "uid":
            return newest(apps.get_model("incidents", "Link"), "uid")
        case "app_label":
            return ["incidents", "oncall", "statuspage", "tenancy"]
        case "deed":
            return ["note"]
        case "page":
            return newest(apps.get_model("statuspage", "StatusPage"), "slug")
        case "path":
            return ["", "history", "history.atom", "api/v2/summary.json", "api/v2/incidents.json"]
        case "format":
            return ["json"]
        case "service":
            return newest(apps.get_model("incidents", "Service"), "uid")
        case "window":
            return newest(apps.get_model("incidents", "MaintenanceWindow"), "uid")
        case "source":
            return newest(apps.get_model("incidents", "AlertSource"), "uid")
        case "rule":
            return newest(apps.get_model("incidents", "RoutingRule"), "uid")
        case "heartbeat":
            return newest(apps.get_model("incidents", "Heartbeat"), "uid")
        case "event":
            return newest(apps.get_model("incidents", "InboundEvent"), "pk")
        case "id":
            return [
                sealed("event", int(pk)) for pk in newest(apps.get_model("incidents", "InboundEvent"), "pk")
            ]
        case "slug":
            return []
        case "url" | "token" | "uidb64" | "signed" | "verb" | "identifier" | "request_id":
            return []
    raise AssertionError(f"teach me what `{name}` of {route} names")


def reads(route: Route) -> bool:
    """Whether there is anything to GET: the deeds of the API are POST only."""
    return "get" in (getattr(route.callback, "actions", None) or {"get": ""})


def addresses(reader: Reader) -> Iterator[str]:
    """Every address that reads, with every value its arguments may have."""
    urlconf = "config.urls_tenant" if reader.prefix else "config.urls"
    for route in walk(urlconf):
        if SKIPPED.search(route.name or route.regex) or not reads(route):
            continue
        for chosen in product(*(values_of(name, route) for name in route.kwargs)):
            try:
                path = route.address(dict(zip(route.kwargs, chosen, strict=True)))
            except AssertionError:
                continue  # a value of another shape
            yield f"{reader.prefix}{path}"


def questions(path: str) -> tuple[str, ...]:
    if re.search(r"/(\d+|INC-1|[A-Z2-7]{12})(/|$)", path):
        return ("",)
    return OF_ADMIN if "/admin/" in path else OF_API if "/api/v1/" in path else ("",)


def said_to(reader: Reader, path: str) -> str:
    response = reader.client.get(path, headers=reader.headers)
    assert response.status_code not in {500, 502}, (path, response.status_code)
    return f"{response.status_code} {dict(response.headers)} {text_of(response)}"


def leaks(reader: Reader, among: str = "") -> list[str]:
    found = []
    for path in addresses(reader):
        if not re.search(among, path):
            continue
        for question in questions(path):
            asked = f"{path}?{question}" if question else path
            if CANARY in said_to(reader, asked):
                found.append(asked)
    return found


# --- the tests ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", OUTSIDE)
def test_no_page_shows_a_word_of_it_outside_the_circle(made: Leak, name: str) -> None:
    go_on(made, hours=0)  # an owner who is paged in the end belongs to the circle
    with kept_logs() as logs:
        assert leaks(person(made.lead, name)) == []
    assert CANARY not in "\n".join(logs.lines)


def test_nor_once_it_is_over(made: Leak) -> None:
    go_on(made, hours=0)
    made.end()
    made.lead.engine.run()
    assert leaks(person(made.lead, "marc")) == []


def test_nor_does_the_api_with_a_key(made: Leak) -> None:
    go_on(made, hours=0)
    made.end()
    with kept_logs() as logs:
        assert leaks(key(made.lead)) == []
    assert CANARY not in "\n".join(logs.lines)


def test_nor_where_nothing_came_of_what_the_monitor_said(made: Leak) -> None:
    """A second resolve, a repeated acknowledgement, a note, what came too late, and what still waits."""
    waits = come_to_nothing(made)
    outcomes = list(InboundEvent.objects.order_by("pk").values_list("outcome", flat=True))
    assert outcomes.count(Outcome.DROPPED) == 4
    assert outcomes[-1] == Outcome.PENDING
    for reader in (person(made.lead, "anna"), person(made.lead, "marc"), key(made.lead)):
        assert leaks(reader, EVENTS) == [], reader.name
    marc = made.lead.people["marc"]
    assert not readable_events(marc).exists()
    add_to_circle(incident=made.incident, memberships=[marc], actor=made.lead.as_("bram"), now=made.lead.now)
    assert readable_events(marc).filter(pk=waits.pk).exists()
    assert f"/t/acme/admin/incidents/inboundevent/{waits.pk}/change/" in leaks(
        person(made.lead, "marc"), EVENTS
    )


def test_nor_by_trying_out_a_mapping_on_it_nor_by_working_it_again(made: Leak) -> None:
    source = made.incident.alerts.get().source
    come_to_nothing(made)
    marc, by_key = person(made.lead, "marc"), key(made.lead)
    mapping = f"/t/acme/sources/{source.uid}/mapping"
    for event in InboundEvent.objects.all():
        tried = marc.client.post(mapping, {"event": event.pk, "mapping": ""})
        assert CANARY not in text_of(tried)
        assert marc.client.post(f"/t/acme/events/{event.pk}/again").status_code == 404
        again = f"/api/v1/events/{sealed('event', event.pk)}/replay"
        assert by_key.client.post(again, headers=by_key.headers).status_code == 404
    assert InboundEvent.objects.filter(replay_of__isnull=False).count() == 0


@pytest.mark.parametrize("over", [False, True])
def test_nor_at_opsgenies_addresses_with_its_sources_own_key(made: Leak, over: bool) -> None:
    """Who set the source up reads its key. Whether it is open is no secret to the tool; its words are."""
    alert = made.incident.alerts.get()
    if over:
        come_to_nothing(made)
    client, headers = Client(SERVER_NAME="localhost"), {"Authorization": f"GenieKey {alert.source.key}"}
    for path in (
        "/v2/alerts",
        f"/v2/alerts/{alert.uid}",
        f"/v2/alerts/{alert.uid}?identifierType=tiny",
        "/v2/alerts/1?identifierType=alias",
    ):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, CANARY in text_of(answer)) == (200, False), path
        assert alert.uid in text_of(answer)
    for asked, counted in (("", 1), (f"message:{CANARY}", 0), (CANARY, 0)):
        data = client.get("/v2/alerts/count", {"query": asked}, headers=headers).json()["data"]
        assert data == {"count": counted}, asked


def test_its_circle_reads_all_of_it(made: Leak) -> None:
    """The positive control: the same walk finds the word, in the room, in lists and in the API."""
    go_on(made, hours=0)
    found = set(leaks(person(made.lead, "bram")))
    assert {
        "/t/acme/i/1",
        "/t/acme/i/1/live",
        "/t/acme/admin/",
        "/t/acme/admin/incidents/incident/",
        "/t/acme/admin/incidents/alert/",
        "/t/acme/api/v1/incidents",
        "/t/acme/api/v1/incidents/INC-1",
        "/t/acme/api/v1/incidents/INC-1/timeline",
        "/t/acme/api/v1/incidents/INC-1/links",
        "/t/acme/api/v1/incidents/INC-1/messages",
        "/t/acme/api/v1/alerts",
    } <= found


def test_before_it_was_private_everybody_read_it(lead: Lead) -> None:
    made = leak(lead)
    Incident.objects.filter(pk=made.incident.pk).update(private=False)  # as if it never had been
    assert len(leaks(person(lead, "marc"))) > 10


def test_no_mail_carries_a_word_of_it(made: Leak) -> None:
    mail.outbox.clear()
    with kept_logs() as logs:
        go_on(made)
        made.end()
        made.lead.engine.run()
        made.lead.engine.run_until(
            made.lead.now + timedelta(hours=24), step=timedelta(hours=3)
        )  # the morning mail
    assert mail.outbox
    assert not [
        one.subject for one in mail.outbox if CANARY in f"{one.subject} {one.body} {one.extra_headers}"
    ]
    assert CANARY not in "\n".join(logs.lines)
    assert not InternalMail.objects.filter(problem__contains=CANARY).exists()
    assert not Attempt.objects.filter(detail__contains=CANARY).exists()


def test_no_page_of_the_pager_carries_a_word_of_it(made: Leak) -> None:
    """Whatever way it goes: as mail or text, and as a signed post."""
    go_on(made)
    sent = Notification.objects.select_related("escalation", "membership__user", "page")
    assert sent.exists()
    for notification in sent:
        message = message_of(
            notification, notification.escalation, link="https://x.example", now=made.lead.now
        )
        text = words.compose(message)
        assert CANARY not in f"{text.subject} {text.body} {webhook.payload(message)}"


def test_the_link_in_a_page_shows_no_word_of_it(made: Leak, client: Client) -> None:
    go_on(made)
    pages = list(Page.objects.all())
    assert pages
    for page in pages:
        response = client.get(page.url.removeprefix(django_settings.BASE_URL))
        assert response.status_code == 200
        assert CANARY not in text_of(response)


def test_no_published_file_keeps_a_word_of_it(made: Leak, kept_apart: Path) -> None:
    go_on(made)
    files = [path for path in kept_apart.glob("published*/**/*") if path.is_file()]
    assert files
    assert not [str(path) for path in files if CANARY.encode() in path.read_bytes()]


def test_health_and_metrics_say_nothing_of_it(made: Leak, client: Client) -> None:
    go_on(made)
    for path in ("/metrics", "/health/engine", "/readyz"):
        assert CANARY not in text_of(client.get(path, REMOTE_ADDR="127.0.0.1"))


def test_its_number_is_said_to_be_private_in_its_place(made: Leak, client: Client) -> None:
    made.lead.declare("Exports slow")
    client.force_login(made.lead.people["vera"].user)
    html = client.get("/t/acme/admin/incidents/incident/").content.decode()
    cells = re.findall(r'class="field-what[^"]*">(.*?)</t[hd]>', html)
    assert [re.sub(r"<[^>]+>", "", cell) for cell in cells] == ["INC-2 Exports slow", "INC-1 (private)"]
    for question in ("q=Exports", "private=1", "phase=detected", "o=1"):
        asked = client.get(f"/t/acme/admin/incidents/incident/?{question}").content.decode()
        assert "INC-1" not in asked


def test_it_is_no_look_alike_and_no_place_to_merge_into(made: Leak, client: Client) -> None:
    lead = made.lead
    lead.declare("Exports slow")
    client.force_login(lead.people["marc"].user)
    for path in (
        f"/t/acme/declare/preview?text={CANARY}&service={lead.checkout.uid}",
        "/t/acme/i/2",
    ):
        body = text_of(client.get(path))
        assert "INC-1" not in re.sub(rf"text={CANARY}", "", body)


def test_its_own_alert_again_stays_with_it(made: Leak) -> None:
    go_on(made)
    assert Incident.objects.count() == 1
    assert made.incident.alerts.get().count == 2
