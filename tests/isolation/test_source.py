"""Where the code steps past the scoped managers: every such module is named here, with its reason.

A new one fails until somebody has looked at it and written down why (harness item 10).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from config.env import PROJECT

APPS = ("config", "incidents", "oncall", "statuspage")
ALL_TENANTS = {
    "config/tenancy/views/chooser.py": "one's own memberships, by the signed-in person",
    "config/tenancy/management/commands/migrate.py": "data migrations would see no rows",
    "incidents/operations/recovery.py": "repair of what recovered",
    "incidents/operations/inbound_claims.py": "claim of inbound events",
    "incidents/operations/missing.py": "repairs heartbeats that nothing waits for",
    "incidents/operations/retention.py": "ids and ages of the oldest rows, whosever they are",
    "config/tenancy/deadlines.py": "claim and oldest of held, promised, late and recovered",
    "incidents/operations/morning.py": "claim of mornings, repair of tenants without one",
    "config/tenancy/operations/accounts.py": "the memberships of a person whose account is switched off",
    "oncall/operations/claiming.py": "the pager's claims",
    "oncall/operations/auditing.py": "repairs what has no deadline",
    "oncall/operations/looking.py": "repairs schedules that nobody looks through",
    "oncall/operations/imports.py": "whether any calendar is being read right now",
    "statuspage/management/commands/publish_status.py": "renders every page",
    "statuspage/operations/rendering.py": "claim of pages to render",
}
# SQL of one's own. Row security holds it to the bound tenant, whatever it says.
OWN_SQL = {
    "config/clock.py": "the time",
    "config/tenancy/checks.py": "pg_catalog",
    "config/tenancy/doors.py": "find and bind in one statement",
    "config/tenancy/models/pulse.py": "no tenant's table",
    "config/tenancy/rowsecurity.py": "pg_catalog and its policies",
    "config/tenancy/scoping.py": "the two settings",
    "config/tenancy/throttle.py": "no tenant's table",
    "incidents/figures/totals.py": "in the tenant's scope",
    "incidents/operations/opening.py": "the tenant's number counter",
    "incidents/operations/joining.py": "in the tenant's scope",
    "incidents/operations/counting.py": "in the tenant's scope",
    "incidents/operations/limits.py": "in the tenant's scope",
    "incidents/operations/inbound_claims.py": "claim",
    "incidents/operations/retention.py": "SET LOCAL lock_timeout; no table",
    "oncall/operations/folding.py": "in the tenant's scope",
    "oncall/operations/reading.py": "in the tenant's scope",
    "oncall/operations/claiming.py": "claim",
    "oncall/operations/imports.py": "the lock that lets one calendar be read at a time; touches no table",
    "oncall/operations/auditing.py": "repair",
    "statuspage/operations/rendering.py": "claim",
}
PAST_THE_MANAGER = {
    "config/tenancy/constraints.py": "SameTenant.validate: by primary key and the row's own tenant",
    "config/tenancy/scoping.py": "all_tenants itself",
    "config/tenancy/api/schema.py": "the schema is built outside any tenant, from empty querysets",
}
# A key without its tenant is a leak (test_planted). Nothing is cached today; who begins says how.
CACHE: dict[str, str] = {}


def modules() -> Iterator[tuple[str, ast.AST]]:
    for app in APPS:
        for path in sorted((PROJECT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(PROJECT)), ast.parse(path.read_text(encoding="utf-8"))


def called(tree: ast.AST, *names: str) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if name in names:
                return True
    return False


def reached(tree: ast.AST, *names: str) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in names for node in ast.walk(tree))


def imported(tree: ast.AST, module: str) -> bool:
    return any(
        (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(module))
        or (isinstance(node, ast.Import) and any(one.name.startswith(module) for one in node.names))
        for node in ast.walk(tree)
    )


def difference(found: set[str], known: dict[str, str]) -> str:
    new, gone = sorted(found - set(known)), sorted(set(known) - found)
    return f"say why in {Path(__file__).name}: {new}; no longer so: {gone}"


def test_who_reads_over_all_tenants_is_named() -> None:
    found = {path for path, tree in modules() if called(tree, "all_tenants")}
    assert found == set(ALL_TENANTS), difference(found, ALL_TENANTS)


def test_who_writes_sql_of_its_own_is_named() -> None:
    found = {path for path, tree in modules() if called(tree, "cursor", "raw", "RawSQL", "extra")}
    assert found == set(OWN_SQL), difference(found, OWN_SQL)


def test_who_goes_past_the_manager_is_named() -> None:
    found = {
        path
        for path, tree in modules()
        if reached(tree, "_base_manager") or called(tree, "scopes_disabled", "with_scopes_disabled")
    }
    assert found == set(PAST_THE_MANAGER), difference(found, PAST_THE_MANAGER)


def test_who_caches_is_named() -> None:
    found = {path for path, tree in modules() if imported(tree, "django.core.cache")}
    assert found == set(CACHE), difference(found, CACHE)


def test_requests_are_never_unpacked_into_a_filter() -> None:
    """`filter(**request.data)` lets the caller name the lookup (CVE-2025-64459)."""
    found = []
    for path, tree in modules():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            for keyword in node.keywords:
                said = ast.unparse(keyword.value)
                if (
                    keyword.arg is None
                    and node.func.attr in {"filter", "exclude", "get"}
                    and "request" in said
                ):
                    found.append(f"{path}:{node.lineno}")
    assert not found
