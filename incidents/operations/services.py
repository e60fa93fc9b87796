"""Services: what is changed about one takes hold of what is open at once."""

from datetime import datetime

from config import doorbell
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents.models import Service
from incidents.operations import silence
from incidents.operations.untouched import follow_untouched


def save_service(*, service: Service, actor: Actor, now: datetime) -> Service:
    """Makes or changes one. Deadlines of its open alerts and incidents follow its hours; running ladders keep
    the urgency and ack minutes they began with. Needs incidents.setup.
    """
    actor.must("incidents.setup")
    with acting(actor, now=now):
        before = Service.objects.filter(pk=service.pk).first() if service.pk else None
        service.save()
        if before is not None and before.alerts_end_after_hours != service.alerts_end_after_hours:
            silence.follow_silence(service)
            doorbell.ring(silence.DUE)
        if before is not None and before.unconfirmed_end_after_hours != service.unconfirmed_end_after_hours:
            follow_untouched(service)
    return service
