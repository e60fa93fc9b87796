from typing import Any

from django.core.management.commands import migrate

from config.tenancy.scoping import all_tenants


class Command(migrate.Command):
    """Django's migrate, over all tenants: a data migration would silently see no rows otherwise."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        with all_tenants("migrate"):
            return super().handle(*args, **options)
