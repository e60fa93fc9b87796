"""The history as Atom and RSS."""

from dataclasses import replace
from xml.etree import ElementTree

from statuspage.render.feeds import feeds
from statuspage.render.moments import Moments
from tests.statuspage.samples import BROKEN, NOW, OUTAGE, WEBSITE, notice, page, update

ATOM = "{http://www.w3.org/2005/Atom}"
AT = Moments("Europe/Amsterdam", NOW)


def atom(facts: object = BROKEN) -> ElementTree.Element:
    return ElementTree.fromstring(feeds(facts, AT)["history.atom"])  # type: ignore[arg-type]


def rss(facts: object = BROKEN) -> ElementTree.Element:
    return ElementTree.fromstring(feeds(facts, AT)["history.rss"])  # type: ignore[arg-type]


def test_atom_has_one_entry_per_incident_with_lasting_ids() -> None:
    feed = atom()
    assert feed.findtext(f"{ATOM}id") == "tag:muster.test,2005:/status/acme/history"
    assert feed.findtext(f"{ATOM}title") == "Acme Status - Incident History"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-23T13:56:00Z"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Acme"
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}id") == "tag:muster.test,2005:Incident/OUTAGE222222"
    assert entry.findtext(f"{ATOM}published") == "2026-11-23T13:02:00Z"
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "https://muster.test/status/acme/incidents/OUTAGE222222"
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")] == ["alternate", "self"]


def test_readers_find_the_current_status_in_the_first_strong() -> None:
    content = atom().findtext(f"{ATOM}entry/{ATOM}content")
    assert content is not None
    assert content == (
        "<p><small>Nov <var data-var='date'>23</var>, <var data-var='time'>13:56</var> UTC</small><br>"
        "<strong>Identified</strong> - We found the cause.</p>"
        "<p><small>Nov <var data-var='date'>23</var>, <var data-var='time'>13:04</var> UTC</small><br>"
        "<strong>Investigating</strong> - We are looking.</p>"
    )
    assert rss().findtext("channel/item/description") == content


def test_rss_has_the_same_incidents() -> None:
    item = rss().find("channel/item")
    assert item is not None
    assert item.findtext("title") == "Payments fail"
    assert (
        item.findtext("link")
        == item.findtext("guid")
        == "https://muster.test/status/acme/incidents/OUTAGE222222"
    )
    assert item.findtext("pubDate") == "Mon, 23 Nov 2026 13:02:00 +0000"


def test_letters_that_mean_something_in_xml_are_kept() -> None:
    facts = replace(BROKEN, name="A & <B>", notices=(replace(OUTAGE, title="R&D < 1"),))
    assert atom(facts).findtext(f"{ATOM}entry/{ATOM}title") == "R&D < 1"
    assert rss(facts).findtext("channel/item/title") == "R&D < 1"


def test_at_most_50_entries() -> None:
    many = tuple(notice(f"N{number:011d}", "resolved", NOW, resolved_at=NOW) for number in range(60))
    assert len(atom(page(notices=many)).findall(f"{ATOM}entry")) == 50


def test_a_page_without_incidents_has_valid_feeds() -> None:
    assert atom(page(WEBSITE)).findall(f"{ATOM}entry") == []
    assert rss(page(WEBSITE)).findall("channel/item") == []


def test_words_from_a_terminal_leave_the_feeds_readable() -> None:
    said = update("UPDATE222222", "resolved", NOW, "Restarted \x1b[32mweb\x1b[0m\x0b.")
    facts = page(WEBSITE, notices=(notice("NOTICE222222", "resolved", NOW, said, title="Down\x08 \ufffe"),))
    assert atom(facts).findtext(f"{ATOM}entry/{ATOM}title") == "Down "
    assert "[32mweb" in (rss(facts).findtext("channel/item/description") or "")
