"""What customers should not read about one incident (N5): our names, their hosts, our people."""

from collections.abc import Iterable

from config.tenancy.models import Membership
from incidents.models import Alert, Incident, Service, Severity
from incidents.wording import Forbidden, Slip, warnings_of
from statuspage.models import Component
from statuspage.states import PageKind

# Labels of alerts that name a machine.
HOST_LABELS = ("host", "hostname", "instance", "node", "pod", "server")
MOST_ALERTS = 100


def slips_in(incident: Incident, texts: Iterable[str]) -> tuple[Slip, ...]:
    """The warnings for these texts together. Five queries."""
    public = Component.objects.filter(page__kind=PageKind.PUBLIC, shown=True).values_list("name", flat=True)
    return warnings_of("\n".join(texts), list(_forbidden(incident)), list(public))


def _forbidden(incident: Incident) -> Iterable[Forbidden]:
    yield Forbidden("key", incident.key)
    for word in Severity.objects.values_list("word", flat=True):
        yield Forbidden("severity", word)
    for name in Service.objects.values_list("name", flat=True):
        yield Forbidden("service", name)
    for host in _hosts(incident):
        yield Forbidden("host", host)
    for name in Membership.objects.filter(ended_at=None).values_list("user__name", flat=True):
        yield from (Forbidden("person", part) for part in dict.fromkeys((name, name.split(" ")[0])) if part)


def _hosts(incident: Incident) -> set[str]:
    """Machines as the alerts name them, with and without a port."""
    rows = (
        Alert.objects.filter(incident=incident).order_by("-id").values_list("labels", flat=True)[:MOST_ALERTS]
    )
    named = {str(labels[label]) for labels in rows for label in HOST_LABELS if labels.get(label)}
    return named | {name.rsplit(":", 1)[0] for name in named}
