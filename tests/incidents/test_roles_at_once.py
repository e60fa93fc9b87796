"""R35 with real transactions: two people take the manager's role at the same moment."""

import pytest
from django.db import connection

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership, User
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, RoleAssignment, TimelineEntry
from incidents.operations.declaring import declare_incident
from incidents.operations.roles import take_role
from incidents.operations.taking import manager_role
from tests.conftest import MovedClock
from tests.incidents.shop import Shop
from tests.incidents.test_alerts_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
TAKERS = 6


@pytest.fixture
def shop(transactional_db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def test_r35_of_many_who_take_it_at_once_one_is_manager_and_nobody_is_refused(shop: Shop) -> None:
    now = shop.clock.now()
    with shop.scope(), acting(ENGINE, now=now):
        people = [
            Membership.objects.create(
                user=User.objects.create(email=f"p{n}@shop.test", name=f"P{n}", created_at=now),
                joined_at=now,
            )
            for n in range(TAKERS)
        ]
        incident = declare_incident(
            text="Payments fail",
            found_by="team",
            declared_by=people[0],
            actor=people[0].as_actor(),
            now=now,
        )
        role = manager_role()

    def take(person: Membership) -> object:
        with tenant_scope(shop.made.tenant.pk):
            return take_role(incident=incident, role=role, actor=person.as_actor(), now=now)

    at_once(*(lambda person=person: take(person) for person in people))
    with shop.scope():
        held = RoleAssignment.objects.filter(incident=incident, is_manager=True)
        assert held.filter(ended_at=None).count() == 1
        assert held.count() == TAKERS
        assert TimelineEntry.objects.filter(incident=incident, kind="role").count() == TAKERS
        assert Incident.objects.get(pk=incident.pk).is_open
    connection.close()
