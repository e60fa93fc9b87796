from django.apps import AppConfig


class StatusPageConfig(AppConfig):
    """The public and the internal page: components, notices, their rendering to files. Knows no incident."""

    name = "statuspage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config import clock
        from config.tenancy import roles
        from statuspage.operations import rendering

        clock.register(rendering.WORK)
        roles.allow("statuspage.view", roles.EVERYONE)
        roles.allow("statuspage.publish", roles.PUBLISHERS)
        roles.allow("statuspage.setup", roles.MANAGERS)
