"""Stakeholders, templates, waiting words: who may, and what another tenant's are."""

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError

from config import clock
from config.tenancy.actors import Actor, ActorKind
from config.tenancy.conflicts import Conflict
from config.tenancy.roles import grants_of_key
from config.tenancy.scoping import tenant_scope
from incidents.models import InternalMail, Message, MessageTemplate, Stakeholder
from incidents.operations.cancelling import cancel
from incidents.operations.chasing import WORK
from incidents.operations.eyes import NeedsReader
from incidents.operations.messages import publish_message, tell_again
from incidents.operations.readers import (
    delete_template,
    end_stakeholder,
    save_stakeholder,
    save_template,
)
from incidents.operations.reviewing import approve, put_to_readers
from incidents.operations.withdrawing import withdraw
from tests.conftest import Engine
from tests.incidents.leading import Lead
from tests.incidents.telling import told
from tests.people import World

OWN = {
    "kind": "start",
    "status": "",
    "title": "Trouble",
    "body": "Our own words.",
    "components": {},
    "next_update_at": None,
}


def key() -> Actor:
    return Actor(ActorKind.KEY, 1, "robot", grants=grants_of_key("write"))


def dirk(lead: Lead, by: str = "anna", **given: object) -> Stakeholder:
    said = {"name": "Dirk", "email": "dirk@bank.test", "service": None, "language": "nl"}
    return save_stakeholder(actor=lead.as_(by), now=lead.now, **(said | given))


def template(lead: Lead, by: str = "anna", **given: object) -> MessageTemplate:
    said = {"audience": "internal", "kind": "start", "language": "en", "title": "{key}", "body": "x"}
    return save_template(actor=lead.as_(by), now=lead.now, **(said | given))


def test_stakeholders_are_added_changed_and_ended(lead: Lead) -> None:
    one = dirk(lead)
    assert dirk(lead, stakeholder=one, name="Dirk B").name == "Dirk B"
    with pytest.raises(ValidationError, match="stands there already"):
        dirk(lead)
    for _again in range(2):
        assert end_stakeholder(stakeholder=one, actor=lead.as_("anna"), now=lead.now).ended_at == lead.now
    dirk(lead)
    assert Stakeholder.objects.count() == 2


def test_an_address_that_a_member_has_gets_one_mail(lead: Lead) -> None:
    dirk(lead)
    dirk(lead, service=lead.checkout)
    dirk(lead, email="Anna@acme.test")
    incident = lead.declare()
    told(
        incident,
        by=lead.people["bram"],
        reader=lead.people["anna"],
        now=lead.now,
        audience="internal",
    )
    assert InternalMail.objects.filter(message__isnull=False).count() == 6


def test_templates_are_one_of_a_kind_and_name_nothing_internal_to_customers(lead: Lead) -> None:
    one = template(lead)
    assert template(lead, template=one, body="y").body == "y"
    with pytest.raises(ValidationError):
        template(lead)
    with pytest.raises(ValidationError, match="ours alone"):
        template(lead, audience="external", body="{severity}!")
    delete_template(template=one, actor=lead.as_("anna"), now=lead.now)
    assert not MessageTemplate.objects.exists()


def test_a_key_writes_and_a_person_reads(lead: Lead) -> None:
    incident = lead.declare()
    with pytest.raises(NeedsReader):
        publish_message(incident=incident, audience="external", actor=key(), now=lead.now, **OWN)
    waiting = put_to_readers(incident=incident, actor=key(), now=lead.now, **OWN)
    with pytest.raises(NeedsReader):
        approve(incident=incident, uid=waiting.uid, as_of=waiting.written_at, actor=key(), now=lead.now)
    read = approve(
        incident=incident,
        uid=waiting.uid,
        as_of=waiting.written_at,
        actor=lead.as_("carla"),
        now=lead.now,
    )
    assert (read.reviewed_by, read.alone) == (lead.people["carla"], False)


def test_where_nobody_else_could_read_it_goes_out_marked(lead: Lead) -> None:
    incident = lead.declare(severity=lead.sev[3])
    for name in ("marc", "bram", "carla"):
        type(lead.people[name]).objects.filter(pk=lead.people[name].pk).update(ended_at=lead.now)
    told_alone = publish_message(
        incident=incident, audience="external", actor=lead.as_("anna"), now=lead.now, **OWN
    )
    assert told_alone.alone


def test_an_update_that_waits_is_too_late_once_it_is_over(lead: Lead) -> None:
    incident = lead.declare()
    waiting = put_to_readers(incident=incident, actor=lead.as_("bram"), now=lead.now, **OWN)
    cancel(incident=incident, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
    with pytest.raises(Conflict, match="too late"):
        approve(
            incident=incident,
            uid=waiting.uid,
            as_of=waiting.written_at,
            actor=lead.as_("anna"),
            now=lead.now,
        )


def test_chasing_ends_with_the_incident(lead: Lead, engine: Engine) -> None:
    incident = lead.declare(severity=lead.sev[1])
    told(incident, by=lead.people["bram"], reader=lead.people["anna"], now=lead.now, audience="internal")
    assert WORK.next_due(lead.now) == lead.now + timedelta(minutes=30)
    cancel(incident=incident, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
    assert WORK.next_due(lead.now) is None
    assert "incidents.updates_due" in {work.name for work in clock.works()}


class TestOutsider:
    def test_anothers_rows_are_missing(self, lead: Lead, world: World) -> None:
        incident, one, ours = lead.declare(), dirk(lead), template(lead)
        waiting = put_to_readers(incident=incident, actor=lead.as_("bram"), now=lead.now, **OWN)
        olga = world.other.members["olga"].as_actor()
        with tenant_scope(world.other.tenant.pk):
            for attempt in (
                lambda: put_to_readers(incident=incident, actor=olga, now=lead.now, **OWN),
                lambda: approve(
                    incident=incident, uid=waiting.uid, as_of=waiting.written_at, actor=olga, now=lead.now
                ),
                lambda: tell_again(incident=incident, actor=olga, now=lead.now),
                lambda: withdraw(incident=incident, actor=olga, now=lead.now),
                lambda: end_stakeholder(stakeholder=one, actor=olga, now=lead.now),
                lambda: delete_template(template=ours, actor=olga, now=lead.now),
                lambda: save_stakeholder(
                    name="x",
                    email="x@x.test",
                    service=lead.checkout,
                    language="en",
                    actor=olga,
                    now=lead.now,
                ),
            ):
                with pytest.raises(ObjectDoesNotExist):
                    attempt()
        assert not Message.objects.filter(published_at__isnull=False).exists()

    def test_a_viewer_may_not(self, lead: Lead) -> None:
        incident, vera = lead.declare(), lead.as_("vera")
        for attempt in (
            lambda: put_to_readers(incident=incident, actor=vera, now=lead.now, **OWN),
            lambda: approve(incident=incident, uid="x", as_of=lead.now, actor=vera, now=lead.now),
            lambda: tell_again(incident=incident, actor=vera, now=lead.now),
            lambda: withdraw(incident=incident, actor=vera, now=lead.now),
            lambda: dirk(lead, by="vera"),
            lambda: template(lead, by="carla"),
        ):
            with pytest.raises(PermissionDenied):
                attempt()
