"""A tenant whose service is watched by a monitor, seen from outside: what goes in, and what comes out.

Nobody looks into rows here to learn what the pager did: a test posts, lets time pass, and hears. Set-up is
made before anything happens. Time jumps from one thing that is due to the next, so hours cost nothing.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import set_urlconf

from config import clock
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Service
from incidents.operations.sources import create_source
from oncall.models import ContactMethod, EscalationPolicy, NotificationRule, Schedule
from tests.conftest import Engine, MovedClock
from tests.incidents.leading import Lead
from tests.oncall.conftest import Pager
from tests.oncall.policies import SLACK, policy_of, step
from tests.oncall.wire import Call, Sent, Wire
from tests.people import World

NUMBERS = {name: f"+3161111110{at}" for at, name in enumerate(("anna", "marc", "bram", "carla", "vera"))}
NTFY = "https://ntfy.pager.test"
# The first that is found in a message says what it is.
SIGNS = (
    ("nobody", ("Nobody answered", "could not be delivered", "could be called", "nobody else is left")),
    ("digest", ("waited for the end of your quiet hours",)),
    ("reminder", ("still on it?", "Still on it?")),
    ("given", ("was given to", "were given to")),
    ("taken", ("taken by",)),
    ("over", (" over at ",)),
    ("back", ("gave it back", "gave INC-")),
    ("test", ("TEST for",)),
    ("page", ("/p/", "/hooks/twilio/voice/")),
)


class WholeEngine(Engine):
    """All due work but the drawing of status pages, as in earnest."""

    def run(self) -> int:
        total = 0
        for _ in range(100):
            due = [work for work in self.works() if work.oldest_due(self.clock.now()) is not None]
            done = sum(self._until_quiet(work) for work in due)
            total += done
            if not done:
                return total
        raise AssertionError("the engine does not come to rest")

    def works(self) -> list[clock.DueWork]:
        return [work for work in clock.works() if not work.name.startswith("statuspage.")]

    def _until_quiet(self, work: clock.DueWork) -> int:
        """Sends come one by one: not all the rest is looked at for each."""
        total = 0
        while done := work.run(self.clock.now()):
            total += done
        return total

    def next_due(self) -> datetime | None:
        now = self.clock.now()
        moments = [moment for work in self.works() if (moment := work.next_due(now)) is not None]
        return min(moments, default=None)


class House:
    """Bram, then Anna (an owner) five minutes later are paged for Checkout, by e-mail."""

    def __init__(self, world: World, wire: Wire, engine: WholeEngine) -> None:
        self.wire, self.engine, self.clock = wire, engine, engine.clock
        self.tenant, self.people = world.acme.tenant, world.acme.members
        self.client = Client(SERVER_NAME="localhost")
        self.arrives, self.reported = True, set[str]()
        self.signed_in: dict[str, Client] = {}
        self.keys: dict[str, str] = {}
        with self.inside():
            self.pager = Pager(world, engine)
            self.lead = Lead(self.tenant, self.people, engine)
            self.services: dict[str, Service] = {"Checkout": self.lead.checkout}
            self._watch(self.lead.checkout)
            for schedule in Schedule.objects.all():
                schedule.tells_gaps = False  # who cannot be woken is told elsewhere; here ladders speak
                schedule.save()

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """In the tenant's scope: for making and looking at rows, never around a deed."""
        with tenant_scope(self.tenant.pk), acting(ENGINE, now=self.now):
            yield

    # --- set-up ---------------------------------------------------------------------------------------------
    def paged_by(self, *steps: Any, service: str = "Checkout", **fields: Any) -> EscalationPolicy:
        """Who is paged for the service: `step(...)` of tests.oncall.policies, or a list of names."""
        rows = [step(*one) if isinstance(one, list) else one for one in steps]
        with self.inside():
            policy = policy_of(self.pager, *rows, **({"called": f"Policy of {service}"} | fields))
            if service not in self.services:
                self.services[service] = Service.objects.create(name=service, team=self.lead.team)
                self._watch(self.services[service])
            self.services[service].policy = policy
            self.services[service].save()
        return policy

    def watched(self, called: str, policy: EscalationPolicy) -> None:
        """One more service with a monitor of its own, paging by a policy that is there."""
        with self.inside():
            self.services[called] = Service.objects.create(name=called, team=self.lead.team, policy=policy)
            self._watch(self.services[called])

    def _watch(self, service: Service) -> None:
        _source, self.keys[service.name] = create_source(
            name=f"Monitor of {service}", service=service, actor=ENGINE, now=self.now
        )

    def schedule(self, *names: str, called: str = "Duty") -> Schedule:
        with self.inside():
            return self.pager.schedule(*names, called=called)

    def reached(self, name: str, *ways: Any, urgency: str = "high") -> list[ContactMethod]:
        """By these ways and no other: "sms", or ("voice", 2) for two minutes after."""
        made = []
        with self.inside():
            NotificationRule.objects.filter(membership=self.people[name], urgency=urgency).delete()
            for way in ways:
                kind, delay = way if isinstance(way, tuple) else (way, 0)
                contact, _ = ContactMethod.objects.get_or_create(
                    membership=self.people[name], kind=kind, defaults={"address": address_of(name, kind)}
                )
                contact.verified_at = contact.verified_at or self.now
                contact.save()
                NotificationRule.objects.create(
                    membership=self.people[name], contact=contact, delay_minutes=delay, urgency=urgency
                )
                made.append(contact)
        return made

    # --- in -------------------------------------------------------------------------------------------------
    def alert(self, key: str = "d1", service: str = "Checkout", action: str = "trigger", **more: str) -> None:
        """As a monitor posts it; then whoever is rung for it works."""
        self.post_only(key, service, action, **more)
        self.run()

    def post_only(
        self, key: str = "d1", service: str = "Checkout", action: str = "trigger", **more: str
    ) -> None:
        """While the engine is stopped, or one of many."""
        body: dict[str, Any] = {"routing_key": self.keys[service], "event_action": action, "dedup_key": key}
        body["payload"] = {"summary": f"{service} fails {key}", "source": "db", "severity": "critical"} | more
        answer = self.client.post("/v2/enqueue", json.dumps(body), content_type="application/json")
        assert answer.status_code == 202, answer.content

    def clear(self, key: str = "d1", service: str = "Checkout") -> None:
        self.alert(key, service, "resolve")

    def press(self, call: Call, do: str, **more: str) -> str:
        """A button of the page that the link in this message leads to. The words that it shows then."""
        found = re.search(r"/p/([A-Za-z2-7]{12})", call.sent.words)
        assert found, call.sent.words
        answer = self.client.post(f"/p/{found[1]}", {"do": do, **more}, follow=True)
        assert answer.status_code in (200, 409), answer.status_code
        self.run()
        return words_of(answer)

    def text(self, name: str, body: str) -> str:
        """What is answered to a text message from that person's number."""
        form = {"From": NUMBERS[name], "Body": body}
        answer = self.wire.posts(self.client, f"{settings.BASE_URL}/hooks/twilio/sms", form)
        assert answer.status_code == 200
        self.run()
        return words_of(answer)

    def picks_up(self, call: Call) -> str:
        """What is said on the telephone."""
        return words_of(self.wire.posts(self.client, call.data["Url"], {"AnsweredBy": "human"}))

    def dials(self, call: Call, digit: str) -> str:
        url = call.data["Url"].replace("/voice/", "/keys/")
        answer = self.wire.posts(self.client, url, {"Digits": digit})
        self.run()
        return words_of(answer)

    def as_(self, name: str) -> Client:
        if name not in self.signed_in:
            self.signed_in[name] = Client(SERVER_NAME="localhost")
            self.signed_in[name].force_login(self.people[name].user)
        return self.signed_in[name]

    def api(self, who: str, path: str, *, run: bool = True, **body: Any) -> Any:
        """POSTs as this person. What is answered, as JSON."""
        where = f"/t/acme/api/v1/{path}/"
        answer = self.as_(who).post(where, json.dumps(body), content_type="application/json")
        set_urlconf(None)
        assert answer.status_code in (200, 201, 202, 204), answer.content
        if run:
            self.run()
        return answer.json() if answer.content else None

    def deed(self, name: str, path: str, /, *, run: bool = True, **form: str) -> str:
        """A button on a screen of the tenant. The words of the screen that comes then."""
        answer = self.as_(name).post(f"/t/acme/{path}", form, follow=True)
        set_urlconf(None)
        assert answer.status_code == 200, answer.status_code
        if run:
            self.run()
        return words_of(answer)

    def admin(self, path: str, **changes: Any) -> None:
        """Anna opens a form of the admin, changes these fields (None: leaves it out), and saves it."""
        self._saved(f"/t/acme/admin/{path}", changes)

    def platform(self, path: str, **changes: Any) -> None:
        """The same on the platform's own site, of which she is staff here."""
        with self.inside():
            self.people["anna"].user.is_platform_staff = True
            self.people["anna"].user.save()
        self._saved(f"/admin/{path}", changes)

    def _saved(self, where: str, changes: dict[str, Any]) -> None:
        drawn = self.as_("anna").get(where)
        assert drawn.status_code == 200, drawn.status_code
        form = Fields.of(drawn.content.decode()).changed(changes)
        saved = self.as_("anna").post(where, {name: v for name, v in form.items() if v is not None})
        set_urlconf(None)
        assert saved.status_code == 302, words_of(saved)
        self.run()

    def admin_action(self, path: str, action: str, *rows: Any) -> None:
        """Anna ticks these rows of a list, and chooses an action."""
        chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
        done = self.as_("anna").post(f"/t/acme/admin/{path}", chosen)
        set_urlconf(None)
        assert done.status_code == 302, words_of(done)
        self.run()

    # --- time -----------------------------------------------------------------------------------------------
    def run(self) -> None:
        """All that is due, and what the provider says of what it was given."""
        self.engine.run()
        while self.arrives and self._report():
            self.engine.run()

    def _report(self) -> bool:
        fresh = [c for c in self.wire.calls if c.data.get("StatusCallback") and c.sid not in self.reported]
        for call in fresh:
            self.reported.add(call.sid)
            done = {"CallStatus": "completed"} if call.sent.method == "voice" else {}
            self.wire.report(self.client, call, "completed" if done else "delivered")
        return bool(fresh)

    def later(self, **time: float) -> None:
        """Time passes, and whatever falls due meanwhile happens at its moment."""
        self.until(self.now + timedelta(**time))

    def until(self, end: datetime) -> None:
        while (moment := self.engine.next_due()) is not None and moment <= end:
            self.clock.set(max(moment, self.now))
            self.run()
        self.clock.set(max(end, self.now))
        self.run()

    def half_an_hour(self) -> None:
        """Looked at every five minutes only: a retry every other second takes a test too long."""
        for _ in range(6):
            self.clock.move(minutes=5)
            self.run()

    # --- out ------------------------------------------------------------------------------------------------
    def heard(self) -> list[str]:
        """All that left since the last look, in order: "bram sms page". It counts as looked at."""
        return [self._told(sent) for sent in self.wire.take()]

    def _told(self, sent: Sent) -> str:
        other = "page" if sent.method == "slack" else "notice"
        kind = next((kind for kind, signs in SIGNS if any(sign in sent.words for sign in signs)), other)
        return f"{self._who(sent)} {sent.method} {kind}"

    def _who(self, sent: Sent) -> str:
        by_number = {number: name for name, number in NUMBERS.items()}
        if sent.to in by_number:
            return by_number[sent.to]
        return "ops" if sent.to == SLACK else sent.to.rsplit("/", 1)[-1].split("@")[0]

    def message(self, name: str, method: str = "email", *words: str) -> Call:
        """The oldest to that person by that method, with these words."""
        return self.wire.expect(method, address_of(name, method), *words)

    # --- looking --------------------------------------------------------------------------------------------
    def incidents(self) -> list[Incident]:
        with self.inside():
            return list(Incident.objects.order_by("number"))

    def ladder(self) -> Any:
        """The ladder of the one incident there is."""
        with self.inside():
            return Incident.objects.get().calls.select_related("escalation").get().escalation


def address_of(name: str, method: str) -> str:
    if method in ("sms", "voice"):
        return NUMBERS[name]
    return f"{NTFY}/{name}" if method == "push" else f"{name}@acme.test"


def code_in(call: Call) -> str:
    found = re.search(r"reply (\d{4})", call.sent.words)
    assert found, call.sent.words
    return found[1]


def words_of(answer: Any) -> str:
    plain = re.sub(r"<(script|style).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", plain)).strip()


class Fields(HTMLParser):
    """The fields of a page's forms as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Any] = {}
        self.select, self.many, self.area = "", False, ""

    @classmethod
    def of(cls, html: str) -> "Fields":
        read = cls()
        read.feed(html)
        return read

    def changed(self, changes: dict[str, Any]) -> dict[str, Any]:
        """With these; a row that was not there begins as the empty one, as "Add another" does."""
        form = {name: value for name, value in self.found.items() if "__prefix__" not in name}
        there = {name.rsplit("-", 1)[0] for name in form}
        for row in {name.rsplit("-", 1)[0] for name in changes if "-" in name} - there:
            empty = f"{row.rsplit('-', 1)[0]}-__prefix__-"
            form |= {
                f"{row}-{name.removeprefix(empty)}": value
                for name, value in self.found.items()
                if name.startswith(empty)
            }
        return form | changes

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value")
        if tag == "input" and name and given.get("type") not in ("submit", "button", "file"):
            if given.get("type") not in ("checkbox", "radio"):
                self.found[name] = value or ""
            elif "checked" in given:
                self.found[name] = value or "on"
        elif tag == "select" and name:
            self.select, self.many = name, "multiple" in given
            if self.many:
                self.found[name] = []
        elif tag == "option" and self.select and "selected" in given:
            if self.many:
                self.found[self.select].append(value or "")
            else:
                self.found[self.select] = value or ""
        elif tag == "textarea" and name:
            self.area, self.found[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area] += data


__all__ = ["House", "MovedClock", "WholeEngine", "address_of", "code_in", "step", "words_of"]
