from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class Ready:
    """How the JSON of one tool is read, and how that tool is told to send it.

    `sample` opens an alert and `resolved` ends that same one, both as the tool sends them. `how`: the steps
    in the tool, in the words of its own screens. `snippet`: what is pasted there, with {url} for the address.
    """

    mapping: dict[str, Any]
    sample: dict[str, Any]
    resolved: dict[str, Any]
    how: Sequence[str | Promise]
    snippet: str = ""
