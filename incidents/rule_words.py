"""A routing rule as one sentence: what it catches, and what it makes of that. Reads the row alone."""

from django.utils.translation import gettext as _

from incidents.conditions import all_words
from incidents.models import RoutingRule
from incidents.routing import Decision, read_conditions


def when_words(rule: RoutingRule) -> str:
    """alertname is like Disk* and instance is db1, from Prometheus"""
    words = all_words(read_conditions(rule.conditions), rule.match)
    if rule.source is None:
        return words or _("every alert")
    return _("%(what)s, from %(source)s") % {"what": words or _("every alert"), "source": rule.source}


def then_words(rule: RoutingRule) -> str:
    """Storage, warning; suppress; tags disk"""
    service = str(rule.service) if rule.service is not None else ""
    words = outcome(service, rule.severity, rule.suppress, rule.tags)
    return _("%(what)s; then the rules below") % {"what": words} if rule.goes_on else words


def decision_words(decision: Decision, service: str) -> str:
    """What all that caught it say together; `service` is the name of the one they choose."""
    return outcome(service, decision.severity, decision.suppress, list(decision.tags))


def outcome(service: str, severity: str, suppress: bool, tags: list[str]) -> str:
    parts = [", ".join(one for one in (service, severity and severity_word(severity)) if one)]
    parts += [_("suppress")] if suppress else []
    parts += [_("tags %(tags)s") % {"tags": ", ".join(tags)}] if tags else []
    return "; ".join(part for part in parts if part) or _("as its source says")


def severity_word(severity: str) -> str:
    field = RoutingRule._meta.get_field("severity")
    return str(dict(field.flatchoices).get(severity, severity))
