"""Setting up the pager in the tenant's admin, and reading what it did."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from oncall.models import (
    ContactMethod,
    EscalationPolicy,
    ImportedCalendar,
    Notification,
    NotificationRule,
    Override,
    Rotation,
    RotationMember,
    Schedule,
    Step,
    StepTarget,
)
from oncall.operations.feeds import make_feed
from oncall.operations.imports import import_calendar
from oncall.operations.resolve import on_call_at
from tests.oncall.conftest import Pager
from tests.oncall.policies import channel, policy_of, step, team_of
from tests.people import PASSWORD, World

ADMIN = "/t/acme/admin/oncall"
COVERAGE = {"coverage_days": "1234567", "tells_gaps": "on"}


@pytest.fixture
def sign_in(pager: Pager) -> Any:
    def build(name: str) -> Client:
        client = Client(SERVER_NAME="localhost")
        client.force_login(pager.people[name].user, backend="config.tenancy.backends.RoleBackend")
        return client

    return build


def management(prefix: str, total: int, initial: int = 0) -> dict[str, Any]:
    return {
        f"{prefix}-TOTAL_FORMS": total,
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }


def test_a_manager_sets_up_a_schedule_with_a_rotation_and_its_participants(
    pager: Pager, sign_in: Any
) -> None:
    marc = sign_in("marc")
    answer = marc.post(
        f"{ADMIN}/schedule/add/",
        {
            "name": "Checkout",
            "time_zone": "Europe/Amsterdam",
            **COVERAGE,
            **management("rotations", 1),
            **management("overrides", 0),
            **management("temporaries", 0),
            **management("swaps", 0),
            "rotations-0-priority": "0",
            "rotations-0-at_once": "1",
            "rotations-0-name": "Weekly",
            "rotations-0-start_date": "2026-11-23",
            "rotations-0-start_time": "09:00",
            "rotations-0-unit": "week",
            "rotations-0-length": "1",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    rotation = Rotation.objects.get()
    assert rotation.history.get().actor_label == "Marc"
    answer = marc.post(
        f"{ADMIN}/rotation/{rotation.pk}/change/",
        {
            "schedule": rotation.schedule_id,
            "name": "Weekly",
            "start_date": "2026-11-23",
            "start_time": "09:00",
            "unit": "week",
            "length": "1",
            "priority": "0",
            "at_once": "1",
            **management("participants", 2),
            **management("restrictions", 1),
            "restrictions-0-days": "12345",
            "restrictions-0-start": "09:00",
            "restrictions-0-end": "17:00",
            "participants-0-position": 1,
            "participants-0-membership": pager.people["bram"].pk,
            "participants-1-position": 2,
            "participants-1-membership": pager.people["carla"].pk,
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    assert [str(one.membership) for one in on_call_at(schedule=rotation.schedule, at=pager.now)] == ["Bram"]
    assert "Bram" in marc.get(f"{ADMIN}/schedule/").content.decode()


def test_an_edit_of_the_participants_leaves_the_shift_with_whoever_has_it(pager: Pager, sign_in: Any) -> None:
    schedule = pager.schedule("bram", "marc")
    rotation = schedule.rotations.get()
    rows = list(RotationMember.objects.order_by("position"))
    answer = sign_in("anna").post(
        f"{ADMIN}/rotation/{rotation.pk}/change/",
        {
            "schedule": schedule.pk,
            "name": "Weekly",
            "start_date": "2026-11-23",
            "start_time": "09:00",
            "unit": "week",
            "length": "1",
            "priority": "0",
            "at_once": "1",
            **management("restrictions", 0),
            **management("participants", 3, 2),
            "participants-0-id": rows[0].pk,
            "participants-0-position": 2,
            "participants-0-membership": pager.people["bram"].pk,
            "participants-1-id": rows[1].pk,
            "participants-1-position": 3,
            "participants-1-membership": pager.people["marc"].pk,
            "participants-2-position": 1,
            "participants-2-membership": pager.people["carla"].pk,
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    assert [str(one.membership) for one in on_call_at(schedule=schedule, at=pager.now)] == ["Bram"]
    later = pager.now + timedelta(weeks=1)
    assert [str(one.membership) for one in on_call_at(schedule=schedule, at=later)] == ["Marc"]


def test_calendars_are_read_again_and_feeds_revoked_by_who_sets_up(pager: Pager, sign_in: Any) -> None:
    bram = pager.people["bram"]
    feed, token = make_feed(membership=bram, schedule=None, actor=bram.as_actor(), now=pager.now)
    calendar = import_calendar(
        kind="absences",
        name="Leave",
        membership=bram,
        address="https://x.test/secret",
        actor=bram.as_actor(),
        now=pager.now,
    )
    marc = sign_in("marc")
    for path in (f"importedcalendar/{calendar.pk}/change/", "importedcalendar/", "calendarfeed/"):
        page = marc.get(f"{ADMIN}/{path}").content.decode()
        assert "x.test/secret" not in page
        assert token not in page
    chosen = {"_selected_action": [str(feed.pk)], "action": "revoke"}
    assert marc.post(f"{ADMIN}/calendarfeed/", chosen).status_code == 302
    feed.refresh_from_db()
    assert feed.revoked_at == pager.now
    assert sign_in("bram").get(f"{ADMIN}/calendarfeed/").status_code == 403
    gone = {"_selected_action": [str(calendar.pk)], "action": "remove"}
    assert marc.post(f"{ADMIN}/importedcalendar/", gone).status_code == 302
    assert not ImportedCalendar.objects.exists()


def step_fields(number: int, *targets: str, **changes: Any) -> dict[str, Any]:
    """What the form of one step posts."""
    said = {
        "position": number + 1,
        "delay_minutes": changes.pop("delay", 5),
        "targets": list(targets),
        "strategy": "all",
        "answers_needed": 1,
        "if_empty": "skip",
        "severity_up_to": "",
        "applies": "any",
        "window_days": "12345",
        "window_start": "09:00",
        "window_end": "17:00",
        "time_zone": "UTC",
        "if_closed": "skip",
    }
    return {f"steps-{number}-{name}": value for name, value in (said | changes).items()}


def test_targets_of_every_kind_are_chosen_in_one_list_and_kept(pager: Pager, sign_in: Any) -> None:
    schedule, team, ops = pager.schedule("bram"), team_of(pager, "carla"), channel(pager)
    rotation = Rotation.objects.get(schedule=schedule)
    inner = policy_of(pager, step("marc"), called="Inner")
    chosen = [f"next:{schedule.pk}", f"rotation:{rotation.pk}", f"team:{team.pk}", f"channel:{ops.pk}"]
    fields = {"strategy": "in_turn", "answers_needed": 2, "if_empty": "hold", "applies": "outside"}
    answer = sign_in("marc").post(
        f"{ADMIN}/escalationpolicy/add/",
        {
            "name": "All",
            "repeat": 0,
            "repeat_forever": "on",
            **management("steps", 2),
            **step_fields(0, *chosen, **fields),
            **step_fields(1, f"policy:{inner.pk}"),
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    policy = EscalationPolicy.objects.get(name="All")
    first = policy.steps.get(position=1)
    assert {str(target) for target in first.targets.all()} == {"Checkout", "Weekly", "Database", "#ops"}
    assert (first.strategy, first.answers_needed, first.if_empty) == ("in_turn", 2, "hold")
    page = sign_in("marc").get(f"{ADMIN}/escalationpolicy/{policy.pk}/change/").content.decode()
    assert "Checkout, Checkout: Weekly, Database, #ops" in page


def test_a_policy_that_leads_back_to_itself_is_refused_in_a_sentence(pager: Pager, sign_in: Any) -> None:
    outer = policy_of(pager, step("bram"), called="Outer")
    inner = policy_of(pager, step(outer), called="Inner")
    answer = sign_in("marc").post(
        f"{ADMIN}/escalationpolicy/{outer.pk}/change/",
        {
            "name": "Outer",
            "repeat": 0,
            **management("steps", 1, 1),
            "steps-0-id": outer.steps.get().pk,
            **step_fields(0, f"policy:{inner.pk}"),
        },
    )
    assert "leads back to this policy" in answer.content.decode()
    assert outer.steps.get().targets.get().kind == "person"


def test_what_is_running_goes_on_by_the_changed_policy_where_that_is_asked_for(
    pager: Pager, sign_in: Any
) -> None:
    policy = pager.policy(["bram"], ["marc"])
    pager.start(policy)
    pager.mails()
    with acting(ENGINE, now=pager.now):
        policy.steps.get(position=2).targets.update(membership=pager.people["carla"])
    answer = sign_in("marc").post(
        f"{ADMIN}/escalationpolicy/",
        {"action": "use_for_what_is_running", "_selected_action": [policy.pk]},
        follow=True,
    )
    assert "1 call goes on by it." in answer.content.decode()
    pager.later(minutes=5)
    assert pager.mailed() == ["carla"]


def test_a_manager_sets_up_a_policy_with_its_steps_on_one_page(pager: Pager, sign_in: Any) -> None:
    schedule = pager.schedule("bram")
    marc = sign_in("marc")
    steps = {
        **management("steps", 2),
        **step_fields(0, f"schedule:{schedule.pk}"),
        **step_fields(1, *(f"person:{pager.people[name].pk}" for name in ("anna", "marc")), delay=10),
    }
    answer = marc.post(f"{ADMIN}/escalationpolicy/add/", {"name": "Default", "repeat": 2, **steps})
    assert answer.status_code == 302, answer.content.decode()
    policy = EscalationPolicy.objects.get()
    pager.start(policy)
    assert pager.mailed() == ["bram"]
    pager.later(minutes=5)
    assert sorted(pager.mailed()) == ["anna", "marc"]

    kept = StepTarget.objects.get(membership=pager.people["anna"])
    first, second = Step.objects.order_by("position")
    steps |= {
        **management("steps", 2, 2),
        "steps-0-id": first.pk,
        "steps-1-id": second.pk,
        "steps-1-targets": [f"person:{pager.people['anna'].pk}"],
    }
    answer = marc.post(
        f"{ADMIN}/escalationpolicy/{policy.pk}/change/", {"name": "Default", "repeat": 2, **steps}
    )
    assert answer.status_code == 302, answer.content.decode()
    assert list(StepTarget.objects.filter(step=second)) == [kept]


def test_another_tenants_person_cannot_be_chosen_anywhere(pager: Pager, world: World, sign_in: Any) -> None:
    olga = world.other.members["olga"].pk
    answer = sign_in("marc").post(
        f"{ADMIN}/escalationpolicy/add/",
        {
            "name": "Default",
            "repeat": 2,
            "fallback": olga,
            **management("steps", 1),
            **step_fields(0, f"person:{olga}"),
        },
    )
    assert answer.status_code == 200
    assert not EscalationPolicy.objects.exists()


def test_a_responder_may_cover_and_set_up_nothing_else(pager: Pager, sign_in: Any) -> None:
    schedule = pager.schedule("bram")
    bram = sign_in("bram")
    answer = bram.post(
        f"{ADMIN}/override/add/",
        {
            "schedule": schedule.pk,
            "kind": "replace",
            "membership": pager.people["carla"].pk,
            "replaces": pager.people["bram"].pk,
            "starts_at_0": "2026-11-23",
            "starts_at_1": "10:00",
            "ends_at_0": "2026-11-23",
            "ends_at_1": "18:00",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    assert Override.objects.get().starts_at.hour == 9  # typed in the zone of who typed: Amsterdam
    assert [str(one.membership) for one in on_call_at(schedule=schedule, at=pager.now)] == ["Carla"]
    for path in ("schedule/add/", "escalationpolicy/add/", "contactmethod/add/", "notificationrule/add/"):
        assert bram.get(f"{ADMIN}/{path}").status_code == 403


@pytest.mark.parametrize("who", ["anna", "vera"])
def test_every_page_of_the_pager_opens_and_a_viewer_sees_no_address(
    pager: Pager, sign_in: Any, who: str
) -> None:
    contact = pager.contact("bram", kind="webhook", address="https://hook.test/secret-path")
    policy = pager.policy([pager.schedule("bram")], ["marc"])
    pager.start(policy)
    client = sign_in(who)
    for model in (Schedule, EscalationPolicy, ContactMethod, NotificationRule, Notification):
        name = model._meta.model_name
        assert client.get(f"{ADMIN}/{name}/").status_code == 200, name
        page = client.get(f"{ADMIN}/{name}/{model.objects.first().pk}/change/")
        assert page.status_code == 200, name
        assert ("secret-path" in page.content.decode()) == (who == "anna" and model is ContactMethod)
        assert (contact.secret in page.content.decode()) == (who == "anna" and model is ContactMethod)
    rotation = Rotation.objects.get()
    assert client.get(f"{ADMIN}/rotation/{rotation.pk}/change/").status_code == 200
    escalation = policy._meta.apps.get_model("oncall", "Escalation").objects.get()
    page = client.get(f"{ADMIN}/escalation/{escalation.pk}/change/").content.decode()
    assert "INC-42" in page
    assert "payments" not in page


def test_nobody_writes_ladders_and_notifications_by_hand(pager: Pager, sign_in: Any) -> None:
    pager.start(pager.policy(["bram"]))
    row = Notification.objects.get()
    anna = sign_in("anna")
    assert anna.post(f"{ADMIN}/notification/{row.pk}/change/", {"state": "dead"}).status_code == 403
    assert anna.post(f"{ADMIN}/notification/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert anna.get(f"{ADMIN}/notification/add/").status_code == 403
    row.refresh_from_db()
    assert row.state == "sent"


def test_another_tenants_rows_are_missing_pages(pager: Pager, world: World, sign_in: Any) -> None:
    with tenant_scope(world.other.tenant.pk):
        from config.tenancy.actors import ENGINE
        from config.tenancy.audit import acting

        with acting(ENGINE, now=pager.now):
            theirs = Schedule.objects.create(name="Theirs")
    anna = sign_in("anna")
    foreign = anna.get(f"{ADMIN}/schedule/{theirs.pk}/change/")
    missing = anna.get(f"{ADMIN}/schedule/999999999/change/")
    assert (foreign.status_code, foreign.url) == (missing.status_code, missing.url)
    assert PASSWORD not in anna.get(f"{ADMIN}/schedule/").content.decode()
    assert "Theirs" not in anna.get(f"{ADMIN}/schedule/").content.decode()
