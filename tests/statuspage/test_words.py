"""The page in Dutch, and its catalogue."""

import re
from dataclasses import replace
from pathlib import Path

import polib
import pytest

from statuspage.health import Span
from statuspage.render.site import site
from tests.statuspage.samples import BROKEN, HOUR, NOW, OLD, OUTAGE, WEBSITE, page
from tests.statuspage.test_pages import Words

CATALOGUE = Path(__file__).resolve().parents[2] / "statuspage" / "locale" / "nl" / "LC_MESSAGES" / "django.po"


def index(facts: object) -> str:
    return Words(site(facts, NOW)["index.html"]).text  # type: ignore[arg-type]


def test_a_dutch_page_is_dutch_throughout() -> None:
    text = index(replace(BROKEN, language="nl"))
    for words in (
        "Checkout werkt niet. We werken eraan.",
        "Stand van 14:02 UTC (15:02 Amsterdam)",
        "Oorzaak gevonden",
        "Checkout: grote storing",
        "Volgende update uiterlijk 14:26 UTC",
        "Onderdelen",
        "Werkt",
        "17–22 nov: niets gemeld",
    ):
        assert words in text
    for english in ("Components", "Operational", "nothing reported", "Subscribe", "Next update"):
        assert english not in text


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (page(WEBSITE, language="nl"), "Alles werkt."),
        (page(WEBSITE, language="nl", notices=(OUTAGE,)), "We onderzoeken een probleem."),
        (
            page(replace(WEBSITE, status="degraded_performance"), language="nl"),
            "Website is trager dan normaal.",
        ),
    ],
)
def test_dutch_banners(facts: object, words: str) -> None:
    assert words in index(facts)


def test_figures_are_written_the_dutch_way() -> None:
    start = NOW - 40 * HOUR
    spans = (
        Span("operational", OLD, start),
        Span("major_outage", start, start + HOUR),
        Span("operational", start + HOUR),
    )
    body = site(page(replace(WEBSITE, spans=spans), language="nl"), NOW)["index.html"].decode()
    assert '<html lang="nl"' in body
    assert re.search(r"\d+,\d+ % in 90 dagen", body)


def test_the_catalogue_is_complete_and_compiled() -> None:
    source, compiled = polib.pofile(str(CATALOGUE)), polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert not source.untranslated_entries()
    assert not source.fuzzy_entries()
    told = {(entry.msgctxt, entry.msgid): (entry.msgstr, entry.msgstr_plural) for entry in compiled}
    assert told == {(entry.msgctxt, entry.msgid): (entry.msgstr, entry.msgstr_plural) for entry in source}


def test_every_placeholder_survives_translation() -> None:
    holes = re.compile(r"%\(\w+\)s")
    for entry in polib.pofile(str(CATALOGUE)):
        for told in entry.msgstr_plural.values() or [entry.msgstr]:
            assert set(holes.findall(told)) <= set(holes.findall(entry.msgid + entry.msgid_plural)), (
                entry.msgid
            )
            if not entry.msgid_plural:
                assert set(holes.findall(told)) == set(holes.findall(entry.msgid)), entry.msgid
