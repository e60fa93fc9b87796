"""Four digits that answer a page by text message: one page's, from one number, and hard to guess."""

import re
from datetime import timedelta

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.models import Door, DoorKind
from config.tenancy.scoping import tenant_scope
from oncall.models import Escalation, Notification, Page
from oncall.operations import paging, replying
from oncall.operations.contacts import remove_contact
from oncall.operations.replying import TooManyReplies, page_of_reply
from oncall.replies import ACK, PASS_ON, UNKNOWN, read
from tests.oncall.conftest import CARD, Pager, person
from tests.oncall.wire import Wire, refuse
from tests.people import World

NUMBER = "+31612345678"


def paged(pager: Pager, wire: Wire, key: str = "INC-42", **changes: object) -> tuple[Escalation, str]:
    """A page to Bram by text message, and the code in it."""
    escalation = pager.start(pager.policy(["bram"], delay=60, called=key), key=key, **changes)
    words = wire.expect("sms", NUMBER, key).sent.words
    found = re.search(r"reply ([0-9]{4})\b", words)
    assert found, words
    return escalation, found[1]


@pytest.fixture
def by_sms(pager: Pager) -> Pager:
    pager.contact("bram", kind="sms", address=NUMBER)
    return pager


def page_id(escalation: Escalation) -> int:
    return Page.objects.get(escalation=escalation).pk


def test_the_code_finds_its_page_whoever_asks(by_sms: Pager, wire: Wire) -> None:
    escalation, code = paged(by_sms, wire)
    opened = page_of_reply(number=NUMBER, code=code)
    assert opened is not None
    assert (opened.tenant_id, opened.row_id) == (escalation.tenant_id, page_id(escalation))


def test_two_pages_have_two_codes_and_an_ok_is_about_the_last(by_sms: Pager, wire: Wire) -> None:
    first, one = paged(by_sms, wire, "INC-1", severity_rank=2)
    by_sms.clock.move(minutes=10)
    second, two = paged(by_sms, wire, "INC-2")
    assert one != two
    by_code = page_of_reply(number=NUMBER, code=one)
    last = page_of_reply(number=NUMBER, code=None)
    assert by_code is not None
    assert last is not None
    assert (by_code.row_id, last.row_id) == (page_id(first), page_id(second))


def test_only_from_the_number_it_was_sent_to(by_sms: Pager, wire: Wire) -> None:
    _escalation, code = paged(by_sms, wire)
    assert page_of_reply(number="+31687654321", code=code) is None
    assert page_of_reply(number="+31687654321", code=None) is None
    assert page_of_reply(number=NUMBER, code=None) is not None


def test_sent_again_it_is_the_same_code(by_sms: Pager, wire: Wire) -> None:
    escalation, code = paged(by_sms, wire)
    by_sms.clock.move(minutes=6)
    paging.restart(escalation_id=escalation.pk, card=CARD, actor=ENGINE, now=by_sms.now)
    by_sms.engine.run()
    sent = [one.words for one in wire.take("sms")]
    assert any(code in words for words in sent)
    wire.take()
    codes = set(Notification.objects.filter(method="sms").values_list("reply_code", flat=True))
    assert codes == {code}


def test_a_try_again_carries_the_same_code(by_sms: Pager, wire: Wire) -> None:
    wire.answers("sms", refuse(500))
    by_sms.start(by_sms.policy(["bram"], delay=60))
    before = Notification.objects.get(method="sms").reply_code
    by_sms.later(seconds=3)
    wire.expect("sms", NUMBER, before)


def test_it_ends_with_the_link(by_sms: Pager, wire: Wire) -> None:
    escalation, code = paged(by_sms, wire)
    by_sms.acknowledge(escalation, "bram")
    by_sms.clock.set(Page.objects.get().expires_at - timedelta(seconds=1))
    assert page_of_reply(number=NUMBER, code=code) is not None
    by_sms.clock.move(seconds=1)
    assert page_of_reply(number=NUMBER, code=code) is None
    assert page_of_reply(number=NUMBER, code=None) is None


def test_a_code_that_is_taken_is_not_given_again_over_all_tenants(
    by_sms: Pager, wire: Wire, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same number in two tenants: chance draws the taken code first."""
    draws = iter([1234 - 1000, 1234 - 1000, 5678 - 1000])
    monkeypatch.setattr(replying.secrets, "randbelow", lambda _most: next(draws))
    first, one = paged(by_sms, wire)
    olga = world.other.members["olga"]
    with tenant_scope(world.other.tenant.pk):
        from config.tenancy.audit import acting
        from oncall.models import ContactMethod, NotificationRule

        with acting(ENGINE, now=by_sms.now):
            contact = ContactMethod.objects.create(
                membership=olga, kind="sms", address=NUMBER, verified_at=by_sms.now
            )
            NotificationRule.objects.create(membership=olga, urgency="high", contact=contact)
        paging.page_people(card=CARD, memberships=[olga], urgency="high", actor=ENGINE, now=by_sms.now)
    by_sms.engine.run()
    wire.expect("sms", NUMBER, "5678")
    opened = page_of_reply(number=NUMBER, code=one)
    assert opened is not None
    assert opened.tenant_id == first.tenant_id
    other = page_of_reply(number=NUMBER, code="5678")
    assert other is not None
    assert other.tenant_id == world.other.tenant.pk


def test_a_closed_tenant_answers_nothing(by_sms: Pager, wire: Wire, world: World) -> None:
    from config.tenancy.audit import acting

    _escalation, code = paged(by_sms, wire)
    with acting(ENGINE, now=by_sms.now):
        world.acme.tenant.closed_at = by_sms.now
        world.acme.tenant.save()
    assert page_of_reply(number=NUMBER, code=code) is None


def test_a_thousand_guesses_find_nothing_and_end_after_ten(by_sms: Pager, wire: Wire) -> None:
    _escalation, code = paged(by_sms, wire)
    guesses = (f"{number:04d}" for number in range(1000, 2001) if f"{number:04d}" != code)
    found = refused = 0
    for guess in list(guesses)[:1000]:
        try:
            found += page_of_reply(number=NUMBER, code=guess) is not None
        except TooManyReplies:
            refused += 1
    assert (found, refused) == (0, 990)
    with pytest.raises(TooManyReplies):
        page_of_reply(number=NUMBER, code=code)
    assert page_of_reply(number="+31687654321", code=code) is None  # another number is not held up
    by_sms.clock.move(hours=1)
    assert page_of_reply(number=NUMBER, code=code) is not None


def test_a_right_code_forgives_the_wrong_ones(by_sms: Pager, wire: Wire) -> None:
    _escalation, code = paged(by_sms, wire)
    wrong = "9999" if code != "9999" else "9998"
    for _ in range(4):
        for _ in range(9):
            assert page_of_reply(number=NUMBER, code=wrong) is None
        assert page_of_reply(number=NUMBER, code=code) is not None


def test_a_number_that_is_taken_off_answers_nothing_any_more(by_sms: Pager, wire: Wire) -> None:
    _escalation, code = paged(by_sms, wire)
    contact = Notification.objects.get(method="sms").contact
    remove_contact(contact=contact, actor=person(by_sms.people["bram"]), now=by_sms.now)
    assert page_of_reply(number=NUMBER, code=code) is None
    assert page_of_reply(number=NUMBER, code=None) is None
    assert not Door.objects.filter(kind=DoorKind.REPLY).exists()


@pytest.mark.parametrize(
    ("text", "verb"),
    [("{code}", ACK), (" {code} ", ACK), ("{code}N", PASS_ON), ("{code} n \n", PASS_ON), ("what?", UNKNOWN)],
)
def test_what_is_texted_is_read_with_its_spaces(by_sms: Pager, wire: Wire, text: str, verb: str) -> None:
    _escalation, code = paged(by_sms, wire)
    reply = read(text.format(code=code))
    assert reply.verb == verb
    if verb != UNKNOWN:
        assert page_of_reply(number=NUMBER, code=reply.code) is not None


def test_methods_without_an_answer_have_no_code(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="voice", address=NUMBER)
    pager.contact("bram", kind="push", address="https://ntfy.sh/bram")
    escalation = pager.start(pager.policy(["bram"], delay=60))
    wire.take()
    assert set(Notification.objects.values_list("reply_code", flat=True)) == {""}
    assert escalation.pk
