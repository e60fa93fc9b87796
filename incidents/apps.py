from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IncidentsConfig(AppConfig):
    """The incident room: alerts, the seven phases, services."""

    name = "incidents"
    verbose_name = _("Incidents")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config import clock
        from config.tenancy import roles
        from incidents import receivers
        from incidents.operations import (
            chasing,
            chasing_actions,
            held,
            mails,
            maintaining,
            mirroring,
            missing,
            morning,
            processing,
            recovery,
            retention,
            rising,
            silence,
            untouched,
        )

        roles.allow("incidents.view", roles.EVERYONE)
        roles.allow("incidents.declare", roles.EVERYONE)
        roles.allow("incidents.write", roles.PUBLISHERS)
        roles.allow("incidents.respond", roles.RESPONDERS)
        roles.allow("incidents.publish", roles.PUBLISHERS)
        roles.allow("incidents.setup", roles.MANAGERS)
        roles.allow("incidents.view_secrets", roles.MANAGERS)
        roles.allow("incidents.break_glass", roles.OWNERS)
        clock.register(processing.INBOUND)
        clock.register(recovery.RECOVERED)
        clock.register(held.WORK)
        clock.register(mails.WORK)
        clock.register(mirroring.WORK)
        clock.register(chasing_actions.WORK)
        clock.register(chasing.WORK)
        clock.register(morning.WORK)
        clock.register(rising.WORK)
        clock.register(maintaining.WORK)
        clock.register(silence.WORK)
        clock.register(missing.WORK)
        clock.register(retention.WORK)
        clock.register(untouched.WORK)
        receivers.connect()
