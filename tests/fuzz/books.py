"""What a run has seen and found. Needs no Django: processes hand theirs to the one that adds them up."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Books:
    """What came of it all: of several runs they add up."""

    posts: int = 0
    kept: int = 0
    incidents: int = 0
    findings: list[str] = field(default_factory=list)
    by: Counter[tuple[str, int]] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __add__(self, other: "Books") -> "Books":
        return Books(**{name: getattr(self, name) + getattr(other, name) for name in vars(self)})
