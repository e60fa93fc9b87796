"""Somebody leaves: paged no more, at once, and what they had or were called for goes on to the next."""

from collections.abc import Callable

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.conflicts import Conflict
from config.tenancy.operations.accounts import save_user
from config.tenancy.operations.people import end_membership
from oncall.models import Escalation, Notification
from tests.oncall.conftest import Pager, person

Fresh = Callable[[Escalation], Escalation]


def leave(pager: Pager, name: str) -> None:
    anna = pager.people["anna"]
    end_membership(membership=pager.people[name], actor=person(anna), now=pager.now)
    pager.engine.run()


def test_what_waits_for_them_is_not_sent_and_the_next_is_paged_at_once(pager: Pager) -> None:
    pager.contact("bram", address="now@pager.test")
    pager.contact("bram", address="later@pager.test", delay=4)
    escalation = pager.start(pager.policy(["bram"], ["marc"], delay=30))
    pager.later(minutes=1)
    leave(pager, "bram")
    assert pager.mailed() == ["now", "marc"]
    assert list(Notification.objects.order_by("id").values_list("state", "note"))[1] == ("skipped", "left")
    assert list(escalation.events.values_list("kind", flat=True))[-2:] == ["passed_on", "step"]


def test_who_was_called_beside_them_keeps_their_time(pager: Pager, fresh: Fresh) -> None:
    escalation = pager.start(pager.policy(["bram", "vera"], ["marc"], delay=30))
    due = fresh(escalation).next_step_at
    pager.later(minutes=1)
    leave(pager, "bram")
    assert sorted(pager.mailed()) == ["bram", "vera"]
    assert fresh(escalation).next_step_at == due


def test_a_step_that_fired_after_theirs_keeps_its_time(pager: Pager, fresh: Fresh) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"], ["vera"], delay=30))
    pager.later(minutes=30)
    pager.mails()
    leave(pager, "bram")
    assert pager.mails() == []
    assert fresh(escalation).state == "paging"


def test_what_they_had_taken_pages_again_from_the_first_step(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.acknowledge(escalation, "bram")
    pager.mails()
    leave(pager, "bram")
    assert pager.mailed() == ["marc"]
    assert Escalation.objects.get().acknowledged_by is None


def test_what_somebody_else_has_stays_theirs(pager: Pager, fresh: Fresh) -> None:
    escalation = pager.start(pager.policy(["bram", "vera"]))
    pager.acknowledge(escalation, "vera")
    pager.mails()
    leave(pager, "bram")
    assert pager.mails() == []
    assert fresh(escalation).state == "acknowledged"


def test_called_in_alone_the_owners_are_paged_in_their_place(pager: Pager) -> None:
    pager.start(pager.policy(["bram"], repeat=1))
    pager.mails()
    leave(pager, "bram")
    assert pager.mailed() == ["anna"]


def test_who_is_switched_off_is_released_like_who_leaves(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.acknowledge(escalation, "bram")
    pager.start(pager.policy(["bram"], ["carla"], called="Other"), key="INC-43")
    pager.mails()
    bram = pager.people["bram"].user
    bram.is_active = False
    save_user(user=bram, actor=ENGINE, now=pager.now)
    pager.engine.run()
    # Neither does the first step page him again, nor does the second ladder wait for him.
    assert sorted(pager.mailed()) == ["carla", "marc"]


def test_the_last_owner_stays_on_in_every_tenant_of_theirs(pager: Pager) -> None:
    anna = pager.people["anna"].user
    anna.is_active = False
    with pytest.raises(Conflict, match="last owner"):
        save_user(user=anna, actor=ENGINE, now=pager.now)
    assert type(anna).objects.get(pk=anna.pk).is_active
