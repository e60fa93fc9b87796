"""What most tests begin with is built once per process; after that its rows are written again as they were.

Building a tenant through the operations takes half a second, and nearly every test wants one. The first time
`kept` lets it be built and notes which rows came or changed; from then on it writes those rows, with their
numbers, in one statement, past no trigger, constraint or row security that was not passed then.
"""

import re
from collections.abc import Callable, Hashable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import translation

from config.tenancy.scoping import all_tenants

T = TypeVar("T")
WRITES = re.compile(r'\s*INSERT INTO "?(\w+)"?', re.IGNORECASE)
# By table and number: a row's values, as SQL.
Rows = dict[tuple[str, str], tuple[str, ...]]


@dataclass
class Kept:
    statements: str
    made: Any
    known: list[Any]


_kept: dict[Hashable, Kept] = {}


def kept(name: Hashable, now: datetime, build: Callable[[], T], known: Sequence[Any] = ()) -> T:
    """What `build()` returns, its rows in the database. Everything it depends on must be in `name`.

    `known`: rows that are there already and that what is built refers to: to these very objects.
    """
    key = (name, now, settings.BASE_URL, translation.get_language(), tuple(row.pk for row in known))
    if key not in _kept:
        made = _built(key, build, known)
    else:
        there = _kept[key]
        with all_tenants("tests: what is kept"), connection.cursor() as cursor:
            cursor.execute(there.statements)
        same = {id(was): row for was, row in zip(there.known, known, strict=True)}
        made = deepcopy(there.made, same)
    return made


def _built(key: Hashable, build: Callable[[], T], known: Sequence[Any]) -> T:
    order: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        order.extend(WRITES.findall(str(sql)))
        return execute(sql, params, many, context)

    before = _rows()
    with connection.execute_wrapper(note):
        made = build()
    after = _rows()
    assert before.keys() <= after.keys(), "what is built deletes rows: these would stay"
    fresh = sorted(after.keys() - before.keys(), key=lambda row: order.index(row[0]))
    changed = [row for row in before if before[row] != after[row]]
    statements = [_insert(table, after[table, number]) for table, number in fresh]
    statements += [_update(table, number, after[table, number]) for table, number in changed]
    copied, known_then = deepcopy((made, list(known)))
    _kept[key] = Kept(";\n".join(statements), copied, known_then)
    return made


@cache
def _columns() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Of each table its key and all columns that are stored."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return {
        model._meta.db_table: (
            model._meta.pk.column,
            tuple(field.column for field in model._meta.local_concrete_fields if not field.generated),
        )
        for model in models
    }


def _rows() -> Rows:
    """Every row there is."""
    looks = []
    for table, (key, columns) in _columns().items():
        values = ", ".join(f'quote_nullable("{column}"::text)' for column in columns)
        looks.append(f"""SELECT '{table}', "{key}"::text, ARRAY[{values}] FROM "{table}" """)
    with all_tenants("tests: what is kept"), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        return {(table, number): tuple(values) for table, number, values in cursor.fetchall()}


def _insert(table: str, values: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{column}"' for column in _columns()[table][1])
    return f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join(values)})'


def _update(table: str, number: str, values: tuple[str, ...]) -> str:
    key, columns = _columns()[table]
    given = ", ".join(f'"{column}" = {value}' for column, value in zip(columns, values, strict=True))
    return f'UPDATE "{table}" SET {given} WHERE "{key}" = {values[columns.index(key)]}'
