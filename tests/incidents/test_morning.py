"""The morning mail: once a day, to those it is for, in their language, and not when nothing happened."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from incidents.models import ActionItem, Incident, InternalMail, MailKind, Morning
from incidents.operations import morning
from incidents.operations.cancelling import cancel
from incidents.operations.morning import begin_mornings, next_morning
from tests.incidents.leading import Lead
from tests.people import World

# Mon 23 Nov 2026, 10:00 UTC is when the tests begin: 11:00 in Amsterdam.
TUESDAY = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # 08:00 in Amsterdam


@pytest.fixture
def up(lead: Lead) -> Lead:
    begin_mornings(tenant=lead.tenant, now=lead.now)
    return lead


def sent(lead: Lead) -> list[Any]:
    """The morning mails that went out, by their address. Others are thrown away."""
    found = [one for one in mail.outbox if "admin/" in one.body and "measures" in one.body]
    mail.outbox.clear()
    return sorted(found, key=lambda one: one.to)


def at(lead: Lead, moment: datetime) -> list[Any]:
    lead.engine.clock.set(moment)
    lead.engine.run()
    return sent(lead)


def false_alarm_at_night(lead: Lead) -> Incident:
    """Bram is woken at 02:00 by the monitor, and says at once that it is nothing."""
    lead.engine.clock.set(datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
    incident = lead.alerted()
    lead.alert_on(incident)
    lead.engine.run()
    cancel(incident=incident, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
    lead.engine.run()
    mail.outbox.clear()
    return incident


def test_it_comes_at_eight_on_the_tenants_clock(up: Lead) -> None:
    assert Morning.objects.get().next_at == TUESDAY
    up.declare(private=False)
    up.engine.run()
    mail.outbox.clear()
    assert at(up, TUESDAY - timedelta(seconds=1)) == []
    assert [one.to for one in at(up, TUESDAY)] == [["anna@acme.test"], ["bram@acme.test"], ["marc@acme.test"]]


def test_it_tells_what_happened(up: Lead) -> None:
    false_alarm_at_night(up)
    letter = at(up, TUESDAY)[0]
    assert letter.subject == "Tue 24 Nov: 1 incident, 1 false alarm, Bram woken"
    for said in (
        "False alarms\n- SEV1? INC-1 Disk full (Checkout)",
        "Checkout: 1 of 1",
        "Monitor: 1 of 1",
        f"/t/acme/admin/incidents/service/{up.checkout.pk}/change/",
        "Bram: woken 1×, called 1×",
        "/t/acme/measures",
    ):
        assert said in letter.body


def test_nothing_happened_no_mail(up: Lead) -> None:
    assert at(up, TUESDAY) == []
    assert Morning.objects.get().next_at == TUESDAY + timedelta(days=1)


def test_once_a_day_even_when_run_twice(up: Lead) -> None:
    false_alarm_at_night(up)
    up.engine.clock.set(TUESDAY)
    assert morning.run_due(TUESDAY) == 1
    assert morning.run_due(TUESDAY) == 0
    Morning.objects.update(next_at=TUESDAY)  # as a second machine would still see it
    morning.run_due(TUESDAY)
    assert InternalMail.objects.filter(kind=MailKind.MORNING, membership=up.people["anna"]).count() == 1


def test_a_machine_that_was_off_sends_one_and_tells_of_all_the_days(up: Lead) -> None:
    false_alarm_at_night(up)
    letters = at(up, TUESDAY + timedelta(days=4, hours=3))
    assert [one.to for one in letters] == [["anna@acme.test"], ["bram@acme.test"], ["marc@acme.test"]]
    assert "INC-1" in letters[0].body
    assert letters[0].subject.startswith("Sat 28 Nov")


def test_what_was_told_is_not_told_again(up: Lead) -> None:
    false_alarm_at_night(up)
    assert at(up, TUESDAY)
    assert at(up, TUESDAY + timedelta(days=1)) == []


def test_what_is_still_open_is_told_every_morning(up: Lead) -> None:
    up.declare()
    up.engine.run()
    for day in range(2):
        letter = at(up, TUESDAY + timedelta(days=day))[0]
        assert "Open now\n- INC-1 Payments fail (Checkout)" in letter.body


def test_private_ones_only_to_their_circle(up: Lead) -> None:
    up.declare("Data is leaking", by="anna", private=True, service=None)
    up.engine.run()
    mail.outbox.clear()
    by_reader = {one.to[0]: one for one in at(up, TUESDAY)}
    assert "Data is leaking" in by_reader["anna@acme.test"].body
    outside = by_reader["marc@acme.test"]
    assert "leaking" not in outside.body + outside.subject
    assert "INC-1" not in outside.body
    assert "and 1 private incident" in outside.body


def test_who_switched_internal_mail_off_sleeps_on(up: Lead) -> None:
    with acting(ENGINE, now=up.now):
        for member in Membership.objects.filter(pk=up.people["marc"].pk):
            member.wants_internal_mail = False
            member.save()
    false_alarm_at_night(up)
    assert [one.to for one in at(up, TUESDAY)] == [["anna@acme.test"], ["bram@acme.test"]]


def test_in_the_readers_own_language(up: Lead) -> None:
    user = up.people["anna"].user
    with acting(ENGINE, now=up.now):
        user.language = "nl"
        user.save()
    false_alarm_at_night(up)
    dutch, english = at(up, TUESDAY)[:2]
    assert "vals alarm" in dutch.subject
    assert "false alarm" in english.subject


def test_late_action_items_are_named(up: Lead) -> None:
    incident = false_alarm_at_night(up)
    with acting(ENGINE, now=up.now):
        ActionItem.objects.create(
            incident=incident,
            text="Raise the limit",
            owner=up.people["bram"],
            due_on=TUESDAY.date() - timedelta(days=1),
            created_at=up.now,
            created_by_label="Anna",
        )
    assert "INC-1 Raise the limit – Bram, due Mon 23 Nov" in at(up, TUESDAY)[0].body


def test_a_tenant_without_a_morning_gets_one(lead: Lead, world: World) -> None:
    assert morning.repair(lead.now) == 2
    assert morning.repair(lead.now) == 0
    for tenant in (world.acme.tenant, world.other.tenant):
        with tenant_scope(tenant.pk):
            assert Morning.objects.get().next_at == TUESDAY


def test_the_clocks_that_go_back_do_not_move_eight_o_clock(lead: Lead) -> None:
    zone = lead.tenant.zone
    saturday = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert next_morning(saturday, zone).astimezone(UTC).hour == 7
    assert next_morning(saturday - timedelta(days=1), zone).astimezone(UTC).hour == 6


def test_a_closed_tenant_sleeps(up: Lead) -> None:
    false_alarm_at_night(up)
    with acting(ENGINE, now=up.now):
        up.tenant.closed_at = up.now
        up.tenant.save()
    assert morning.oldest_due(TUESDAY) is None
    assert at(up, TUESDAY) == []
