from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from simple_history.signals import pre_create_historical_record


class TenancyConfig(AppConfig):
    """Tenants, people and keys; scoping, row security and the audit base that every app stands on."""

    name = "config.tenancy"
    label = "tenancy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config import clock
        from config.tenancy import audit, checks, roles, rowsecurity, scoping  # noqa: F401  (checks register)
        from config.tenancy.operations import mails

        clock.register(mails.DUE_WORK)

        connection_created.connect(scoping.bind_new_connection, dispatch_uid="muster.bind")
        post_migrate.connect(rowsecurity.reconcile, sender=self, dispatch_uid="muster.reconcile")
        pre_create_historical_record.connect(audit.stamp_history, dispatch_uid="muster.audit")
        roles.allow("tenancy.view", roles.EVERYONE)
        roles.allow("tenancy.setup", roles.MANAGERS)
        roles.allow("tenancy.manage_people", roles.OWNERS)
        roles.allow("tenancy.manage_keys", roles.OWNERS)
