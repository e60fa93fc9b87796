"""One's own account, and platform staff made from a shell."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from config.tenancy.models import User
from tests.people import World


def test_everybody_changes_their_own_name_zone_and_language(world: World, client: Client) -> None:
    assert client.get("/account/")["Location"] == "/login/?next=/account/"
    client.force_login(world.acme.members["vera"].user)
    words = {"name": "Vera B", "time_zone": "Europe/Brussels", "language": "nl"}
    assert client.post("/account/", words).status_code == 302
    vera = User.objects.get(email="vera@acme.test")
    assert (vera.name, vera.time_zone, vera.language) == ("Vera B", "Europe/Brussels", "nl")
    row = User.history.latest("history_id")
    assert (row.actor_kind, row.actor_id, row.id) == ("account", vera.pk, vera.pk)
    assert client.get("/t/acme/admin/set-up/")["Content-Language"] == "nl"


def test_nothing_else_of_an_account_can_be_changed_there(world: World, client: Client) -> None:
    vera = world.acme.members["vera"].user
    client.force_login(vera)
    words = {"name": "Vera", "time_zone": "UTC", "language": "en"}
    more = {"is_platform_staff": "on", "email": "x@y.test", "password": "x", "is_active": "", "id": "1"}
    client.post("/account/", {**words, **more})
    changed = User.objects.get(pk=vera.pk)
    assert (changed.is_platform_staff, changed.email, changed.password, changed.is_active) == (
        False,
        vera.email,
        vera.password,
        True,
    )


@pytest.mark.parametrize("words", [{"time_zone": "Mars/Base"}, {"language": "tlh"}, {"name": ""}])
def test_nonsense_is_refused_in_the_form(world: World, client: Client, words: dict[str, str]) -> None:
    client.force_login(world.acme.members["vera"].user)
    page = client.post("/account/", {"name": "X", "time_zone": "UTC", "language": "en", **words})
    assert page.status_code == 200
    assert User.objects.get(email="vera@acme.test").name == "Vera"


def test_platform_staff_are_made_from_a_shell(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("platform_staff", "sam@muster.test", "--name", "Sam")
    said = capsys.readouterr().out
    sam = User.objects.get(email="sam@muster.test")
    assert sam.is_platform_staff
    assert sam.check_password(said.strip().rsplit(" ", 1)[-1])
    call_command("platform_staff", "Anna@acme.test")
    assert User.objects.get(email="anna@acme.test").is_platform_staff
    assert "password" not in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("platform_staff", "nobody")
