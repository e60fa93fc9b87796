"""The world holds what the probes look for: at least one row of every model, a canary in every text of B."""

from typing import Any

import pytest
from django.db import connection, models

from config.tenancy.scoping import all_tenants
from tests.isolation import classify
from tests.isolation.world import CANARY, IsolationWorld

pytestmark = pytest.mark.django_db

# Texts that cannot hold the canary, and why.
WITHOUT = {
    "tenancy.ApiKey.hint": "the beginning of a real secret",
    "tenancy.Team.office_days": "digits",
    "oncall.Escalation.run_reason": "a short code that the pager reads",
}


def texts_of(model: Any) -> list[Any]:
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
    return [
        field
        for field in model._meta.local_concrete_fields
        if isinstance(field, kinds)
        and not field.choices
        and field.name not in {"uid", "time_zone", "actor_kind", "history_type"}
        and (field.max_length is None or field.max_length >= len(CANARY))
        and f"{model._meta.label}.{field.name}" not in WITHOUT
    ]


def test_b_has_a_row_of_every_tenant_model(isolation: IsolationWorld) -> None:
    with all_tenants("isolation: counting"):
        for model in classify.tenant_models():
            rows = model._base_manager.filter(tenant_id=isolation.b.tenant.pk)
            assert rows.exists(), f"{model._meta.label} has no row"


def test_every_text_of_b_carries_the_canary(isolation: IsolationWorld) -> None:
    missing = []
    for model in classify.tenant_models():
        if classify.is_history(model):
            continue  # holds what its model holds
        row = isolation.b.row(model._meta.label)
        for field in texts_of(model):
            value = getattr(row, field.attname)
            if CANARY not in (value.decode() if isinstance(value, bytes) else str(value)):
                missing.append(f"{model._meta.label}.{field.name} = {value!r}")
    assert not missing, "No canary in:\n" + "\n".join(missing)


def test_the_twins_have_the_names_of_as_rows(isolation: IsolationWorld) -> None:
    with all_tenants("isolation: twins"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT tenant_id) FROM incidents_service WHERE name LIKE 'zqalpha%'"
        )
        assert cursor.fetchone() == (2, 2)
