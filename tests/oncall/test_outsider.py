"""Another tenant's rows behave like missing ones, on every way in."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import IntegrityError, connection

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from config.tenancy.scoping import all_tenants, tenant_scope
from oncall.models import Escalation, EscalationEvent, Notification, Override
from oncall.operations import paging
from oncall.operations.claiming import STEPS
from oncall.operations.firing import fire_step
from tests.oncall.conftest import CARD, Pager, person
from tests.people import World

Deed = Callable[[int, Membership, datetime], object]


def _who(escalation_id: int, olga: Membership, now: datetime) -> dict[str, object]:
    return {"escalation_id": escalation_id, "actor": person(olga), "now": now}


DEEDS: dict[str, Deed] = {
    "acknowledge": lambda pk, olga, now: paging.acknowledge(**_who(pk, olga, now), membership=olga),
    "pass_on": lambda pk, olga, now: paging.pass_on(**_who(pk, olga, now), membership=olga),
    "undo": lambda pk, olga, now: paging.undo_acknowledge(**_who(pk, olga, now)),
    "stop": lambda pk, olga, now: paging.stop(**_who(pk, olga, now), reason="x", tell=True),
    "renew_ack": lambda pk, olga, now: paging.renew_ack(**_who(pk, olga, now)),
    "snooze": lambda pk, olga, now: paging.snooze(**_who(pk, olga, now), until=now.replace(year=2027)),
    "restart": lambda pk, olga, now: paging.restart(**_who(pk, olga, now), card=CARD),
    "update_card": lambda pk, olga, now: paging.update_card(**_who(pk, olga, now), card=CARD),
    "fire_step": lambda pk, olga, now: fire_step(escalation_id=pk, lease_token=1, now=now),
}


def _everything() -> list[object]:
    with all_tenants("compare"):
        return [
            list(Escalation.objects.order_by("pk").values()),
            list(EscalationEvent.objects.order_by("pk").values()),
            list(Notification.objects.order_by("pk").values()),
        ]


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_on_another_tenants_escalation_is_a_deed_on_a_missing_one(
    pager: Pager, world: World, deed: str
) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    before = _everything()
    olga = world.other.members["olga"]
    with tenant_scope(world.other.tenant.pk):
        for pk in (escalation.pk, 10**12):
            with pytest.raises(Escalation.DoesNotExist):
                DEEDS[deed](pk, olga, pager.now)
    assert _everything() == before


def test_another_tenants_person_cannot_be_called_or_answer(pager: Pager, world: World) -> None:
    olga = world.other.members["olga"]
    with pytest.raises(Membership.DoesNotExist):
        paging.page_people(card=CARD, memberships=[olga], urgency="high", actor=ENGINE, now=pager.now)
    escalation = pager.start(pager.policy(["bram"]))
    with pytest.raises(Membership.DoesNotExist):
        paging.acknowledge(escalation_id=escalation.pk, membership=olga, actor=ENGINE, now=pager.now)


def test_an_id_of_another_tenant_in_a_snapshot_calls_nobody(pager: Pager, world: World) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]), run=False)
    escalation.snapshot["rungs"][0]["targets"][0]["id"] = world.other.members["olga"].pk
    escalation.save()
    pager.engine.run()
    assert pager.mailed() == ["marc"]


def test_the_database_itself_refuses_a_row_that_points_across(pager: Pager, world: World) -> None:
    with acting(ENGINE, now=pager.now):
        Override.objects.create(
            schedule=pager.schedule("bram"),
            kind="add",
            membership=world.other.members["olga"],
            starts_at=pager.now,
            ends_at=pager.now.replace(year=2027),
        )
    # What a commit would do with the deferred keys.
    with pytest.raises(IntegrityError):
        connection.check_constraints()


def test_claims_see_all_tenants_and_each_row_is_worked_in_its_own(pager: Pager, world: World) -> None:
    pager.start(pager.policy(["bram"]), run=False)
    with tenant_scope(world.other.tenant.pk):
        paging.page_people(
            card=CARD,
            memberships=[world.other.members["omar"]],
            urgency="high",
            actor=ENGINE,
            now=pager.now,
        )
    assert STEPS.oldest_due(pager.now) == pager.now
    pager.engine.run()
    assert sorted(pager.mailed()) == ["bram", "omar"]
