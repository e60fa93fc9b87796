"""Quiet hours: low urgency waits for their end and comes as one message; high urgency comes at once."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from config.tenancy.actors import ENGINE
from oncall.models import Escalation, Notification, PersonalMessage
from oncall.operations import paging, personal
from oncall.operations.preview import who_would_be_paged
from oncall.operations.profiles import set_quiet_hours
from oncall.quiet import quiet_until
from tests.conftest import START
from tests.oncall.conftest import CARD, Pager, person
from tests.oncall.wire import Wire, refuse

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHT = START.replace(hour=23)  # Tuesday 00:00 in Amsterdam


def quiet(pager: Pager, name: str = "bram", days: str = "1234567") -> None:
    member = pager.people[name]
    set_quiet_hours(
        membership=member, days=days, start=time(22), end=time(7), actor=person(member), now=pager.now
    )


def low(pager: Pager, key: str = "INC-42", *names: str, **changes: object) -> Escalation:
    from dataclasses import replace

    escalation = paging.start_escalation(
        card=replace(CARD, key=key, **changes),
        policy=pager.policy(list(names or ["bram"]), delay=600, called=key),
        urgency="low",
        actor=ENGINE,
        now=pager.now,
    )
    pager.engine.run()
    return escalation


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (datetime(2026, 11, 23, 22, 30), datetime(2026, 11, 24, 7)),
        (datetime(2026, 11, 24, 6, 59), datetime(2026, 11, 24, 7)),
        (datetime(2026, 11, 24, 7), None),
        (datetime(2026, 11, 23, 21, 59), None),
        (datetime(2026, 10, 25, 1), datetime(2026, 10, 25, 7)),  # a night of ten hours
        (datetime(2026, 3, 29, 1), datetime(2026, 3, 29, 7)),  # and one of eight
    ],
)
def test_quiet_hours_are_on_the_wall_clock(at: datetime, end: datetime | None) -> None:
    found = quiet_until("1234567", time(22), time(7), AMSTERDAM, at.replace(tzinfo=AMSTERDAM))
    assert found == (end.replace(tzinfo=AMSTERDAM) if end else None)


def test_the_day_is_that_of_the_beginning() -> None:
    saturday_night = datetime(2026, 11, 29, 1, tzinfo=AMSTERDAM)  # a Sunday, 01:00
    assert quiet_until("6", time(22), time(7), AMSTERDAM, saturday_night)
    assert quiet_until("7", time(22), time(7), AMSTERDAM, saturday_night) is None


def test_low_urgency_waits_and_is_told_in_one_message_in_the_morning(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram", urgency="low")
    quiet(pager)
    pager.clock.set(NIGHT)
    first = low(pager, "INC-1")
    low(pager, "INC-2", title="disk nearly full", severity_rank=3, severity_word="SEV3")
    over = low(pager, "INC-3")
    secret = low(pager, "INC-4", title="canary", private=True)
    row = Notification.objects.get(escalation=first)
    assert (row.state, row.note) == ("pending", "quiet")
    assert row.delayed_until == datetime(2026, 11, 24, 7, tzinfo=AMSTERDAM)
    paging.stop(escalation_id=over.pk, reason="over", actor=ENGINE, now=pager.now, tell=True)
    pager.engine.run_until(datetime(2026, 11, 24, 6, 59, tzinfo=AMSTERDAM), step=timedelta(minutes=30))
    wire.silence()
    pager.later(minutes=2)
    told = wire.expect("push", "https://ntfy.sh/bram", "3 pages waited", "INC-1", "disk nearly full")
    assert "INC-3" not in told.sent.words
    assert "canary" not in told.sent.words
    assert secret.card.key in told.sent.words
    assert pager.states(first) == ["sent"]
    # Told, so that they hear as well who has it.
    pager.clock.move(minutes=2)
    pager.acknowledge(first, "marc")
    wire.expect("push", "https://ntfy.sh/bram", "INC-1 taken by Marc")


def test_what_is_over_by_the_morning_is_not_told(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", urgency="low")
    quiet(pager)
    pager.clock.set(NIGHT)
    escalation = low(pager)
    paging.stop(escalation_id=escalation.pk, reason="over", actor=ENGINE, now=pager.now, tell=True)
    pager.engine.run_until(NIGHT + timedelta(hours=8), step=timedelta(hours=1))


def test_high_urgency_always_comes(pager: Pager, wire: Wire) -> None:
    pager.contact("bram")
    quiet(pager)
    pager.clock.set(NIGHT)
    pager.start(pager.policy(["bram"], delay=60))
    wire.expect("email", "bram@pager.test", "INC-42")


def test_what_becomes_urgent_in_the_night_comes_at_once(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", urgency="low")
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram")
    quiet(pager)
    pager.clock.set(NIGHT)
    escalation = low(pager)
    paging.restart(escalation_id=escalation.pk, card=CARD, actor=ENGINE, now=pager.now, urgency="high")
    pager.engine.run()
    wire.expect("push", "https://ntfy.sh/bram", "INC-42")
    pager.acknowledge(escalation, "bram")
    pager.engine.run_until(NIGHT + timedelta(minutes=20))
    wire.silence()


def test_a_change_of_the_quiet_hours_holds_for_what_waits(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", urgency="low")
    quiet(pager)
    pager.clock.set(NIGHT)
    low(pager)
    bram = pager.people["bram"]
    set_quiet_hours(membership=bram, days="1234567", start=None, end=None, actor=person(bram), now=pager.now)
    pager.engine.run()
    wire.expect("email", "bram@pager.test", "1 page waited", "INC-42")


def test_a_digest_gets_through_by_mail_where_its_method_fails(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram", urgency="low")
    quiet(pager)
    pager.clock.set(NIGHT)
    low(pager)
    wire.answers("push", refuse(500), refuse(500))
    pager.engine.run_until(NIGHT + timedelta(hours=7, minutes=25), step=timedelta(minutes=5))
    wire.expect("email", "bram@acme.test", "1 page waited", "INC-42")


def test_others_without_quiet_hours_are_paged(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", urgency="low")
    pager.contact("marc", urgency="low")
    quiet(pager)
    pager.clock.set(NIGHT)
    low(pager, "INC-42", "bram", "marc")
    wire.expect("email", "marc@pager.test", "INC-42")


def test_no_quiet_hours_begin_and_end_at_once(pager: Pager) -> None:
    from django.core.exceptions import ValidationError

    bram = pager.people["bram"]
    for start, end in ((time(7), time(7)), (time(7), None)):
        with pytest.raises(ValidationError):
            set_quiet_hours(
                membership=bram, days="1", start=start, end=end, actor=person(bram), now=pager.now
            )
    assert NIGHT.tzinfo == UTC


def test_a_digest_that_nobody_gets_gives_its_pages_back(
    pager: Pager, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram", urgency="low")
    quiet(pager)
    pager.clock.set(NIGHT)
    escalation = low(pager)
    over = low(pager, "INC-43")
    morning = NIGHT + timedelta(hours=7)

    def broken(*args: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(personal, "_message_of", broken)
    pager.engine.run_until(morning, step=timedelta(minutes=30))
    paging.stop(escalation_id=over.pk, reason="over", actor=ENGINE, now=pager.now)
    pager.engine.run_until(morning + timedelta(minutes=5), step=timedelta(seconds=30))
    wire.expect("email", "bram@acme.test", "INC-42", "payments fail")
    wire.expect("email", "anna@acme.test", "INC-42", "Bram")
    assert (pager.states(escalation), pager.states(over)) == (["sent"], ["skipped"])
    assert [row.state for row in PersonalMessage.objects.filter(kind="digest")] == ["dead"]


def test_the_preview_sees_the_quiet_hours_of_the_time_of_each_step(pager: Pager) -> None:
    pager.contact("bram", urgency="low")
    pager.contact("marc", urgency="low")
    quiet(pager, "bram")
    quiet(pager, "marc")
    policy = pager.policy(["bram"], ["marc"])
    evening = datetime(2026, 11, 23, 21, 58, tzinfo=AMSTERDAM)
    with override("en"):
        rows = who_would_be_paged(policy=policy, urgency="low", now=evening)
    warnings = {str(one.membership): one.warning for row in rows for one in row.people}
    assert warnings["Bram"] == ""
    assert warnings["Marc"].startswith("quiet hours: held until")
