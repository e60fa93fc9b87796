"""To one's own address a page goes once a turn, however many ways to somebody end there."""

import pytest

from oncall.models import Note, Notification
from oncall.operations import contacts
from oncall.operations.engine import run_steps
from tests.oncall.conftest import Pager, person
from tests.oncall.wire import Wire, refuse


def test_two_methods_switched_off_before_the_page_goes_are_one_mail(pager: Pager, wire: Wire) -> None:
    phones = [pager.contact("bram", kind="sms", address=f"+3161234567{n}") for n in range(2)]
    pager.start(pager.policy(["bram"]), run=False)
    run_steps(pager.now)
    bram = person(pager.people["bram"])
    for phone in phones:
        contacts.switch_off(contact=phone, actor=bram, now=pager.now)
    pager.engine.run()
    pages = [sent for sent in wire.take() if "[SEV1?]" in sent.words]
    assert [sent.to for sent in pages] == ["bram@acme.test"]
    assert sorted(Notification.objects.values_list("state", "note")) == [
        ("sent", ""),
        ("skipped", Note.TOLD_WITH),
    ]


@pytest.mark.parametrize("first", ["switched off", "failing"])
def test_a_method_that_fails_and_one_that_is_switched_off_are_one_mail(
    pager: Pager, wire: Wire, first: str
) -> None:
    hook = pager.contact("bram", kind="push", address="https://ntfy.sh/bram")
    phone = pager.contact("bram", kind="sms", address="+31612345678", delay=0 if first != "failing" else 4)
    wire.answers("push", *[refuse(500)] * 2)
    pager.start(pager.policy(["bram"], delay=60), run=False)
    run_steps(pager.now)
    contacts.switch_off(contact=phone, actor=person(pager.people["bram"]), now=pager.now)
    pager.engine.run()
    for _ in range(20):
        pager.later(seconds=5)
    assert hook.kind == "push"
    mails = [sent for sent in wire.take("email") if "[SEV1?]" in sent.words]
    assert [sent.to for sent in mails] == ["bram@acme.test"]
    wire.take()
