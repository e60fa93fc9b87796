"""E-mail alone wakes nobody, and is no gap where nobody has anything else."""

from django.test import Client

from oncall.operations.coverage import year_of
from oncall.operations.reach import by_mail_only
from tests.oncall.conftest import Pager
from tests.people import World

ONLY_MAIL = "Everybody is woken by e-mail only"


def test_who_has_mail_alone_counts_as_a_gap_once_anybody_has_more(pager: Pager) -> None:
    pager.contact("bram")
    schedule = pager.schedule("bram")
    assert by_mail_only()
    assert year_of(schedule, now=pager.now).first is None
    pager.contact("carla", kind="push", address="carla-pager")
    assert not by_mail_only()
    hole = year_of(schedule, now=pager.now).first
    assert hole is not None
    assert hole.start == pager.now


def test_the_pages_say_once_that_mail_is_all_there_is(pager: Pager, world: World) -> None:
    pager.contact("bram")
    schedule = pager.schedule("bram")
    pager.schedule("bram", called="Exports")
    client = Client()
    client.force_login(world.acme.members["bram"].user)
    for address in ("/t/acme/oncall", f"/t/acme/oncall/{schedule.uid}"):
        assert client.get(address).content.decode().count(ONLY_MAIL) == 1
    pager.contact("carla", kind="push", address="carla-pager")
    assert ONLY_MAIL not in client.get("/t/acme/oncall").content.decode()
