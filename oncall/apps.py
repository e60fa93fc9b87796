from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OncallConfig(AppConfig):
    """The pager: schedules, escalation policies, ladders, pages."""

    name = "oncall"
    verbose_name = _("On call")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config.tenancy import roles
        from oncall import receivers  # noqa: F401  (connects)
        from oncall.operations.due import register_due_work

        roles.allow("oncall.view", roles.EVERYONE)
        roles.allow("oncall.respond", roles.RESPONDERS)
        roles.allow("oncall.cover", roles.RESPONDERS)
        roles.allow("oncall.setup", roles.MANAGERS)
        register_due_work()
