"""The publish directory: what is written, what replaces what, and what can be read."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from statuspage import publishing

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
FILES = {"api/v2/status.json": b"{}", "index.html": b"<p>one</p>"}


def publish(
    files: dict[str, bytes] = FILES, *, slug: str = "acme", public: bool = True, after: int = 0
) -> bool:
    return publishing.publish(slug, files, public=public, now=NOW + timedelta(seconds=after), language="nl")


def test_what_is_published_can_be_read_with_its_digest_and_language(published: Path) -> None:
    assert publish()
    assert (published / "acme" / "index.html").read_bytes() == b"<p>one</p>"
    found = publishing.read("acme", "index.html", public=True)
    assert found is not None
    assert (found.body, found.language) == (b"<p>one</p>", "nl")
    assert publish({"index.html": b"<p>two</p>"}, after=1)
    again = publishing.read("acme", "index.html", public=True)
    assert again is not None
    assert again.body == b"<p>two</p>"
    assert again.etag != found.etag


def test_an_unchanged_file_is_left_alone(published: Path) -> None:
    publish()
    before = (published / "acme" / "index.html").stat().st_ino
    publish(after=1)
    assert (published / "acme" / "index.html").stat().st_ino == before


def test_a_file_that_was_lost_or_cut_short_is_written_again(published: Path) -> None:
    publish()
    (published / "acme" / "index.html").write_bytes(b"")
    (published / "acme" / "api" / "v2" / "status.json").unlink()
    publish(after=1)
    assert (published / "acme" / "index.html").read_bytes() == b"<p>one</p>"
    assert (published / "acme" / "api" / "v2" / "status.json").is_file()


def test_a_record_cut_short_by_a_full_disk_means_writing_everything(published: Path) -> None:
    publish()
    (published / ".made" / "acme.json").write_text('{"made": "20')
    assert publish({"index.html": b"<p>two</p>"}, after=1)
    assert json.loads((published / ".made" / "acme.json").read_text())["language"] == "nl"


def test_an_older_rendering_never_replaces_a_newer_one(published: Path) -> None:
    assert publish({"index.html": b"new"}, after=5)
    assert not publish({"index.html": b"old"})
    assert (published / "acme" / "index.html").read_bytes() == b"new"


def test_older_files_stay_for_those_who_still_hold_their_page(published: Path) -> None:
    publish({"status.000000000000.css": b"old", "index.html": b"1"})
    publish({"status.111111111111.css": b"new", "index.html": b"2"}, after=1)
    assert (published / "acme" / "status.000000000000.css").read_bytes() == b"old"


def test_no_half_written_file_is_left_when_the_disk_is_full(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError("No space left")))
        with pytest.raises(OSError, match="No space"):
            publish({"index.html": b"<p>two</p>"}, after=1)
    names = [path.name for path in published.rglob("*") if path.is_file()]
    assert sorted(names) == ["acme.json", "acme.lock", "index.html", "status.json"]
    assert (published / "acme" / "index.html").read_bytes() == b"<p>one</p>"


def test_a_web_server_of_another_user_may_read_public_files_and_only_those(
    published: Path, tmp_path: Path
) -> None:
    publish()
    publish(public=False)
    public, private = published / "acme", tmp_path / "published-private" / "acme"
    for folder in (published, public, public / "api", public / "api" / "v2"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE((public / "index.html").stat().st_mode) == 0o644
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert stat.S_IMODE((private / "index.html").stat().st_mode) == 0o600


def test_public_and_private_pages_of_one_slug_do_not_meet(published: Path) -> None:
    publish(public=False)
    assert publishing.read("acme", "index.html", public=True) is None
    assert not publishing.is_published("acme", public=True)
    assert publishing.is_published("acme", public=False)


BAD_SLUGS = [
    "",
    ".",
    "..",
    "../acme",
    "a/../acme",
    "acme/",
    ".made",
    "ACME",
    "acme\x00",
    "acme\n",
    "%2e%2e",
    "a" * 64,
]
BAD_NAMES = [
    "",
    "../secret.txt",
    "api/../../secret.txt",
    "/etc/passwd",
    ".made/acme.json",
    "index",
    "a/b/c/d/e.html",
]


@pytest.mark.parametrize("slug", BAD_SLUGS)
def test_a_slug_that_is_no_slug_reads_and_writes_nothing(published: Path, slug: str) -> None:
    publish()
    (published.parent / "secret.txt").write_text("secret")
    assert publishing.read(slug, "index.html", public=True) is None
    assert not publishing.is_published(slug, public=True)
    with pytest.raises(ValueError, match="own name"):
        publish(slug=slug)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_leaves_the_folder_reads_and_writes_nothing(published: Path, name: str) -> None:
    publish()
    (published.parent / "secret.txt").write_text("secret")
    assert publishing.read("acme", name, public=True) is None
    with pytest.raises(ValueError, match="own name"):
        publish({name: b"x"})
