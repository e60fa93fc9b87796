"""Bases of serializers. Reading and writing are apart: a write takes only what it names."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

# Trap: a moment of year 1 is stored as one BC, and then no page with it can be read again.
EARLIEST, LATEST = 1970, 9990


class StrictSerializer(serializers.Serializer):
    """The body of a deed. A name it does not know is an error: nothing is assigned by accident."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name) for name in set(data) - writable)
            if unknown:
                raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
        said = super().to_internal_value(data)
        far = [
            name
            for name, value in said.items()
            if isinstance(value, datetime) and not EARLIEST <= value.year <= LATEST
        ]
        if far:
            words = serializers.DateTimeField.default_error_messages["overflow"]
            raise serializers.ValidationError({name: [words] for name in far})
        return said


class ReadSerializer(serializers.ModelSerializer):
    """A row as it is shown. `fields` is a list; `id` and `tenant` are never in it (a test walks them all)."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.read_only = True
        return fields
