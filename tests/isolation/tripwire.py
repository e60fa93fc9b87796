"""A statement on a tenant table while nothing is bound fails the test that ran it (harness item 10).

Row security would answer it with no rows, which looks like an empty tenant: the bug would pass unseen.
In force for the whole suite (tests/conftest.py); a test that means to do it names `past_the_tripwire`.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from config.tenancy.doors import DOOR  # a statement that begins with it binds itself
from config.tenancy.scoping import NOBODY, _binding

# What runs unbound rightly: it sees no row. (Find-and-bind reads Door, which is not a tenant table.)
EXEMPT = re.compile(r"\s*(TRUNCATE|CREATE|ALTER|DROP|COMMENT|LOCK)\b", re.IGNORECASE)
NAMES = re.compile(r'"?([a-z_][a-z0-9_]*)"?')


class UnboundStatement(AssertionError):
    pass


@cache
def _tables() -> frozenset[str]:
    from tests.isolation.classify import tenant_tables

    return frozenset(tenant_tables())


def touched(sql: str) -> set[str]:
    """The tenant tables a statement names."""
    return set(NAMES.findall(sql)) & _tables()


def tripwire(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """For `connection.execute_wrapper`."""
    if _binding.get() == NOBODY and not EXEMPT.match(str(sql)) and not str(sql).startswith(DOOR):
        tables = touched(str(sql))
        if tables:
            raise UnboundStatement(
                f"Nothing is bound, and this reads or writes {sorted(tables)}: {str(sql)[:300]}"
            )
    return execute(sql, params, many, context)
