"""The mapping of a source: where in the JSON each thing stands, checked and tried out."""

from typing import Any


def problems_of(mapping: Any) -> list[str]:
    """What is wrong with it, in words; empty where it can be saved."""
    return [] if isinstance(mapping, dict) else ["It has to be a JSON object."]
