"""Fills one row of every tenant model by walking its fields. A model it cannot fill fails: add a recipe.

`mark` stands in every text, JSON, URL, e-mail and binary field, secrets too. What a field cannot hold (it is
too short, or has choices, or a validator) is in `recipes`.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Tenant
from tests.isolation import classify

Recipe = Callable[["Builder"], dict[str, Any]]
# Written by the application as soon as there is what they belong to.
BY_ITSELF = {"oncall.CoverageLook"}


class CannotFill(AssertionError):
    """The factory does not know what to write. Teach it: a recipe in tests/isolation/recipes.py."""


class Builder:
    """Rows of one tenant, inside its scope. `rows[label]` is the first row of each model."""

    def __init__(self, tenant: Tenant, mark: str, now: datetime, recipes: dict[str, Recipe]) -> None:
        self.tenant, self.mark, self.now, self.recipes = tenant, mark, now, recipes
        self.rows: dict[str, Any] = {}

    def first(self, label: str) -> Any:
        return self.rows[label]

    def build_all(self) -> None:
        with acting(ENGINE, now=self.now, reason=self.mark):
            for model in in_order():
                label = model._meta.label
                if label in BY_ITSELF:
                    self.rows[label] = model.objects.get()
                elif label not in self.rows:
                    self.add(model)

    def add(self, model: Any, **given: Any) -> Any:
        recipe = self.recipes.get(model._meta.label, lambda builder: {})
        values = recipe(self) | given
        for field in model._meta.local_concrete_fields:
            if field.name not in values and field.attname not in values:
                found = self.value_of(field)
                if found is not SKIP:
                    values[field.name] = found
        row = model(**values)
        row.save()
        self.rows.setdefault(model._meta.label, row)
        return row

    def value_of(self, field: Any) -> Any:
        if field.primary_key or field.name in {"tenant", "uid"} or field.auto_created:
            return SKIP
        if isinstance(field, models.ForeignKey):
            return self.related(field)
        return self.plain(field)

    def related(self, field: Any) -> Any:
        if field.related_model is field.model:
            return SKIP
        found = self.rows.get(field.related_model._meta.label)
        if found is None and not field.null:
            raise CannotFill(
                f"{field.model._meta.label}.{field.name} needs a {field.related_model.__name__}."
            )
        return found

    def plain(self, field: Any) -> Any:
        if field.choices:
            return SKIP if field.has_default() or field.blank else next(iter(field.flatchoices))[0]
        if isinstance(field, models.URLField):
            return f"https://{self.mark}.example/{field.name}"
        if isinstance(field, models.EmailField):
            return f"{self.mark}@example.test"
        if isinstance(field, models.CharField | models.TextField):
            return self.text(field)
        if isinstance(field, models.JSONField):
            return {self.mark: f"{self.mark} {field.name}"}
        if isinstance(field, models.BinaryField):
            return self.mark.encode()
        if field.has_default() or field.null:
            return SKIP
        return self.required(field)

    def text(self, field: Any) -> Any:
        words = f"{self.mark} {field.model._meta.label_lower} {field.name}"
        if field.max_length is None or field.max_length >= len(words):
            return words
        if field.max_length >= len(self.mark):
            return words[: field.max_length].strip()
        if field.has_default() or field.blank:
            return SKIP
        raise CannotFill(f"{field.model._meta.label}.{field.name} is too short for the canary.")

    def required(self, field: Any) -> Any:
        for kind, value in (
            (models.DateTimeField, self.now),
            (models.DateField, date(2026, 11, 23)),
            (models.TimeField, time(9)),
            (models.DurationField, timedelta(minutes=5)),
            (models.BooleanField, True),
            (models.IntegerField, 1),
        ):
            if isinstance(field, kind):
                return value
        raise CannotFill(f"{field.model._meta.label}.{field.name} is a {type(field).__name__}.")


SKIP = object()


def in_order() -> list[Any]:
    """Tenant models but histories (saving fills those), each after what it points at."""
    waiting = [model for model in classify.tenant_models() if not classify.is_history(model)]
    ordered: list[Any] = []
    while waiting:
        ready = [model for model in waiting if not _targets(model) & set(waiting)]
        if not ready:
            raise CannotFill(f"These point at each other in a circle: {waiting}")
        ordered += ready
        waiting = [model for model in waiting if model not in ready]
    return ordered


def _targets(model: Any) -> set[Any]:
    """Of a nullable key in a circle nothing is asked; there is none today."""
    return {
        field.related_model
        for field in model._meta.local_fields
        if field.is_relation and field.related_model is not model and classify.is_tenant(field.related_model)
    }
