"""An address that is not found: a proxy says so while its server is restarted, so that it takes an hour to
mean "gone".
"""

from oncall.models import ContactMethod, SharedChannel
from tests.oncall.conftest import Pager
from tests.oncall.policies import channel, policy_of, step
from tests.oncall.wire import Wire, refuse


def test_not_found_is_gone_only_after_an_hour(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram")
    wire.answers("push", *[refuse(404)] * 200)
    pager.start(pager.policy(["bram"], delay=600))
    for _minute in range(59):
        pager.later(minutes=1)
    assert ContactMethod.objects.get().disabled_at is None
    pager.later(minutes=4)
    assert ContactMethod.objects.get().disabled_at is not None
    wire.take()


def test_a_channel_that_is_not_found_is_kept_for_the_hour_too(pager: Pager, wire: Wire) -> None:
    ops = channel(pager)
    wire.answers("slack", refuse(404))
    pager.start(policy_of(pager, step("bram", ops)))
    assert SharedChannel.objects.get().disabled_at is None
    pager.later(minutes=1)
    wire.take("email")
    assert [sent.method for sent in wire.take()] == ["slack"]


def test_the_operators_own_server_is_never_a_topics_fault(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="push", address="bram-topic")
    wire.answers("push", refuse(410))
    pager.start(pager.policy(["bram"]))
    assert ContactMethod.objects.get().disabled_at is None
    wire.take()
