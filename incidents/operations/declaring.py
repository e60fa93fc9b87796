"""A person says that something is broken (R4): one call, few fields, a key comes back."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import FoundBy, Incident, Service, Severity
from incidents.operations.opening import open_incident


def declare_incident(
    *,
    text: str,
    service: Service | None = None,
    severity: Severity | None = None,
    provisional: bool = True,
    found_by: str,
    found_via: str = "",
    not_sure: bool = False,
    private: bool = False,
    declared_by: Membership | None,
    started_at: datetime | None = None,
    actor: Actor,
    now: datetime,
    idempotency_key: str = "",
) -> Incident:
    """Opens an incident from one line of text. Confirmed, unless the person is `not_sure` (R21).

    "We may have a SEV1" (R18) is the default: `provisional`. A second call with the same `idempotency_key`
    returns the first incident, and raises Conflict where its circle is closed to `declared_by`. Raises
    ValidationError for an empty text, an unknown `found_by`, a start in the future; <Model>.DoesNotExist for
    another tenant's service or severity. Needs incidents.declare.
    """
    actor.must("incidents.declare")
    _check(text, found_by, started_at, now)
    if known := _declared_before(idempotency_key, declared_by):
        return known
    try:
        return open_incident(
            summary=" ".join(text.split()),
            service=Service.objects.select_related("policy").get(pk=service.pk) if service else None,
            severity=Severity.objects.get(pk=severity.pk) if severity else None,
            provisional=provisional,
            found_by=found_by,
            found_via=found_via.strip(),
            confirmed=not not_sure,
            private=private,
            declared_by=Membership.objects.get(pk=declared_by.pk) if declared_by else None,
            started_at=started_at,
            idempotency_key=idempotency_key,
            actor=actor,
            now=now,
        )
    except IntegrityError:
        # Two sent the same key at once; the database let one through.
        if known := _declared_before(idempotency_key, declared_by):
            return known
        raise


def _declared_before(idempotency_key: str, declared_by: Membership | None) -> Incident | None:
    """What became private meanwhile is not told to whoever declared it by a key of the API."""
    if not idempotency_key:
        return None
    found: Incident | None = Incident.objects.filter(idempotency_key=idempotency_key).first()
    if found is not None and not Incident.objects.visible_to(declared_by).filter(pk=found.pk).exists():
        raise Conflict(_("That does not exist here any more."))
    return found


def _check(text: str, found_by: str, started_at: datetime | None, now: datetime) -> None:
    problems: dict[str, str] = {}
    if not text.strip():
        problems["text"] = _("Say in one line what is broken.")
    elif len(" ".join(text.split())) > 300:
        problems["text"] = _("Use at most %(most)s characters.") % {"most": 300}
    if found_by not in FoundBy.values:
        problems["found_by"] = _("Say who found it: monitoring, a team member or a customer.")
    if started_at is not None and started_at > now:
        problems["started_at"] = _("It cannot have started in the future.")
    if problems:
        raise ValidationError(problems)
