import re
from typing import Any

from django.core.management.commands import makemigrations
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, Migration
from django.db.migrations.operations.base import Operation


class Command(makemigrations.Command):
    """Django's makemigrations, with constraints and indexes inside the CreateModel they belong to.

    Each operation beside a CreateModel makes `migrate` render all models again: with two constraints a table
    that was three quarters of the time of a first start.
    """

    def write_migration_files(self, changes: dict[str, list[Migration]], *args: Any, **kwargs: Any) -> None:
        for migrations in changes.values():
            for migration in migrations:
                migration.operations = fold(list(migration.operations))  # type: ignore[misc]
        super().write_migration_files(changes, *args, **kwargs)


def fold(operations: list[Operation]) -> list[Operation]:
    """Moves keys, constraints and indexes into their CreateModel, except those that have to come later.

    Trap: Django folds a check over a key into CreateModel and leaves the key itself to an AddField behind it.
    """
    operations = _with_keys(operations)
    later = {(op.model_name_lower, op.name) for op in operations if isinstance(op, AddField)}
    created = {op.name_lower: op for op in operations if isinstance(op, CreateModel)}
    left: list[Operation] = []
    for operation in operations:
        if not isinstance(operation, AddConstraint | AddIndex) or _waits(operation, later):
            left.append(operation)
            continue
        model = created.get(operation.model_name_lower)
        if model is None:
            left.append(operation)
        elif isinstance(operation, AddConstraint):
            model.options.setdefault("constraints", []).append(operation.constraint)
        else:
            model.options.setdefault("indexes", []).append(operation.index)
    return left


def _waits(operation: AddConstraint | AddIndex, later: set[tuple[str, str]]) -> bool:
    subject = operation.constraint if isinstance(operation, AddConstraint) else operation.index
    words = set(re.findall(r"\w+", repr(subject.deconstruct())))
    return any(model == operation.model_name_lower and field in words for model, field in later)


def _with_keys(operations: list[Operation]) -> list[Operation]:
    """New models in the order of what they point at, each with the keys that can stand in it."""
    created = {op.name_lower: op for op in operations if isinstance(op, CreateModel)}
    keys = [op for op in operations if isinstance(op, AddField) and op.model_name_lower in created]
    fields = {name: [field for _name, field in model.fields] for name, model in created.items()}
    for key in keys:
        fields[key.model_name_lower].append(key.field)
    needs = {
        name: {_target(field) for field in of_one} & created.keys() - {name}
        for name, of_one in fields.items()
    }
    order = _in_order(needs)
    if order is None:
        return operations
    for key in keys:
        created[key.model_name_lower].fields.append((key.name, key.field))
    rest = [op for op in operations if op not in keys and not isinstance(op, CreateModel)]
    return [created[name] for name in order] + rest


def _target(field: Any) -> str:
    remote = getattr(field, "remote_field", None)
    if remote is None:
        return ""
    model = remote.model if isinstance(remote.model, str) else remote.model._meta.label
    return str(model).rpartition(".")[2].lower()


def _in_order(needs: dict[str, set[str]]) -> list[str] | None:
    """None where two point at each other."""
    ordered: list[str] = []
    while len(ordered) < len(needs):
        ready = [name for name in needs if name not in ordered and needs[name] <= set(ordered)]
        if not ready:
            return None
        ordered += ready
    return ordered
