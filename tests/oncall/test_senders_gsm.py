"""The alphabet of text messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.senders.gsm import BASIC, EXTENSION, clipped, gsm, septets


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Zoë, naïef, façade, Łódź", "Zoe, naief, facade, Lodz"),
        ("é è à ü ö ä ñ ß å ø æ Ç", "é è à ü ö ä ñ ß å ø æ Ç"),
        ("“quoted” ‘so’ „zo”", '"quoted" \'so\' "zo"'),
        ("wait… – now — 5 → 6 ≥ 7", "wait.. - now - 5 -> 6 >= 7"),
        ("👩‍🚒 fire 🔥🔥 now ⚠️", " fire now "),
        ("Пожар в 支付 now", "? ? ? now"),
        ("a`b´c", "a'b'c"),
        ("½ ﬁle ①", "1/2 file 1"),
        ("ΑΒΓ", "?Γ"),
        ("[a]{b}|€^~\\", "[a]{b}|€^~\\"),
        ("no\u200bthing\u00ad \u202ehidden", "nothing hidden"),
    ],
)
def test_words_come_into_the_alphabet(written: str, sent: str) -> None:
    assert gsm(written) == sent


@given(st.text())
def test_whatever_is_written_is_in_the_alphabet_and_stays_so(text: str) -> None:
    assert set(gsm(text)) <= BASIC | EXTENSION
    assert gsm(gsm(text)) == gsm(text)


def test_lengths_are_counted_as_on_the_air() -> None:
    assert (septets("a€"), septets("é")) == (3, 1)


@given(st.text("ab €^", max_size=200), st.integers(2, 160), st.integers(0, 60))
def test_what_is_cut_fits_or_keeps_what_it_must(text: str, limit: int, least: int) -> None:
    cut = clipped(text, limit, least)
    if septets(text) <= limit:
        assert cut == text
    else:
        assert septets(cut) <= limit or len(cut) <= max(least, 0) + 2
        assert len(cut) >= min(len(text), least)
        assert cut == text or (cut.endswith("..") and text.startswith(cut[:-2]))
