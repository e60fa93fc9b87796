"""The Now screen: what is open, who is on call. The index of a tenant's admin."""

from datetime import datetime, timedelta

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config import clock
from config.tenancy import links
from config.tenancy.models import Membership
from incidents.known import UNKNOWN_RANK
from incidents.mirrored import statuses_of
from incidents.models import OPEN_PHASES, Incident, RoleAssignment
from incidents.operations.crews import reachable_members
from incidents.operations.event_reads import how_many_to_look_at
from incidents.operations.maintained import maintained_now
from incidents.operations.shift_changes import handovers, next_shift, read_rosters, shift_changes
from incidents.views.duties import duties
from oncall.models import ContactMethod, PagerProfile

LATELY = timedelta(hours=24)
SHOWN_LATELY = 5


@require_safe
def now_screen(request: HttpRequest) -> HttpResponse:
    """A fixed number of statements, whatever is open."""
    membership: Membership = request.membership  # type: ignore[attr-defined]
    now = clock.now()
    incidents = open_incidents(membership)
    rosters = read_rosters(now=now)
    found = duties(rosters, now=now, reachable=reachable_members())
    methods = _methods(membership)
    context = {
        "now": now,
        "incidents": incidents,
        "hidden": _hidden(len(incidents)),
        "lately": _lately(membership, now),
        "duties": found,
        "gaps": [(duty, gap) for duty in found for gap in duty.gaps],
        "statuses": statuses_of({person.pk for duty in found for person in duty.people}, membership),
        "my_duties": [duty for duty in found if membership in duty.people],
        "my_methods": list(dict.fromkeys(str(one.get_kind_display()) for one in methods)),
        "my_methods_since": max((one.verified_at for one in methods if one.verified_at), default=None),
        "my_tested": _tested(membership, now),
        "my_next": next_shift(rosters, membership, now=now),
        "handovers": [
            one
            for one in handovers(_held(incidents), shift_changes(rosters, now=now))
            if one.concerns(membership)
        ],
        "maintained": maintained_now(now),
        "oncall_url": links.tenant_path(request.tenant.slug, "oncall"),  # type: ignore[attr-defined]
        "unread": _unread(request, membership, now),
        "may_respond": request.user.has_perm("incidents.respond"),
        "may_declare": request.user.has_perm("incidents.declare"),
    }
    return render(request, "incidents/now/now.html", context)


def open_incidents(membership: Membership) -> list[Incident]:
    """Those this person may read, the worst and oldest first, each with `manager` (a Membership or None).

    Two queries.
    """
    rank = Coalesce(F("severity__rank"), UNKNOWN_RANK)
    found = list(
        Incident.objects.visible_to(membership)
        .filter(phase__in=OPEN_PHASES)
        .select_related("severity", "service")
        .order_by(rank, "declared_at")
    )
    managers = {
        given.incident_id: given.membership
        for given in RoleAssignment.objects.filter(
            incident__in=found, is_manager=True, ended_at=None
        ).select_related("membership__user")
    }
    for incident in found:
        incident.manager = managers.get(incident.pk)
    return found


def _unread(request: HttpRequest, membership: Membership, now: datetime) -> int:
    """Events that could not be read, for those who can mend it. One statement."""
    return how_many_to_look_at(membership, now) if request.user.has_perm("incidents.setup") else 0


def _hidden(seen: int) -> int:
    """How many are open that this person may not read: said as a number, nothing more."""
    total: int = Incident.objects.filter(phase__in=OPEN_PHASES).aggregate(n=Count("pk"))["n"]
    return total - seen


def _lately(membership: Membership, now: datetime) -> list[Incident]:
    ended = Q(resolved_at__gte=now - LATELY) | Q(cancelled_at__gte=now - LATELY)
    rows = Incident.objects.visible_to(membership).filter(ended).exclude(phase__in=OPEN_PHASES)
    return list(rows.select_related("severity", "service").order_by("-number")[:SHOWN_LATELY])


def _methods(membership: Membership) -> list[ContactMethod]:
    return list(
        ContactMethod.objects.filter(membership=membership, verified_at__isnull=False, disabled_at=None)
    )


def _tested(membership: Membership, now: datetime) -> int | None:
    """How many days ago this person answered a test of their pager; None: never."""
    tested = PagerProfile.objects.filter(membership=membership).values_list("tested_at", flat=True).first()
    zone = membership.user.zone
    return (now.astimezone(zone).date() - tested.astimezone(zone).date()).days if tested else None


def _held(incidents: list[Incident]) -> list[RoleAssignment]:
    """Who has which role in these: they may have to be handed over. One query."""
    held = RoleAssignment.objects.filter(incident__in=incidents, ended_at=None)
    return list(held.select_related("role", "membership__user", "incident").order_by("id"))
