"""Who would be paged, what a new tenant begins with, and what a screen shows of a running ladder."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from config.tenancy.actors import ENGINE
from oncall.models import EscalationPolicy, Notification
from oncall.operations import paging
from oncall.operations.preview import who_would_be_paged
from oncall.operations.progress import NextInLine, next_in_line, paged_people
from oncall.operations.setup import create_default_oncall
from tests.oncall.conftest import CARD, MINUTE, Pager, person


def rows(policy: EscalationPolicy, pager: Pager) -> list[tuple[str, timedelta, list[str], str, bool]]:
    found = who_would_be_paged(policy=policy, urgency="high", now=pager.now)
    return [(row.kind, row.after, row.names, row.how, row.reachable) for row in found]


def test_the_preview_says_who_when_how_and_whether_they_would_hear_it(pager: Pager) -> None:
    pager.contact("bram", delay=0)
    pager.contact("bram", kind="webhook", address="https://hook.test/x", delay=5)
    empty = pager.schedule(called="Empty")
    policy = pager.policy([pager.schedule("bram")], [empty], ["marc", "bram"], repeat=2)
    assert rows(policy, pager) == [
        ("step", 0 * MINUTE, ["Bram"], "e-mail 0, webhook +5", True),
        ("passed", 5 * MINUTE, ["Empty"], "", True),
        ("step", 5 * MINUTE, ["Marc", "Bram"], "e-mail 0; e-mail 0, webhook +5", False),
        ("repeat", 10 * MINUTE, [], "", True),
        ("end", 30 * MINUTE, ["Anna"], "e-mail", True),
    ]


def test_the_preview_is_what_the_pager_does(pager: Pager) -> None:
    empty = pager.schedule(called="Empty")
    policy = pager.policy([pager.schedule("bram", "marc")], [empty], ["marc"], repeat=1)
    foreseen = rows(policy, pager)
    start = pager.now
    pager.start(policy)
    seen: list[tuple[timedelta, str]] = []
    for _ in range(21):
        seen += [(pager.now - start, name) for name in pager.mailed()]
        pager.later(minutes=1)
    (first, _passed, second, repeated, end) = foreseen
    expected = [
        (row[1] + again, row[2][0].lower()) for again in (0 * MINUTE, repeated[1]) for row in (first, second)
    ]
    assert seen == [*expected, (end[1], "anna")]


def test_with_nobody_on_call_it_shows_the_owners_at_once(pager: Pager) -> None:
    policy = pager.policy([pager.schedule(called="Empty")])
    passed, first = who_would_be_paged(policy=policy, urgency="high", now=pager.now)[:2]
    assert (passed.names, passed.note) == (["Empty"], "passed over: nobody is on call")
    assert (first.names, first.why) == (["Anna"], "nobody is on call: an owner")


def test_the_preview_writes_nothing_and_costs_little(
    pager: Pager, django_assert_max_num_queries: Any
) -> None:
    policy = pager.policy([pager.schedule("bram")], ["marc"], ["carla"])
    with django_assert_max_num_queries(12):
        who_would_be_paged(policy=policy, urgency="high", now=pager.now)
    assert not Notification.objects.exists()


def test_a_new_tenants_pager_pages_its_owner_by_mail(pager: Pager) -> None:
    anna = pager.people["anna"]
    policy = create_default_oncall(owner=anna, team=None, actor=ENGINE, now=pager.now)
    assert (policy.name, policy.is_default, policy.repeat) == ("Default", True, 3)
    assert rows(policy, pager) == [
        ("step", 0 * MINUTE, ["Anna"], "e-mail 0", True),
        ("step", 5 * MINUTE, ["Anna"], "e-mail 0", True),
        ("repeat", 10 * MINUTE, [], "", True),
        ("end", 40 * MINUTE, ["Anna"], "e-mail", True),
    ]
    for urgency in ("high", "low"):
        paging.start_escalation(card=CARD, policy=policy, urgency=urgency, actor=ENGINE, now=pager.now)
        pager.engine.run()
        pager.clock.move(minutes=4)
    assert {name for name, _subject in pager.mails()} == {"anna"}


def test_only_who_may_set_up_makes_the_default_pager(pager: Pager) -> None:
    bram = pager.people["bram"]
    with pytest.raises(PermissionDenied):
        create_default_oncall(owner=bram, team=None, actor=person(bram), now=pager.now)


def test_the_command_prints_the_preview(pager: Pager, capsys: pytest.CaptureFixture[str]) -> None:
    create_default_oncall(owner=pager.people["anna"], team=None, actor=ENGINE, now=pager.now)
    call_command("page_preview", tenant="acme")
    assert capsys.readouterr().out.splitlines() == [
        "Default, high",
        "+0 min  Anna  e-mail 0  On call",
        "+5 min  Anna  e-mail 0  named in the policy",
        "+10 min  repeated 3 times",
        "+40 min  Anna  e-mail  nobody answered: the owners hear of it",
    ]


def test_a_screen_sees_who_was_called_and_who_is_next(pager: Pager, django_assert_num_queries: Any) -> None:
    pager.contact("bram", address="now@pager.test")
    pager.contact("bram", address="later@pager.test", delay=3)
    escalation = pager.start(pager.policy(["bram"], [pager.schedule("marc")]))
    escalation.refresh_from_db()
    with django_assert_num_queries(1):
        (called,) = paged_people(escalations=[escalation])[escalation.pk]
    assert (str(called.membership), called.state, called.word, called.how) == (
        "Bram",
        "sent",
        "sent",
        "e-mail",
    )
    marc = frozenset({pager.people["marc"].pk})
    assert next_in_line(escalation=escalation) == NextInLine(["Marc"], pager.now + 5 * MINUTE, marc)
    pager.later(minutes=5)
    escalation.refresh_from_db()
    assert next_in_line(escalation=escalation) == NextInLine([], pager.now + 5 * MINUTE)
    pager.acknowledge(escalation, "bram")
    escalation.refresh_from_db()
    assert next_in_line(escalation=escalation) is None


def test_at_the_end_the_policy_s_fallback_hears_beside_the_owners(pager: Pager) -> None:
    policy = pager.policy(["bram"])
    EscalationPolicy.objects.update(fallback=pager.people["marc"])
    policy.refresh_from_db()
    assert who_would_be_paged(policy=policy, urgency="high", now=pager.now)[-1].names == ["Marc", "Anna"]
    pager.start(policy)
    pager.mails()
    pager.later(minutes=5)
    assert sorted(pager.mailed()) == ["anna", "marc"]
