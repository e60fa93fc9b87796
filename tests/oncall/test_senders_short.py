"""Text messages: the table of SCREENS 3.2, row by row with its length, and titles nobody thought of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oncall.senders.gsm import BASIC, EXTENSION, ONE_SEGMENT, septets
from oncall.senders.short import KEPT_OF_TITLE, PAGES, short
from oncall.senders.words import VARIANTS
from tests.oncall.messages import LINK, NOW, message

FRIDAY = datetime(2026, 11, 20, 17, 12, tzinfo=UTC)
AFTERNOON = datetime(2026, 11, 23, 13, 20, tzinfo=UTC)
FOR_ALL = "payments fail for all"

ROWS: dict[str, tuple[dict[str, Any], str, int]] = {
    "page": (
        {},
        f"SEV1? INC-42 Checkout: payments fail for all customers since 03:01. {LINK}"
        " or reply 4812=I have it, 4812N=pass on",
        144,
    ),
    "folded": (
        {"severity_word": "SEV2", "title": "37 alerts in 4 min, one page", "folded": 11},
        f"SEV2 INC-42 Checkout +11 more: 37 alerts in 4 min, one page. {LINK} or reply 4812=I have them all",
        128,
    ),
    "again": (
        {"title": FOR_ALL, "why": {"variant": "again", "try": 2}},
        f"2nd try SEV1? INC-42 Checkout: payments fail for all, 5 min unanswered. {LINK} or reply 4812",
        123,
    ),
    "escalated": (
        {"title": FOR_ALL, "why": {"variant": "escalated", "others": ["Anna"]}},
        f"Your turn SEV1? INC-42 Checkout: payments fail for all. Anna did not answer. {LINK} or reply 4812",
        128,
    ),
    "called in": (
        {
            "severity_word": "SEV1",
            "text": "replica lag, need a DBA",
            "why": {"variant": "called_in", "detail": "Anna"},
        },
        f'Anna asks you in SEV1 INC-42 Checkout: "replica lag, need a DBA". {LINK}'
        " or reply 4812=coming, 4812N=cannot",
        138,
    ),
    "raised": (
        {
            "severity_word": "SEV1",
            "title": "all customers",
            "since": FRIDAY,
            "now": AFTERNOON,
            "why": {"variant": "raised", "detail": "SEV3", "at": AFTERNOON.isoformat()},
        },
        f"INC-42 went from SEV3 to SEV1 at 14:20: all customers. Open since Fri 18:12. {LINK} or reply 4812",
        128,
    ),
    "private": (
        {"severity_word": "SEV1", "private": True},
        f"SEV1 INC-42 (private). Sign in to read it: {LINK} or reply 4812=I have it",
        104,
    ),
    "taken": (
        {"kind": "taken", "why": {"by": "Bram", "at": "2026-11-23T02:11:00+00:00"}},
        "INC-42 taken by Bram at 03:11. Nothing for you to do.",
        53,
    ),
    "over": (
        {
            "kind": "over",
            "why": {"at": "2026-11-23T02:49:00+00:00"},
            "started_at": datetime(2026, 11, 23, 2, 1, tzinfo=UTC),
        },
        "INC-42 over at 03:49 after 48 min. Nothing left for you tonight.",
        64,
    ),
    "update due": (
        {
            "kind": "notice",
            "why": {"words": "Update due: customers of INC-42 were promised word by 03:40."},
        },
        f"Update due: customers of INC-42 were promised word by 03:40. {LINK}",
        98,
    ),
    "test": (
        {"kind": "test"},
        "TEST for Anna: this is how a page reaches you. Reply 4812 to finish the test.",
        77,
    ),
    "Dutch": (
        {"language": "nl", "title": "betalen lukt niemand"},
        f"ERNST 1? INC-42 Checkout: betalen lukt niemand sinds 03:01. {LINK}"
        " of antwoord 4812=ik pak het, 4812N=geef door",
        142,
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_row_of_the_table_to_the_letter(row: str) -> None:
    changes, words, _length = ROWS[row]
    assert short(message(**changes)) == words


@pytest.mark.parametrize("row", ROWS)
def test_each_row_is_one_message_of_its_length(row: str) -> None:
    changes, _words, length = ROWS[row]
    sent = short(message(**changes))
    assert septets(sent) <= ONE_SEGMENT
    assert septets(sent) == length


LONG = "the replication to the second data centre lags behind and the queue of orders grows by the minute"


def test_first_goes_what_the_digits_mean_then_the_hint_then_the_service_then_the_tail() -> None:
    def sent(length: int) -> str:
        return short(message(title=LONG[:length]))

    assert sent(31).endswith(" or reply 4812=I have it, 4812N=pass on")
    assert sent(55).endswith(f"{LINK} or reply 4812")
    assert "Checkout" in sent(55)
    assert sent(80).endswith(LINK)
    assert "Checkout" in sent(80)
    assert "Checkout" not in sent(92)
    assert LONG[:92] in sent(92)
    shortened = short(message(title=LONG * 2))
    assert ".. since 03:01." in shortened
    assert septets(shortened) == 160


def test_emoji_and_typographic_characters_do_not_halve_a_message() -> None:
    sent = short(message(title="Café “Zoë” naïef … 🔥 10 € – déjà vu"))
    assert 'Café "Zoe" naief .. 10 € - déjà vu since' in sent
    assert septets(sent) <= ONE_SEGMENT


KINDS: list[dict[str, Any]] = [
    {},
    {"folded": 3},
    {"also": ("INC-43", "INC-44")},
    {"why": {"variant": "again", "try": 4}},
    {"why": {"variant": "escalated", "others": ["Bram van der Heijden-Jansen", "Eva", "Marc"]}},
    {"why": {"variant": "called_in", "detail": "Anna"}},
    {"why": {"variant": "raised", "detail": "SEV3", "at": NOW.isoformat()}},
    {"why": {"variant": "expired", "detail": "Anna"}},
    {"kind": "given_back", "why": {"by": "Bram"}},
    {"kind": "nobody", "why": {"called": ["Anna", "Bram"]}},
    {"delayed": True},
]
TITLES = st.text(max_size=220) | st.text("abcdefgh ijkl", max_size=220) | st.text("{[€^]}|~\\ ", max_size=99)


@given(title=TITLES, service=st.text(max_size=80), changes=st.sampled_from(KINDS), code=st.booleans())
@example(title="€" * 60, service="Checkout", changes={}, code=True)
@example(title="\r\n\x00\x1b[2J" * 10, service="\u2028", changes={"folded": 2}, code=True)
def test_whatever_the_title_it_is_gsm_and_the_link_is_whole(
    title: str, service: str, changes: dict[str, Any], code: bool
) -> None:
    sent = short(message(**({"title": title, "service": service} | changes), code="4812" if code else ""))
    assert set(sent) <= (BASIC | EXTENSION) - {"\n", "\r"}
    assert sent.count(LINK) == 1
    assert sent.endswith((LINK, "4812", "pass on", "cannot", "all", "I have it"))
    if not changes and septets(title[:KEPT_OF_TITLE]) == KEPT_OF_TITLE:
        assert septets(sent) <= ONE_SEGMENT


@given(title=TITLES, changes=st.sampled_from(KINDS), language=st.sampled_from(["en", "nl"]))
def test_more_than_one_message_only_where_forty_characters_of_the_title_ask_for_it(
    title: str, changes: dict[str, Any], language: str
) -> None:
    sent = short(message(title=title, language=language, **changes))
    assert sent.count(LINK) == 1
    if septets(sent) > ONE_SEGMENT:
        shortest = short(message(title="x" * 300, language=language, **changes))
        assert len(sent) <= len(shortest) + KEPT_OF_TITLE
        assert " or reply" not in sent
        assert " of antwoord" not in sent
        assert "Checkout" not in sent


@given(title=st.text(min_size=1, max_size=60), service=st.text(min_size=1, max_size=60))
def test_a_private_one_gives_away_key_severity_and_link(title: str, service: str) -> None:
    for changes in KINDS:
        given_away = short(message(private=True, title=title, service=service, text=title, **changes))
        assert given_away == short(message(private=True, title="", service="", **changes))


def test_what_a_limit_held_back_says_so() -> None:
    assert "since 03:01. Delayed by limit. https" in short(message(delayed=True))


def test_the_other_kinds_in_one_message_each() -> None:
    at = (NOW + timedelta(minutes=37)).isoformat()
    pages = [
        {"key": "INC-50", "title": None, "severity": "SEV3", "link": LINK},
        {"key": "INC-51", "title": "Disk nearly full", "severity": "SEV3", "link": LINK},
    ]
    assert short(message("reminder", why={"at": at})) == (
        f"Your acknowledgement of INC-42 runs out at 03:41: still on it? {LINK}"
    )
    assert short(message("verify", verify="481203")) == "481203 is your code to confirm this address."
    assert short(message("digest", why={"pages": pages})) == (
        f"2 pages waited for the end of your quiet hours: INC-50, INC-51. {LINK}"
    )
    assert short(message("notice", link="", why={"words": "It answered STOP."})) == "It answered STOP."
    assert short(message("test", code="")) == f"TEST for Anna: this is how a page reaches you. {LINK}"


def test_one_word_about_several() -> None:
    why = {"by": "Bram", "at": NOW.isoformat()}
    assert short(message("taken", why=why, also=("INC-43", "INC-44"))) == (
        "INC-42, INC-43 and INC-44 taken by Bram at 03:04. Nothing for you to do."
    )
    many = tuple(f"INC-{number}" for number in range(43, 90))
    assert "INC-47 and 42 more taken by Bram" in short(message("taken", why=why, also=many))


def test_there_are_words_for_every_variant() -> None:
    assert set(PAGES) == set(VARIANTS)
