"""A task that takes a bare id, and finds its row past the scope."""

from config import clock
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from incidents.models import Service


def archive(service_id: int) -> None:
    service = Service._base_manager.get(pk=service_id)
    with acting(ENGINE, now=clock.now()):
        service.archived_at = clock.now()
        service.save()
