from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The project itself as an app: the commands `up` and `watchdog`, the clock's tasks, static files."""

    name = "config"
    label = "config"
    default_auto_field = "django.db.models.BigAutoField"
