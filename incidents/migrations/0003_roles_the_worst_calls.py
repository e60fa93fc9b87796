"""Which roles a severity calls stood in code and now stands in the scale: what the worst called, it calls."""

from typing import Any

from django.db import migrations


def say_what_was_so(apps: Any, schema_editor: Any) -> None:
    # `manage.py migrate` sees all tenants.
    severities = apps.get_model("incidents", "Severity")._base_manager
    severities.filter(rank=1, called_roles=[]).update(called_roles=["manager", "comms"])


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_the_seven_phases_whole")]

    operations = [migrations.RunPython(say_what_was_so, migrations.RunPython.noop)]
