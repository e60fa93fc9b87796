"""The mapping of a source tried out on a real body: what each path finds, and which alerts come of it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from incidents import adapters
from incidents.adapters import IncomingAlert, Options, Unreadable
from incidents.adapters.mapping import problems_of, try_out
from incidents.models import AlertSource, Tool
from incidents.operations.sources import save_source

# Tools whose posts are any JSON, read by a mapping: a ready one, or the source's own.
MAPPED = frozenset({Tool.ZABBIX, Tool.DATADOG, Tool.SENTRY, Tool.SNS, Tool.UPTIME_KUMA, Tool.JSON})
LONGEST = 20_000


@dataclass(frozen=True)
class Found:
    """One path of the mapping and what stands there; None: nothing."""

    field: str
    path: str
    value: str | None


@dataclass(frozen=True)
class TriedOut:
    """`problem` says why the body cannot be read at all; then the other two are empty."""

    found: tuple[Found, ...] = ()
    alerts: tuple[IncomingAlert, ...] = ()
    problem: str = ""


def mapping_of(text: str) -> dict[str, Any]:
    """What somebody wrote, as JSON. Raises ValidationError with a sentence for each thing wrong with it."""
    if len(text) > LONGEST:
        raise ValidationError(_("It is longer than %(n)d characters.") % {"n": LONGEST})
    try:
        mapping = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ValidationError(_("It is not JSON: %(why)s.") % {"why": error}) from None
    if problems := problems_of(mapping):
        raise ValidationError(problems)
    found: dict[str, Any] = mapping
    return found


def tried_out(source: AlertSource, mapping: dict[str, Any], body: bytes) -> TriedOut:
    """As the source would read it with this mapping; nothing is stored. `mapping` has no problems."""
    options = Options(tool=source.tool, by_group=source.by_group, mapping=mapping)
    try:
        found = tuple(Found(*one) for one in try_out(mapping, body)) if mapping else ()
        return TriedOut(found, tuple(adapters.read("json", body, options=options)))
    except Unreadable as error:
        return TriedOut(problem=str(error))


def save_mapping(*, source: AlertSource, mapping: dict[str, Any], actor: Actor, now: datetime) -> AlertSource:
    """Raises ValidationError. Needs incidents.setup. Empty: the ready one of the tool reads again."""
    source.mapping = mapping
    return save_source(source=source, actor=actor, now=now)
