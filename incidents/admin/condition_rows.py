"""Conditions as rows of a form: field, operator, value; some empty ones to add more, without script."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from incidents.conditions import MOST_CONDITIONS, OP_WORDS, problems_in, tidy
from incidents.routing import FIELDS

EMPTY_ROWS = 3
PARTS = ("field", "op", "value")
# What monitors mostly send; any other can be written.
OFFERED = (*FIELDS, "labels.alertname", "labels.instance", "labels.job", "labels.severity", "payload.")

WHERE = _(
    "A field is title, summary, severity, source, key, a label (labels.alertname) or a path into what was "
    "posted (payload.event.host). With “is like”, * stands for anything and ? for one character; “matches” "
    "takes a regular expression (RE2). Leave empty what you do not need; for more rows, save and go on."
)


class ConditionRows(forms.Widget):
    """Named <name>-<n>-<part>. What is left empty is no condition."""

    offered: tuple[str, ...] = OFFERED

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        rows = []
        for number in range(MOST_CONDITIONS + EMPTY_ROWS):
            row = {part: data.get(f"{name}-{number}-{part}", "").strip() for part in PARTS}
            if row["field"] or row["value"]:
                rows.append(row)
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-0-field" not in data

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-0-field"

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rows = [row if isinstance(row, dict) else {} for row in value] if isinstance(value, list) else []
        rows += [{}] * min(EMPTY_ROWS, max(1, MOST_CONDITIONS - len(rows)))
        context = {
            "name": name,
            "id": (attrs or {}).get("id", name),
            "rows": rows,
            "operators": OP_WORDS.items(),
            "offered": self.offered,
        }
        return render_to_string("incidents/routing/condition_rows.html", context)


class ConditionsField(forms.Field):
    widget = ConditionRows

    def offer(self, names: Iterable[str]) -> None:
        """These labels as well, beside what monitors mostly send."""
        widget: Any = self.widget
        widget.offered = tuple(dict.fromkeys([*OFFERED, *(f"labels.{name}" for name in names)]))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs})

    def clean(self, value: Any) -> list[dict[str, str]]:
        if problems := problems_in(value or []):
            raise ValidationError(problems)
        return tidy(value or [])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != (data or [])
