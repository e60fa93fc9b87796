"""Which roles a severity calls was a rule in code; now it stands in the scale: what the worst called, it calls."""

from typing import Any

from django.db import migrations

from config.tenancy.scoping import all_tenants


def say_what_was_so(apps: Any, schema_editor: Any) -> None:
    severities = apps.get_model("incidents", "Severity")._base_manager
    with all_tenants("migration: the roles that the worst severity calls"):
        severities.filter(rank=1, called_roles=[]).update(called_roles=["manager", "comms"])


class Migration(migrations.Migration):
    dependencies = [("incidents", "0006_private_index")]

    operations = [migrations.RunPython(say_what_was_so, migrations.RunPython.noop)]
