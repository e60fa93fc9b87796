"""The tenant's scale of severities, and its versions (R20): one is written whenever a step changes."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.models import ScaleVersion, Severity

# What a step says: in set-up, in the API, in each version.
FIELDS = (
    "rank",
    "word",
    "name",
    "description",
    "examples",
    "response",
    "update_minutes",
    "called_roles",
    "postmortem_required",
)


def save_severity(*, severity: Severity, actor: Actor, now: datetime) -> Severity:
    """Saves a new or changed step, and publishes the scale as it is then. Needs incidents.setup.

    A second call changes nothing. Raises Conflict where another step has that rank.
    """
    actor.must("incidents.setup")
    with acting(actor, now=now):
        # Whoever changes the scale waits here: two at once would take the same number.
        list(Severity.objects.select_for_update(no_key=True).order_by("pk"))
        if Severity.objects.filter(rank=severity.rank).exclude(pk=severity.pk).exists():
            raise Conflict(_("Another severity has that rank already."))
        severity.save()
        publish_scale(actor=actor, now=now)
    return severity


def publish_scale(*, actor: Actor, now: datetime) -> ScaleVersion:
    """The version that says what the scale is now; a new one where the last says otherwise.

    Within the caller's transaction. Asks no permission.
    """
    steps = [{name: getattr(step, name) for name in FIELDS} for step in Severity.objects.order_by("rank")]
    last: ScaleVersion | None = ScaleVersion.objects.order_by("-number").first()
    if last is not None and last.steps == steps:
        return last
    number = last.number + 1 if last else 1
    made: ScaleVersion = ScaleVersion.objects.create(
        number=number, steps=steps, published_at=now, actor_label=actor.label[:200]
    )
    return made


def scale_version() -> int | None:
    """The number of the version in force; None where none was ever published. One query."""
    found: Any = ScaleVersion.objects.order_by("-number").values_list("number", flat=True).first()
    return None if found is None else int(found)
