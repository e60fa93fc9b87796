"""The catalogues of words: which folders have one, what their sources say, and how to bring them up to date.

    .venv/bin/python -m tests.words

adds what is missing (to be translated by hand), drops what is gone, and compiles. It needs xgettext.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib

PROJECT = Path(__file__).resolve().parents[1]
# A folder's words; those of a folder within it that has its own catalogue are not among them.
FOLDERS = ("config", "config/tenancy", "incidents", "oncall", "statuspage")
KEYWORDS = (
    "gettext_noop",
    "gettext_lazy",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "npgettext:1c,2,3",
    "pgettext_lazy:1c,2",
    "npgettext_lazy:1c,2,3",
)
# What a translation fills in: %(name)s, %(count)d, {key}; not a doubled percent sign.
HOLES = re.compile(r"%\(\w+\)[-#0-9.]*[a-z]|\{\w*\}|%[sd]")

Key = tuple[str | None, str, str]


def catalogue(folder: str) -> Path:
    return PROJECT / folder / "locale" / "nl" / "LC_MESSAGES" / "django.po"


def key(entry: polib.POEntry) -> Key:
    # polib reads "no context" of a .mo as None, of a .po as None or "".
    return (entry.msgctxt or None, entry.msgid, entry.msgid_plural or "")


def told(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def holes(words: str) -> set[str]:
    return set(HOLES.findall(words.replace("%%", "")))


def has_xgettext() -> bool:
    return shutil.which("xgettext") is not None


def sources(folder: str) -> Iterator[Path]:
    within = [PROJECT / other for other in FOLDERS if other.startswith(f"{folder}/")]
    for path in sorted((PROJECT / folder).rglob("*")):
        if path.suffix in {".py", ".html", ".txt"} and not any(inner in path.parents for inner in within):
            yield path


def extracted(folder: str) -> polib.POFile:
    """What the sources say now, as makemessages would find it, by one run of xgettext."""
    from django.utils.translation.template import templatize

    with tempfile.TemporaryDirectory() as given:
        names = []
        for number, path in enumerate(sources(folder)):
            text = path.read_text(encoding="utf-8")
            if path.suffix != ".py":
                text = templatize(text, origin=str(path))
            if "gettext" in text:
                name = f"{number:05}.py"
                (Path(given) / name).write_text(text, encoding="utf-8")
                names.append(name)
        command = ["xgettext", "--language=Python", "--from-code=UTF-8", "--no-location", "--output=-"]
        command += [f"--keyword={keyword}" for keyword in KEYWORDS]
        ran = subprocess.run([*command, *names], cwd=given, check=True, capture_output=True)
    return polib.pofile(ran.stdout.decode("utf-8").replace("charset=CHARSET", "charset=UTF-8"))


def update(folder: str) -> list[str]:
    """The .po as the sources are now, and its .mo. What still has to be translated is given back."""
    path = catalogue(folder)
    before = {key(entry): entry for entry in polib.pofile(str(path))} if path.exists() else {}
    fresh = polib.POFile(wrapwidth=100)
    fresh.header = f"The words of {folder}, in Dutch."
    fresh.metadata = {
        "Project-Id-Version": "muster",
        "Language": "nl",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for entry in extracted(folder):
        known = before.get(key(entry))
        entry.msgstr = known.msgstr if known else ""
        entry.msgstr_plural = dict(known.msgstr_plural) if known else entry.msgstr_plural
        entry.flags = [flag for flag in entry.flags if flag == "python-format"]
        fresh.append(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.save(str(path))
    fresh.save_as_mofile(str(path.with_suffix(".mo")))
    return [entry.msgid for entry in fresh.untranslated_entries()]


def main() -> None:
    missing = {folder: update(folder) for folder in sys.argv[1:] or FOLDERS}
    for folder, words in missing.items():
        print(folder, f"{len(words)} to translate", *words, sep=f"{os.linesep}  ")


if __name__ == "__main__":
    main()
