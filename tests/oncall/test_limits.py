"""Limits per contact: the first page never waits, what waits says so, equal notices are one message."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.tenancy.actors import ENGINE
from oncall import limits
from oncall.models import Escalation, Notification
from oncall.operations import paging
from oncall.operations.limits import free_at
from oncall.operations.profiles import set_limits
from tests.conftest import START
from tests.oncall.conftest import CARD, MINUTE, Pager, person
from tests.oncall.wire import Wire, refuse

NUMBER = "+31612345678"
Fresh = Callable[[Escalation], Escalation]


@pytest.mark.parametrize(
    ("method", "ago", "wait"),
    [
        ("email", [], None),
        ("email", [0.5], 0.5),
        ("email", [1], None),
        ("voice", [2, 4, 6], 9),
        ("voice", [2, 4, 16], None),
        ("voice", [20, 22, 24, 40, 42, 44, 50], 10),
        ("sms", [2, 4, 6, 8, 10], 5),
        ("sms", [2, 4, 6, 8], None),
    ],
)
def test_how_long_the_next_waits(method: str, ago: list[float], wait: float | None) -> None:
    sent = [START - timedelta(minutes=minutes) for minutes in ago]
    expected = START + timedelta(minutes=wait) if wait is not None else None
    assert limits.free_at(method, sent, START) == expected


@given(st.sampled_from(["sms", "voice", "email"]), st.lists(st.integers(1, 400), max_size=60))
def test_whoever_waits_as_told_never_breaks_a_limit(method: str, gaps: list[int]) -> None:
    now, sent = START, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        now = limits.free_at(method, sent[::-1][: limits.MOST], now) or now
        assert limits.free_at(method, sent[::-1][: limits.MOST], now) is None
        sent.append(now)
    for most, window in (*limits.ANY, *limits.OF_METHOD.get(method, ())):
        for first, beyond in zip(sent, sent[most:], strict=False):
            assert beyond - first >= window


def again(pager: Pager, escalation: Escalation) -> None:
    """The same ladder pages once more, from its foot."""
    paging.restart(escalation_id=escalation.pk, card=CARD, actor=ENGINE, now=pager.now)
    pager.engine.run()


def test_the_first_page_never_waits_and_what_waits_says_so(pager: Pager, wire: Wire) -> None:
    contact = pager.contact("bram", kind="email", address="bram@pager.test")
    first = pager.start(pager.policy(["bram"], delay=60), severity_rank=2)
    wire.expect("email", "bram@pager.test", "INC-42")
    # Worse, so that it does not fold: a first page of its own, ten seconds later.
    pager.clock.move(seconds=10)
    pager.start(pager.policy(["bram"], delay=60, called="B"), key="INC-43")
    wire.expect("email", "bram@pager.test", "INC-43")
    again(pager, first)
    row = Notification.objects.order_by("-pk").first()
    assert (row.state, row.note) == ("folded", "")
    assert free_at(contact, now=pager.now) == pager.now + MINUTE


def test_a_further_page_of_one_ladder_waits_for_the_limit(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="email", address="bram@pager.test")
    escalation = pager.start(pager.policy(["bram"], delay=60))
    wire.take()
    pager.clock.move(seconds=20)
    again(pager, escalation)
    row = Notification.objects.order_by("-pk").first()
    assert (row.state, row.note) == ("pending", "limit")
    assert row.delayed_until == row.retry_at == pager.now + timedelta(seconds=40)
    assert row.note_in_words == "delayed: too many to this address"
    pager.later(seconds=40)
    wire.expect("email", "bram@pager.test", "Delayed by a limit on messages to this address.")
    row.refresh_from_db()
    assert (row.state, row.note) == ("sent", "limit")


def test_whoever_has_it_meanwhile_is_not_paged_late(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="email", address="bram@pager.test")
    escalation = pager.start(pager.policy(["bram"], delay=60))
    wire.take()
    pager.clock.move(seconds=20)
    again(pager, escalation)
    pager.acknowledge(escalation, "bram")
    pager.later(minutes=5)


def test_a_heavy_sleeper_has_no_limits(pager: Pager, wire: Wire) -> None:
    bram = pager.people["bram"]
    set_limits(membership=bram, without_limits=True, actor=person(bram), now=pager.now)
    pager.contact("bram", kind="email", address="bram@pager.test")
    escalation = pager.start(pager.policy(["bram"], delay=60))
    for _ in range(4):
        pager.clock.move(seconds=5)
        again(pager, escalation)
    assert len(wire.take()) == 5


def test_calls_are_three_in_a_quarter_of_an_hour(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="voice", address=NUMBER)
    escalation = pager.start(pager.policy(["bram"], delay=2, repeat=9))
    times = []
    for _ in range(16):
        times += [pager.now - START] * len(wire.take("voice"))
        pager.later(minutes=1)
    wire.take()
    assert [int(at.total_seconds() // 60) for at in times] == [0, 2, 4, 15]
    assert not pager.states(escalation).count("dead")


def test_a_try_again_is_no_further_message(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="email", address="bram@pager.test")
    wire.answers("email", refuse(451), refuse(451))
    pager.start(pager.policy(["bram"], delay=60))
    for _ in range(10):
        pager.later(seconds=5)
    wire.expect("email", "bram@pager.test", "INC-42")
    wire.take()  # after two failures, their own address as well


def several(pager: Pager, count: int) -> list[Escalation]:
    found = []
    for number in range(count):
        policy = pager.policy(["bram"], delay=60, called=f"P{number}")
        found.append(pager.start(policy, key=f"INC-{number}", severity_rank=9 - number))
        pager.clock.move(minutes=6)
    return found


def test_equal_notices_that_wait_are_told_in_one(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="email", address="bram@pager.test")
    ladders = several(pager, 4)
    wire.take()
    pager.clock.move(minutes=1)
    marc = pager.people["marc"]
    for ladder in ladders:
        paging.acknowledge(escalation_id=ladder.pk, membership=marc, actor=person(marc), now=pager.now)
    pager.engine.run()
    wire.expect("email", "bram@pager.test", "INC-0, INC-1, INC-2 and INC-3 taken by Marc")
    rows = Notification.objects.filter(kind="taken").order_by("pk")
    assert [row.note for row in rows if row.state == "skipped"] == ["told_with"] * 3


def test_what_was_told_with_one_that_is_not_sent_comes_back(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="email", address="bram@pager.test")
    first, second = several(pager, 2)
    wire.take()
    marc = pager.people["marc"]
    wire.answers("email", refuse(451))
    for ladder in (first, second):
        paging.acknowledge(escalation_id=ladder.pk, membership=marc, actor=person(marc), now=pager.now)
    pager.engine.run()
    carrier = Notification.objects.get(kind="taken", state="failed")
    paging.undo_acknowledge(escalation_id=carrier.escalation_id, actor=person(marc), now=pager.now)
    pager.later(minutes=3)
    pager.later(minutes=2)
    words = [sent.words for sent in wire.take() if "[Taken]" in sent.words]
    other = first if carrier.escalation_id == second.pk else second
    assert len(words) == 1
    assert f"{other.card.key} taken by Marc" in words[0]


def test_nobody_is_rung_out_of_bed_to_hear_that_it_is_over(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="voice", address=NUMBER)
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram")
    escalation = pager.start(pager.policy(["bram"], delay=60))
    wire.take()
    pager.clock.move(minutes=2)
    paging.stop(escalation_id=escalation.pk, reason="over", actor=ENGINE, now=pager.now, tell=True)
    pager.engine.run()
    wire.expect("push", "https://ntfy.sh/bram", "INC-42 over")


def test_a_severity_that_rose_never_waits(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", "sms", NUMBER)
    escalation = pager.start(pager.policy(["bram"], delay=60), severity_rank=2, severity_word="SEV2")
    pager.clock.move(seconds=5)
    again(pager, escalation)  # CARD is worse
    assert [sent.method for sent in wire.take()] == ["sms", "sms"]
