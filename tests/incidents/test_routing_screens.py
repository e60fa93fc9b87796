"""Routing rules on the screen: listed in order, written without script, moved, and tried on an alert."""

import json
from typing import Any

import pytest
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.scoping import tenant_scope
from incidents.adapters import Action, IncomingAlert
from incidents.models import Alert, AlertSource, Incident, RoutingRule
from incidents.operations.alerts import trigger_alert
from incidents.operations.routing_rules import rules, save_rule
from tests.conftest import START, Engine
from tests.incidents.leading import Lead
from tests.people import PASSWORD, World

LIST = "/t/acme/admin/incidents/routingrule/"
DISK = [{"field": "labels.alertname", "op": "glob", "value": "Disk*"}]


@pytest.fixture
def alert(lead: Lead, source: tuple[AlertSource, str]) -> Alert:
    labels = {"alertname": "DiskFull"}
    said = IncomingAlert(Action.TRIGGER, "k", title="Disk full on db1", severity="critical", labels=labels)
    return trigger_alert(source=source[0], incoming=said, actor=source[0].as_actor(), now=START)


@pytest.fixture
def rule(lead: Lead) -> RoutingRule:
    made = RoutingRule(name="Disks", conditions=DISK, service=lead.checkout, severity="warning")
    return save_rule(rule=made, actor=ENGINE, now=START)


def sign_in(client: Client, email: str) -> Client:
    assert client.login(username=email, password=PASSWORD)
    return client


def test_the_field_offers_the_labels_that_came_in_lately_and_no_private_ones(
    client: Client, lead: Lead, alert: Alert
) -> None:
    Alert.objects.filter(pk=alert.pk).update(labels={"alertname": "DiskFull", "shelf": "7"})
    address = f"{LIST}add/"
    sign_in(client, "marc@acme.test")
    page = client.get(address).content.decode()
    for offered in ("title", "key", "labels.alertname", "labels.shelf"):
        assert page.count(f'<option value="{offered}">') == 1
    Incident.objects.update(private=True)
    assert "labels.shelf" not in client.get(address).content.decode()


def form(**given: Any) -> dict[str, Any]:
    rows = given.pop("rows", [("labels.alertname", "glob", "Disk*")])
    said = {"name": "Disks", "enabled": "on", "match": "all", "tags": "", **given}
    for number, row in enumerate(rows):
        said |= {
            f"conditions-{number}-{part}": value
            for part, value in zip(("field", "op", "value"), row, strict=True)
        }
    return said


class TestWritten:
    def test_rows_that_are_empty_are_left_out(self, lead: Lead, client: Client) -> None:
        sign_in(client, "marc@acme.test")
        rows = [("", "is", ""), ("title", "regex", "^x"), ("key", "missing", "")]
        answer = client.post(f"{LIST}add/", form(rows=rows, service=lead.checkout.pk, tags="a,b"))
        assert answer.status_code == 302, answer.content.decode()
        (made,) = rules()
        assert [(one.field, one.op) for one in made.conditions] == [("title", "regex"), ("key", "missing")]
        assert (made.service_id, made.tags) == (lead.checkout.pk, ("a", "b"))

    def test_what_is_wrong_is_said_by_its_field_and_kept(self, lead: Lead, client: Client) -> None:
        sign_in(client, "marc@acme.test")
        page = client.post(f"{LIST}add/", form(rows=[("title", "regex", "(((")])).content.decode()
        assert "Condition 1: this pattern cannot be used" in page
        assert 'value="((("' in page
        page = client.post(f"{LIST}add/", form(rows=[], suppress="on")).content.decode()
        assert "It would keep every alert quiet" in page
        assert rules() == []

    def test_changed_and_deleted(self, rule: RoutingRule, client: Client) -> None:
        sign_in(client, "marc@acme.test")
        page = client.get(f"{LIST}{rule.pk}/change/").content.decode()
        assert 'value="Disk*"' in page
        client.post(f"{LIST}{rule.pk}/change/", form(name="Renamed", rows=[("", "is", "")]))
        assert [(one.name, one.conditions) for one in rules()] == [("Renamed", ())]
        client.post(f"{LIST}{rule.pk}/delete/", {"post": "yes"})
        assert rules() == []
        assert RoutingRule.history.filter(id=rule.pk).first().actor_label == "Marc"

    def test_prefilled_from_an_alert(self, alert: Alert, client: Client) -> None:
        sign_in(client, "marc@acme.test")
        page = client.get(f"{LIST}add/?from_alert={alert.uid}").content.decode()
        assert 'value="DiskFull"' in page
        assert 'value="labels.alertname"' in page
        assert 'value="Disk full on db1"' in page
        for uid in ("", "\0", "NOSUCHALERT0"):
            assert "DiskFull" not in client.get(f"{LIST}add/", {"from_alert": uid}).content.decode()

    def test_listed_in_order_in_words(self, rule: RoutingRule, lead: Lead, client: Client) -> None:
        save_rule(rule=RoutingRule(name="All", tags=["x"], goes_on=True), actor=ENGINE, now=START)
        sign_in(client, "marc@acme.test")
        page = client.get(LIST).content.decode()
        assert "alertname is like Disk* <b>→ Checkout, warning</b>" in page
        assert "every alert <b>→ tags x; then the rules below</b>" in page
        assert page.index("Disks") < page.index(">All<")

    def test_moved_by_a_button(self, rule: RoutingRule, client: Client) -> None:
        save_rule(rule=RoutingRule(name="Second", conditions=DISK), actor=ENGINE, now=START)
        sign_in(client, "marc@acme.test")
        address = f"/t/acme/routing/{rule.uid}/move"
        assert f'formaction="{address}"' in client.get(LIST).content.decode()
        answer = client.post(address, {"way": "down"})
        assert (answer.status_code, answer["Location"]) == (303, LIST)
        assert [one.name for one in rules()] == ["Second", "Disks"]

    @pytest.mark.parametrize(("name", "code"), [("bram@acme.test", 403), ("olga@other.test", 404)])
    def test_whoever_may_not(self, rule: RoutingRule, client: Client, name: str, code: int) -> None:
        sign_in(client, name)
        assert client.post(f"/t/acme/routing/{rule.uid}/move", {"way": "up"}).status_code == code
        assert client.post(f"{LIST}{rule.pk}/change/", form(name="Mine")).status_code == code
        page = client.get(LIST)
        assert page.status_code == (200 if code == 403 else 404)
        assert b"formaction" not in page.content


class TestTried:
    def test_a_stored_alert_says_each_rule_and_why(
        self, alert: Alert, rule: RoutingRule, lead: Lead, client: Client
    ) -> None:
        other = [{"field": "labels.team", "op": "is", "value": "x"}]
        first = save_rule(rule=RoutingRule(name="Team", conditions=other), actor=ENGINE, now=START)
        sign_in(client, "marc@acme.test").post(f"/t/acme/routing/{first.uid}/move", {"way": "up"})
        page = (
            sign_in(client, "vera@acme.test").get(f"/t/acme/routing/which?alert={alert.uid}").content.decode()
        )
        assert "Caught by Disks:" in page
        assert "Checkout, warning" in page
        assert "Found: nothing" in page
        assert "Bram" in page
        assert page.index("Team") < page.index("Disks</span>", page.index("Each rule"))

    def test_pasted_labels(self, rule: RoutingRule, source: tuple[AlertSource, str], client: Client) -> None:
        sign_in(client, "vera@acme.test")
        said = {"source": source[0].uid, "said": 'alertname="DiskSlow",\nteam: db'}
        before = Alert.objects.count()
        page = client.post("/t/acme/routing/which", said).content.decode()
        assert "Caught by Disks:" in page
        said["said"] = "alertname=Cpu"
        assert "No rule catches it" in client.post("/t/acme/routing/which", said).content.decode()
        assert Alert.objects.count() == before

    def test_pasted_json_as_its_monitor_posts_it(
        self, rule: RoutingRule, source: tuple[AlertSource, str], client: Client
    ) -> None:
        one = {
            "status": "firing",
            "labels": {"alertname": "DiskFull"},
            "annotations": {},
            "fingerprint": "0" * 16,
        }
        body = {"version": "4", "groupKey": "g", "status": "firing", "alerts": [one]}
        sign_in(client, "vera@acme.test")
        said = {"source": source[0].uid, "said": json.dumps(body)}
        assert b"Caught by Disks:" in client.post("/t/acme/routing/which", said).content

    @pytest.mark.parametrize("said", ["{", "[1", '{"a":' * 5000, "no label", "\0=1", "x" * 100_001])
    def test_nonsense_is_said(self, source: tuple[AlertSource, str], client: Client, said: str) -> None:
        sign_in(client, "vera@acme.test")
        answer = client.post("/t/acme/routing/which", {"source": source[0].uid, "said": said})
        assert answer.status_code in (200, 422)
        assert b'role="alert"' in answer.content or answer.status_code == 200

    def test_suppressed_pages_nobody(self, alert: Alert, rule: RoutingRule, client: Client) -> None:
        rule.suppress = True
        save_rule(rule=rule, actor=ENGINE, now=START)
        sign_in(client, "vera@acme.test")
        page = client.get(f"/t/acme/routing/which?alert={alert.uid}").content.decode()
        assert "nobody is paged" in page

    def test_an_outsiders_alert_is_none(
        self, alert: Alert, world: World, client: Client, engine: Engine
    ) -> None:
        sign_in(client, "olga@other.test")
        page = client.get(f"/t/other/routing/which?alert={alert.uid}")
        assert page.status_code == 422
        assert b"Disk full" not in page.content
        with tenant_scope(world.other.tenant.pk):
            assert rules() == []
