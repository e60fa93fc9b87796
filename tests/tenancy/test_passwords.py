"""Choosing a password: by a link that is good once and for an hour, the same answer for everybody."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import KeptMail, OutgoingMail, User
from config.tenancy.operations import mails
from config.tenancy.operations.passwords import request_new_password
from config.tenancy.signin_links import make_token, read_token
from tests.conftest import START, Bells, MovedClock
from tests.people import PASSWORD, World

NEW = "another horse altogether"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)


@pytest.fixture
def anna_user(world: World) -> User:
    return world.acme.members["anna"].user


def link_in_the_mail() -> str:
    found = re.search(r"https?://[^/\s]+(/reset/\S+)", OutgoingMail.objects.latest("pk").body)
    assert found
    return found.group(1)


def choose(client: Client, path: str, password: str = NEW, again: str | None = None) -> object:
    return client.post(path, {"password": password, "again": password if again is None else again})


def test_a_link_in_a_mail_sets_a_new_password_once(anna_user: User, client: Client) -> None:
    client.post("/reset/", {"email": "Anna@ACME.test"})
    path = link_in_the_mail()
    assert OutgoingMail.objects.get().to == "anna@acme.test"
    page = client.get(path)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert choose(client, path)["Location"] == "/login/"
    anna_user.refresh_from_db()
    assert anna_user.check_password(NEW)
    assert client.get(path).status_code == 404
    assert choose(client, path, PASSWORD).status_code == 404


def test_a_scanner_that_follows_the_link_changes_nothing(anna_user: User, client: Client) -> None:
    client.post("/reset/", {"email": "anna@acme.test"})
    path = link_in_the_mail()
    for _ in range(3):
        for method in ("get", "head", "options"):
            getattr(client, method)(path)
    assert choose(client, path)["Location"] == "/login/"


def test_the_link_is_good_for_an_hour(anna_user: User, moved_clock: MovedClock) -> None:
    token = make_token(anna_user, now=START)
    assert read_token(token, now=START + timedelta(hours=1)) is not None
    assert read_token(token, now=START + timedelta(hours=1, seconds=1)) is None


def test_an_invitation_is_good_for_a_week_and_says_welcome(anna_user: User, client: Client) -> None:
    token = make_token(anna_user, now=START, invitation=True)
    link = read_token(token, now=START + timedelta(days=7))
    assert link is not None
    assert link.is_invitation
    assert read_token(token, now=START + timedelta(days=7, seconds=1)) is None
    assert b"Welcome, Anna" in client.get(f"/reset/{token}/").content


def test_a_link_cannot_be_made_longer_nor_another_persons(anna_user: User, world: World) -> None:
    token = make_token(anna_user, now=START)
    kind, rest = token[0], token[1:]
    pk, stamp, signature = rest.split("-")
    bram = world.acme.members["bram"].user
    from django.utils.http import int_to_base36

    forged = [
        f"i{rest}",
        f"{kind}{int_to_base36(bram.pk)}-{stamp}-{signature}",
        f"{kind}{pk}-{int_to_base36(int(START.timestamp()) + 3600)}-{signature}",
        f"{kind}{pk}-{stamp}-{signature[:-1]}",
        f"{kind}{pk}-{stamp}-",
        f"{kind}{pk}",
        "",
        "r--",
        "r" + "z" * 13 + f"-{stamp}-{signature}",
        f"{kind}{pk}-{stamp}-é",
    ]
    assert [text for text in forged if read_token(text, now=START)] == []


def test_signing_in_or_being_deactivated_ends_a_link(anna_user: User, client: Client) -> None:
    token = make_token(anna_user, now=START)
    client.force_login(anna_user)
    assert read_token(token, now=START) is None
    anna_user.refresh_from_db()
    second = make_token(anna_user, now=START)
    with acting(ENGINE, now=START):
        anna_user.is_active = False
        anna_user.save()
    assert read_token(second, now=START) is None


def test_the_answer_is_the_same_for_known_unknown_and_too_often(world: World) -> None:
    def ask(email: str) -> tuple[int, bytes]:
        response = Client().post("/reset/", {"email": email})
        return response.status_code, response.content

    known = [ask("anna@acme.test") for _ in range(5)]
    unknown = [ask("eve@nowhere.test") for _ in range(5)]
    assert len(set(known + unknown)) == 1
    assert OutgoingMail.objects.filter(to="anna@acme.test").count() == 3


def test_the_work_is_the_same_for_known_and_unknown(world: World) -> None:
    shapes = []
    for email in ("anna@acme.test", "eve@nowhere.test"):
        with CaptureQueriesContext(connection) as queries:
            request_new_password(email=email, now=START)
        shapes.append([re.sub(r"\d+", "", query["sql"])[:60] for query in queries])
    assert shapes[0] == shapes[1]


def test_nobody_gets_the_mail_of_an_unknown_address(world: World) -> None:
    request_new_password(email="eve@nowhere.test", now=START)
    row = OutgoingMail.objects.get()
    assert (row.to, row.due_at) == ("", None)
    assert mails.send_due(START) == 0


@pytest.mark.parametrize(
    ("password", "again", "why"),
    [
        ("short", None, "too short"),
        ("password1234", None, "too common"),
        ("anna@acme.test", None, "too similar"),
        (NEW, "other", "differ"),
    ],
)
def test_a_weak_password_is_refused_in_words(
    anna_user: User, client: Client, password: str, again: str | None, why: str
) -> None:
    page = choose(client, f"/reset/{make_token(anna_user, now=START)}/", password, again)
    assert page.status_code == 200
    assert why in page.content.decode()
    anna_user.refresh_from_db()
    assert anna_user.check_password(PASSWORD)


def test_a_new_password_ends_every_session_and_is_on_record(anna_user: User) -> None:
    device = Client()
    device.force_login(anna_user)
    anna_user.refresh_from_db()
    assert choose(Client(), f"/reset/{make_token(anna_user, now=START)}/").status_code == 302
    assert device.get("/t/acme/admin/set-up/").status_code == 302
    row = User.history.latest("history_id")
    assert (row.actor_kind, row.actor_id, row.history_change_reason) == (
        "account",
        anna_user.pk,
        "by a link in a mail",
    )


def test_who_knows_the_present_password_changes_it_and_stays_signed_in(anna_user: User) -> None:
    here, elsewhere = Client(), Client()
    here.force_login(anna_user)
    elsewhere.force_login(anna_user)
    words = {"present": "wrong", "password": NEW, "again": NEW}
    assert b"not your present password" in here.post("/password/", words).content
    assert here.post("/password/", {**words, "present": PASSWORD}).status_code == 302
    assert here.get("/t/acme/admin/set-up/").status_code == 200
    assert elsewhere.get("/t/acme/admin/set-up/").status_code == 302
    assert Client().get("/password/")["Location"] == "/login/?next=/password/"


def test_guessing_the_present_password_has_an_end(anna_user: User, client: Client) -> None:
    client.force_login(anna_user)
    words = {"present": "wrong", "password": NEW, "again": NEW}
    replies = [client.post("/password/", words).status_code for _ in range(11)]
    assert replies == [200] * 10 + [429]


# --- the mails themselves ----------------------------------------------------------------------------------


def test_a_mail_is_sent_once_and_its_text_is_not_kept(world: World, bells: Bells) -> None:
    request_new_password(email="anna@acme.test", now=START)
    assert mails.oldest_due(START) == START
    assert mails.send_due(START) == 1
    assert mails.send_due(START) == 0
    [sent] = mail.outbox
    assert sent.to == ["anna@acme.test"]
    assert "/reset/r" in sent.body
    row = OutgoingMail.objects.get()
    assert (row.body, row.sent_at, row.due_at) == ("", START, None)


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_after_the_commit(moved_clock: MovedClock, bells: Bells) -> None:
    request_new_password(email="eve@nowhere.test", now=START)
    assert bells == ["tenancy.mails"]


def test_mails_speak_the_readers_language(anna_user: User) -> None:
    with acting(ENGINE, now=START):
        anna_user.language = "nl"
        anna_user.save()
    request_new_password(email="anna@acme.test", now=START)
    assert OutgoingMail.objects.get().subject


def test_a_mail_that_fails_is_tried_again_for_a_day_and_then_forgotten(
    world: World, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    request_new_password(email="anna@acme.test", now=START)
    tries = []
    while (due := mails.oldest_due(moved_clock.now()) or mails.next_due(moved_clock.now())) is not None:
        moved_clock.set(max(due, moved_clock.now()))
        mails.send_due(moved_clock.now())
        tries.append(int((moved_clock.now() - START).total_seconds() // 60))
    assert tries[:6] == [0, 1, 3, 8, 18, 48]
    assert timedelta(hours=24) < moved_clock.now() - START < timedelta(hours=25)
    row = OutgoingMail.objects.get()
    assert (row.sent_at, row.body) == (None, "")


def test_a_mail_whose_sender_died_is_sent_again_after_its_lease(
    world: World, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    request_new_password(email="anna@acme.test", now=START)
    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", die)
        with pytest.raises(KeyboardInterrupt):
            mails.send_due(START)
    assert mails.send_due(START + timedelta(seconds=29)) == 0
    assert mails.send_due(START + timedelta(seconds=30)) == 1
    assert len(mail.outbox) == 1


def test_without_mail_set_up_it_is_kept_and_marked(world: World, settings) -> None:
    settings.EMAIL_BACKEND = "config.tenancy.mail.KeepingBackend"
    request_new_password(email="anna@acme.test", now=START)
    mails.send_due(START)
    kept = KeptMail.objects.get()
    assert (kept.to, kept.kept_at) == ("anna@acme.test", START)
    assert "/reset/r" in kept.body


def test_the_text_in_the_database_is_encrypted(world: World) -> None:
    request_new_password(email="anna@acme.test", now=START)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM tenancy_outgoingmail")
        stored = cursor.fetchone()[0]
    assert "reset" not in stored


def test_old_mails_and_windows_are_swept(world: World, client: Client, moved_clock: MovedClock) -> None:
    client.post("/reset/", {"email": "anna@acme.test"})
    mails.send_due(START)
    mails.sweep(START + timedelta(days=29))
    assert OutgoingMail.objects.count() == 1
    mails.sweep(START + timedelta(days=31))
    assert OutgoingMail.objects.count() == 0


def test_a_slow_mail_server_makes_no_doubles(
    world: World, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker comes along while the fifth mail is on its way, 40 seconds after the first."""
    sent: list[str] = []

    def slow(one: EmailMessage) -> None:
        sent.append(one.to[0])
        moved_clock.move(seconds=10)
        if len(sent) == 4:
            mails.send_due(moved_clock.now())

    monkeypatch.setattr("django.core.mail.EmailMessage.send", slow)
    for name in world.acme.members:
        request_new_password(email=f"{name}@acme.test", now=START)
    while mails.send_due(moved_clock.now()):
        pass
    assert sorted(sent) == sorted(f"{name}@acme.test" for name in world.acme.members)


def test_where_the_network_is_not_known_strangers_do_not_share_a_limit(world: World, client: Client) -> None:
    """Over a unix socket: whoever asks for twenty made-up people must not lock everybody out."""
    for number in range(20):
        client.post("/reset/", {"email": f"nobody{number}@nowhere.test"}, REMOTE_ADDR="")
    client.post("/reset/", {"email": "anna@acme.test"}, REMOTE_ADDR="")
    assert OutgoingMail.objects.filter(to="anna@acme.test").exists()
