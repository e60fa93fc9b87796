"""The catalogues: complete, compiled, true to the sources; and a Dutch reader reads Dutch."""

from collections import defaultdict

import polib
import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from incidents.starting_set import words
from tests.words import FOLDERS, catalogue, extracted, has_xgettext, holes, key, told

folders = pytest.mark.parametrize("folder", FOLDERS)


@folders
def test_every_word_is_translated(folder: str) -> None:
    entries = polib.pofile(str(catalogue(folder)))
    assert len(entries) > 0
    assert not [entry.msgid for entry in entries.untranslated_entries()]
    assert not [entry.msgid for entry in entries.fuzzy_entries()]
    assert not [entry.msgid for entry in entries.obsolete_entries()]
    assert all(len(told(entry)) == (2 if entry.msgid_plural else 1) for entry in entries)
    assert len({key(entry) for entry in entries}) == len(entries)


@folders
def test_what_is_compiled_is_what_is_written(folder: str) -> None:
    source, compiled = catalogue(folder), catalogue(folder).with_suffix(".mo")
    there = {key(entry): told(entry) for entry in polib.mofile(str(compiled))}
    assert there == {key(entry): told(entry) for entry in polib.pofile(str(source))}


@folders
def test_headers_stay_the_same_from_day_to_day(folder: str) -> None:
    metadata = polib.pofile(str(catalogue(folder))).metadata
    assert metadata["Plural-Forms"] == "nplurals=2; plural=(n != 1);"
    assert not {"POT-Creation-Date", "PO-Revision-Date", "Last-Translator"} & set(metadata)
    assert not [entry.msgid for entry in polib.pofile(str(catalogue(folder))) if entry.occurrences]


@folders
def test_what_is_filled_in_survives_translation(folder: str) -> None:
    for entry in polib.pofile(str(catalogue(folder))):
        # One may do without its count ("once"); many may not, and neither adds anything of its own.
        wanted = holes(entry.msgid_plural or entry.msgid)
        assert holes(entry.msgid) <= wanted, entry.msgid
        assert holes(told(entry)[-1]) == wanted, entry.msgid
        assert all(holes(words) <= wanted for words in told(entry)), entry.msgid


def test_one_word_has_one_translation() -> None:
    """Django lays all catalogues over one another: of two translations one would never be seen."""
    seen = defaultdict(set)
    for folder in FOLDERS:
        for entry in polib.pofile(str(catalogue(folder))):
            seen[entry.msgctxt, entry.msgid].add(tuple(told(entry)))
    assert not {name: said for name, said in seen.items() if len(said) > 1}


@folders
def test_the_catalogue_has_every_word_of_the_sources(folder: str) -> None:
    if not has_xgettext():
        pytest.skip("xgettext is not installed: apt-get install gettext")
    there = {key(entry) for entry in polib.pofile(str(catalogue(folder)))}
    asked = {key(entry) for entry in extracted(folder)}
    assert not asked - there, "run: python -m tests.words, then translate"


def test_the_acknowledge_page_in_dutch() -> None:
    facts = {"key": "INC-42", "next_names": ["Eva"], "next_at_words": "03:12"}
    with translation.override("nl"):
        page = render_to_string("incidents/page/paging.html", {"p": facts})
    for said in ("Ik pak het", "Ik niet: roep Eva nu op", "Als je niets doet: Eva om 03:12"):
        assert said in page


def test_a_dutch_tenant_starts_with_dutch_words() -> None:
    with translation.override("nl"):
        given = words("Acme")
    assert (given.team, given.source, given.api_key) == ("Team Acme", "Monitoring", "Eerste sleutel")


@pytest.mark.django_db
def test_signing_in_in_dutch(client: Client) -> None:
    page = client.get("/login/", headers={"accept-language": "nl"}).content.decode()
    assert '<html lang="nl"' in page
    assert "Ik ben mijn wachtwoord vergeten" in page
    assert "Wachtwoord" in page
