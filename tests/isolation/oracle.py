"""What makes an answer a leak. Empty lists are good."""

import re
from collections.abc import Sequence
from dataclasses import replace

from tests.isolation.probing import HEADERS, Answer, masked
from tests.isolation.world import CANARY

NEW_ID = re.compile(r"\b[A-Z2-7]{12}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def leaks(answer: Answer, *, asked: Sequence[str] = ()) -> list[str]:
    """What is wrong with an answer by itself. `asked`: what the request said itself may be said back."""
    found = []
    said = masked(answer.said(), *asked)
    if CANARY in said:
        at = said.index(CANARY)
        found.append(f"canary: …{said[max(0, at - 60) : at + 60]!r}…")
    if answer.changed:
        found.append(f"B's rows changed in {sorted(answer.changed)}")
    if answer.broken:
        found.append(f"a row would cross the border: {answer.broken.splitlines()[0]}")
    if answer.status >= 500:
        found.append(f"status {answer.status}: {answer.logs[-300:] or answer.body[:200]}")
    return found


def differences(
    foreign: Answer, missing: Answer, *, asked: Sequence[str], new_rows: bool = False
) -> list[str]:
    """How another tenant's row can be told from one that does not exist. Byte for byte, ids masked.

    `new_rows`: where both made a row of their own, the new ids in it differ rightly.
    """
    found = []
    if new_rows and foreign.status == missing.status < 300:
        foreign, missing = without_new_ids(foreign), without_new_ids(missing)
    if foreign.status != missing.status:
        found.append(f"status {foreign.status}, for a missing one {missing.status}")
    elif masked(foreign.body, *asked) != masked(missing.body, *asked):
        found.append(f"body {_apart(masked(foreign.body, *asked), masked(missing.body, *asked))}")
    for name in HEADERS:
        one, other = foreign.headers.get(name, ""), missing.headers.get(name, "")
        if masked(one, *asked) != masked(other, *asked):
            found.append(f"header {name}: {one!r}, for a missing one {other!r}")
    if masked(foreign.cookies, *asked).count("=") != masked(missing.cookies, *asked).count("="):
        found.append("cookies differ")
    if foreign.statements != missing.statements:
        found.append(f"{foreign.statements} statements, for a missing one {missing.statements}")
    return found


def without_new_ids(answer: Answer) -> Answer:
    return replace(answer, body=NEW_ID.sub("§", answer.body))


def _apart(one: str, other: str) -> str:
    pairs = enumerate(zip(one, other, strict=False))
    at = next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
    return f"{one[max(0, at - 40) : at + 60]!r}, for a missing one {other[max(0, at - 40) : at + 60]!r}"


def report(found: Sequence[str]) -> None:
    assert not found, f"{len(found)} found:\n" + "\n".join(found[:60])
