"""What incidents.phases knows and says, as JSON: facts, checklist, next action, what is missing."""

import types
from dataclasses import fields
from datetime import datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from incidents.phases import Facts, Phase, hard_missing, next_action, open_ends, steps

# What is for our own use: whose eyes, whose clock, and what stands beside the facts anyway.
LEFT_OUT = {"at", "zone", "key", "phase", "viewer"}
SCALARS: dict[Any, type[serializers.Field[Any, Any, Any, Any]]] = {
    bool: serializers.BooleanField,
    int: serializers.IntegerField,
    str: serializers.CharField,
    datetime: serializers.DateTimeField,
}


def _field(hint: Any) -> serializers.Field[Any, Any, Any, Any]:
    """A read-only field for the type of one fact. A type it does not know is an error at import."""
    inner, null = hint, False
    if get_origin(hint) in {Union, types.UnionType}:
        inner = next(one for one in get_args(hint) if one is not type(None))
        null = True
    if get_origin(inner) in {tuple, frozenset}:
        text: serializers.Field[Any, Any, Any, Any] = serializers.CharField()
        if get_origin(get_args(inner)[0]) is tuple:
            text = serializers.ListField(child=text)
        return serializers.ListField(child=text, read_only=True)
    return SCALARS[inner](read_only=True, allow_null=null)


HINTS = get_type_hints(Facts)
FACTS = [one.name for one in fields(Facts) if one.name not in LEFT_OUT]
FactsSerializer = type(
    "FactsSerializer", (serializers.Serializer,), {name: _field(HINTS[name]) for name in FACTS}
)


class MissingSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    words = serializers.CharField()


class ChoiceSerializer(MissingSerializer):
    pass


class PhaseStepSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    phase = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["done", "now", "missing", "later", "not_needed"])


class NextActionSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    step = serializers.IntegerField()
    words = serializers.CharField()
    why = serializers.CharField()
    choices = ChoiceSerializer(many=True)
    escapes = ChoiceSerializer(many=True)


@extend_schema_serializer(many=False)
class ForbidsSerializer(serializers.Serializer[Any]):
    """What still forbids an end."""

    resolved = MissingSerializer(many=True)
    closed = MissingSerializer(many=True)


def told(facts: Facts) -> dict[str, Any]:
    """The parts of the detail that come from facts."""
    known = {
        name: sorted(value) if isinstance(value := getattr(facts, name), frozenset) else value
        for name in FACTS
    }
    return {
        "facts": FactsSerializer(known).data,
        "steps": PhaseStepSerializer(steps(facts), many=True).data,
        "next_action": NextActionSerializer(next_action(facts)).data,
        "open_ends": MissingSerializer(open_ends(facts), many=True).data,
        "missing": {
            "resolved": MissingSerializer(hard_missing(Phase.RESOLVED, facts), many=True).data,
            "closed": MissingSerializer(hard_missing(Phase.CLOSED, facts), many=True).data,
        },
    }
