"""A squashed migration makes exactly what the ones it replaces make."""

import pytest
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

APPS = ("tenancy", "oncall", "statuspage", "incidents")


def state(*, replaced: bool) -> ProjectState:
    """With `replaced`, by the squashed ones; else by those they stand for, one after the other."""
    loader = MigrationLoader(None, replace_migrations=replaced, ignore_no_migrations=True)
    leaves = [
        node for node in loader.graph.leaf_nodes() if replaced or not loader.get_migration(*node).replaces
    ]
    found: ProjectState = loader.project_state(leaves)
    return found


def differences(old: ProjectState, new: ProjectState) -> dict[str, list[str]]:
    changes = MigrationAutodetector(old, new)._detect_changes()
    return {
        app: [operation.describe() for migration in found for operation in migration.operations]
        for app, found in changes.items()
        if app in APPS
    }


def test_a_new_installation_and_an_old_one_have_the_same_tables() -> None:
    assert differences(state(replaced=False), state(replaced=True)) == {}


def test_a_difference_would_be_seen() -> None:
    other = state(replaced=True)
    other.remove_field("incidents", "incident", "cases")
    assert differences(state(replaced=False), other)


@pytest.mark.parametrize("app", APPS)
def test_each_app_has_one_last_migration(app: str) -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    assert len(loader.graph.leaf_nodes(app)) == 1
