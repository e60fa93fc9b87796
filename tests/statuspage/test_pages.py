"""What people read, made from facts alone."""

import itertools
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from statuspage.health import Span
from statuspage.render.facts import PageFacts
from statuspage.render.site import next_change, site
from tests.statuspage.samples import (
    BROKEN,
    CHECKOUT,
    DAY,
    HOUR,
    MIN,
    NOW,
    OLD,
    OUTAGE,
    SHOP,
    WEBSITE,
    component,
    notice,
    page,
    update,
)


class Words(HTMLParser):
    """The words of a page, in reading order, and its tags."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def index(facts: PageFacts) -> Words:
    return Words(site(facts, NOW)["index.html"])


def test_banner_time_notices_and_components_come_in_this_order() -> None:
    text = index(BROKEN).text
    told = [
        "Checkout is not working.",
        "We are on it.",
        "As of 14:02 UTC (15:02 Amsterdam)",
        "Payments fail",
        "Identified",
        "Checkout: major outage",
        "Started 13:02 UTC",
        "(14:02 Amsterdam)",
        "Next update by 14:26 UTC",
        "We found the cause.",
        "We are looking.",
        "Components",
        "Website",
        "Operational",
        "Last 7 days",
        "History",
        "Subscribe",
    ]
    places = [text.index(words) for words in told[:1]]
    for words in told[1:]:
        places.append(text.index(words, places[-1]))
    assert places == sorted(places)


def test_an_open_incident_over_green_components_is_never_called_well() -> None:
    text = index(page(WEBSITE, notices=(OUTAGE,))).text
    assert "Everything works" not in text
    assert "We are looking into a problem." in text


def test_the_newest_words_of_a_notice_come_first_and_an_unchanged_step_is_an_update() -> None:
    again = update("THIRD2222222", "identified", NOW - MIN, "Still at it.")
    text = index(replace(BROKEN, notices=(replace(OUTAGE, updates=(again, *OUTAGE.updates)),))).text
    assert text.index("Still at it.") < text.index("We found the cause.") < text.index("We are looking.")
    assert re.search(r"Update\s+13:56|Update 14:01 UTC", text)


def test_a_corrected_update_says_when() -> None:
    edited = replace(OUTAGE.updates[0], edited_at=NOW - 2 * MIN)
    assert "edited 14:00 UTC" in index(replace(BROKEN, notices=(replace(OUTAGE, updates=(edited,)),))).text


OVER = replace(
    OUTAGE,
    status="resolved",
    resolved_at=NOW - 20 * MIN,
    next_update_at=None,
    updates=(update("OVER22222222", "resolved", NOW - 20 * MIN, "All well again."), *OUTAGE.updates),
)


def test_a_resolved_notice_stays_on_top_for_24_hours() -> None:
    ended = NOW - DAY + MIN
    fresh = replace(OVER, started_at=ended - HOUR, resolved_at=ended)
    old = replace(OVER, started_at=ended - HOUR, resolved_at=ended - 2 * MIN)
    assert "All well again." in index(page(WEBSITE, notices=(fresh,))).text
    text = index(page(WEBSITE, notices=(old,))).text
    assert "All well again." not in text
    assert "Payments fail" in text  # among the last 7 days


def test_open_notices_stand_above_resolved_ones() -> None:
    older = replace(OUTAGE, uid="STILLOPEN222", title="Still open", started_at=NOW - 5 * HOUR)
    text = index(page(WEBSITE, notices=(OVER, older))).text
    assert text.index("Still open") < text.index("Payments fail")


def test_a_resolved_notice_says_how_long_it_lasted() -> None:
    text = index(page(WEBSITE, notices=(OVER,))).text
    assert "13:02 to 13:42 UTC" in text
    assert "40 min" in text
    assert "Next update" not in text


def test_quiet_days_are_folded_and_no_day_of_a_notice_is_called_quiet() -> None:
    long = replace(OVER, started_at=NOW - 3 * DAY, resolved_at=NOW - 2 * DAY)
    text = index(page(WEBSITE, notices=(long,))).text
    assert "22–23 Nov: nothing reported" in text
    assert "17–19 Nov: nothing reported" in text
    assert text.count("Payments fail") == 2  # Fri 20 and Sat 21
    assert "Fri 20 Nov" in text
    assert "Sat 21 Nov" in text


def test_trouble_without_words_is_not_called_a_quiet_day() -> None:
    text = index(page(CHECKOUT)).text
    assert "17–22 Nov: nothing reported" in text
    assert "17–23 Nov" not in text


def test_groups_are_closed_when_all_in_them_works_and_open_when_not() -> None:
    well = replace(CHECKOUT, status="operational")
    opened = [
        attrs for tag, attrs in index(BROKEN).tags if tag == "details" and attrs.get("class") == "group"
    ]
    closed = [
        attrs
        for tag, attrs in index(page(WEBSITE, well, groups=(SHOP,))).tags
        if tag == "details" and attrs.get("class") == "group"
    ]
    assert "open" in opened[0]
    assert "open" not in closed[0]


def test_every_status_is_a_shape_and_a_word() -> None:
    every = [
        component(f"C{number:011d}", f"Part {number}", status)
        for number, status in enumerate(
            ["operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"]
        )
    ]
    found = index(page(*every))
    shapes = {str(attrs["href"]) for tag, attrs in found.tags if tag == "use"}
    assert shapes >= {"#ok", "#degraded", "#partial", "#major", "#maintenance"}
    for word in (
        "Operational",
        "Degraded performance",
        "Partial outage",
        "Major outage",
        "Under maintenance",
    ):
        assert word in found.words


def test_bad_days_are_told_in_words() -> None:
    bad = NOW - 11 * DAY
    shaky = component(
        "SHAKY2222222",
        "Checkout",
        spans=(
            Span("operational", OLD, bad),
            Span("partial_outage", bad, bad + 14 * MIN),
            Span("operational", bad + 14 * MIN),
        ),
    )
    text = index(page(shaky)).text
    assert "12 Nov: partial outage 14 min, Checkout" in text
    assert "1 day with problems" in text
    assert "99.99 % in 90 days" in text
    assert "99.99 % in 30 days" in text


def test_maintenance_is_told_but_is_no_problem() -> None:
    start = NOW - 9 * DAY
    spans = (
        Span("operational", OLD, start),
        Span("under_maintenance", start, start + 2 * HOUR),
        Span("operational", start + 2 * HOUR),
    )
    text = index(page(component("KEPT22222222", "Exports", spans=spans))).text
    assert "14 Nov: under maintenance 2 h, Exports" in text
    assert "with problems" not in text
    assert "100 % in 90 days" in text


def test_a_trouble_of_many_days_is_one_line() -> None:
    down = component("DOWN22222222", "Checkout", "major_outage", spans=(Span("major_outage", OLD),))
    text = index(page(down)).text
    assert "90 days with problems" in text
    assert text.count(": major outage ") == 1
    assert "26 Aug – 23 Nov: major outage 89 d 16 h, Checkout" in text


def test_a_new_component_counts_the_days_it_is_known() -> None:
    fresh = component("FRESH2222222", "New", created_at=NOW - HOUR, spans=(Span("operational", NOW - HOUR),))
    assert "100 % today" in index(page(fresh)).text


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title><b>"]
)
def test_words_from_people_stay_words(hostile: str) -> None:
    said = update("HOSTILE22222", "investigating", NOW, hostile)
    facts = page(
        component("HOSTILEC2222", hostile, description=hostile),
        name=hostile,
        notices=(notice("HOSTILEN2222", "investigating", NOW - MIN, said, title=hostile),),
    )
    for name, body in site(facts, NOW).items():
        if name.endswith((".html", ".atom", ".rss")):
            assert hostile.encode() not in body, name
    tags = [tag for tag, _attrs in index(facts).tags]
    assert tags.count("script") == 1
    assert "img" not in tags


def test_an_address_in_an_update_becomes_a_link_and_only_http() -> None:
    body = "See https://acme.test/help or javascript:alert(1)\nand a second line"
    said = notice(
        "LINK22222222", "investigating", NOW - MIN, update("L22222222222", "investigating", NOW, body)
    )
    found = index(page(WEBSITE, notices=(said,)))
    links = [attrs["href"] for tag, attrs in found.tags if tag == "a"]
    assert "https://acme.test/help" in links
    assert not [link for link in links if link and link.startswith("javascript")]


def test_pages_stand_alone() -> None:
    """Nothing inline, nothing from elsewhere, and every relative link leads to a published file."""
    facts = replace(BROKEN, notices=(OUTAGE, OVER))
    files = site(facts, NOW)
    for name in ("index.html", "history.html", "incidents/OUTAGE222222.html"):
        found = Words(files[name])
        folder = name.rpartition("/")[0]
        assert not [
            attrs
            for _tag, attrs in found.tags
            if "style" in attrs or any(key.startswith("on") for key in attrs)
        ]
        assert "style" not in [tag for tag, _attrs in found.tags]
        for tag, attrs in found.tags:
            target = attrs.get("href") or attrs.get("src") or ""
            if tag == "use" or target.startswith(("#", "https://")):
                continue
            if target:
                assert resolve(folder, target) in files, (name, target)


def resolve(folder: str, target: str) -> str:
    path = target.partition("#")[0]
    parts = folder.split("/") if folder else []
    for part in path.split("/"):
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    joined = "/".join(parts)
    return joined if path and not path.endswith("/") else f"{joined}/index.html".lstrip("/")


def test_one_visit_is_under_60_kilobytes_with_30_components_and_many_words() -> None:
    many = [replace(CHECKOUT, uid=f"C{number:011d}", name=f"Component {number}") for number in range(30)]
    files = site(page(*many, groups=(SHOP,), notices=(OUTAGE, OVER)), NOW)
    loaded = [name for name in files if name == "index.html" or name.startswith(("status.", "icon-major"))]
    assert len(loaded) == 4
    assert sum(len(files[name]) for name in loaded) < 60_000


def test_an_internal_page_has_no_feeds_and_asks_not_to_be_found() -> None:
    files = site(replace(BROKEN, is_public=False), NOW)
    assert "history.atom" not in files
    assert "noindex" in files["index.html"].decode()
    assert "noindex" not in site(BROKEN, NOW)["index.html"].decode()


def test_the_record_of_an_incident_reads_the_same_on_another_day() -> None:
    name = "incidents/OUTAGE222222.html"
    over = replace(BROKEN, notices=(OVER,))
    later = site(over, NOW + 40 * DAY)[name]
    assert later == site(over, NOW)[name]
    assert "23 Nov 2026, 13:02 to 13:42 UTC" in Words(later).text


def test_the_history_lists_months_newest_first() -> None:
    older = replace(
        OVER, uid="OLDER2222222", title="Old one", started_at=NOW - 40 * DAY, resolved_at=NOW - 39 * DAY
    )
    text = Words(site(page(WEBSITE, notices=(OVER, older)), NOW)["history.html"]).text
    assert (
        text.index("November 2026")
        < text.index("Payments fail")
        < text.index("October 2026")
        < text.index("Old one")
    )


def test_headings_do_not_skip_a_level() -> None:
    for name in ("index.html", "history.html", "incidents/OUTAGE222222.html"):
        levels = [
            int(tag[1]) for tag, _attrs in Words(site(BROKEN, NOW)[name]).tags if re.fullmatch("h[1-6]", tag)
        ]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


# --- when time alone changes the page ---


def test_a_quiet_page_changes_at_midnight_of_its_zone() -> None:
    assert next_change(page(WEBSITE), NOW).isoformat() == "2026-11-23T23:00:00+00:00"


def test_a_resolved_notice_leaves_the_top_after_24_hours() -> None:
    facts = page(WEBSITE, notices=(replace(OVER, resolved_at=NOW - DAY + HOUR),))
    assert next_change(facts, NOW) == NOW + HOUR
    assert next_change(facts, NOW + HOUR) > NOW + HOUR


@pytest.mark.parametrize(
    "facts",
    [page(WEBSITE, notices=(OUTAGE,)), page(component("S22222222222", "Slow", "degraded_performance"))],
    ids=["open notice", "component in trouble"],
)
def test_trouble_is_rendered_again_every_five_minutes(facts: PageFacts) -> None:
    assert next_change(facts, NOW) == NOW + timedelta(minutes=5)
