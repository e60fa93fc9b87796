"""Where alerts go: the open incident of their group first, else where the routing rules say (ONCALL 4.8).

Group first, route once: a rule that asks for the severity must not tear apart what belongs together. What
comes together by its service alone is routed before, for the rules name the service.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _

from incidents.adapters import Action, IncomingAlert
from incidents.grouping import KEY, SERVICE, group_key, unreadable_key
from incidents.limits import over_limit_key
from incidents.models import AlertSource, Incident, Service
from incidents.operations.homes import Homes, find_homes, grouping_of
from incidents.operations.routing_rules import rules
from incidents.refusals import Busy
from incidents.routing import Decision, Rule, Seen, decide


@dataclass(frozen=True)
class Place:
    """`home` is open, not locked; None: a new incident, unless suppressed. `named`: by a rule."""

    service: Service | None
    severity: str
    group_key: str = ""
    home: Incident | None = None
    routed_by: str = ""
    tags: tuple[str, ...] = ()
    suppress: bool = False
    named: bool = False

    @property
    def service_id(self) -> int | None:
        return self.service.pk if self.service is not None else None


@dataclass(frozen=True)
class _Wanted:
    """What is known of one report before anything is looked up. `own_key` needs no rule."""

    own_key: str
    decision: Decision
    key: str = ""
    service: Service | None = None
    # Where it goes instead while its source is over a limit, and by what that comes together.
    over: IncomingAlert | None = None
    over_key: str = ""


@dataclass
class Placing:
    """For the alerts of one chunk that may be news. `hits`: how many alerts each rule caught."""

    source: AlertSource
    homes: Homes = field(default_factory=Homes)
    hits: Counter[int] = field(default_factory=Counter)
    _wanted: dict[int, _Wanted] = field(default_factory=dict)
    _begun: dict[str, Place] = field(default_factory=dict)

    def place(self, incoming: IncomingAlert) -> Place:
        """Once for each alert that is heard anew. Raises Busy where it was not foreseen that it could be."""
        wanted = self._of(incoming)
        home = self.homes.of_group.get(wanted.own_key)
        if home is not None:
            return Place(home.service, incoming.severity, wanted.own_key, home)
        if begun := self._begun.get(wanted.own_key):
            return replace(begun, severity=incoming.severity, routed_by="", tags=())
        place = self.routed(incoming)
        if wanted.own_key and not place.suppress:
            self._begun[wanted.own_key] = place
        return place

    def routed(self, incoming: IncomingAlert) -> Place:
        """What the rules say, whatever its group: for what is news, and what got worse."""
        wanted = self._of(incoming)
        decision = wanted.decision
        self.hits.update(rule.id for rule in decision.caught)
        place = Place(
            service=wanted.service,
            severity=decision.severity or incoming.severity,
            group_key=wanted.key,
            routed_by=decision.words,
            tags=decision.tags,
            suppress=decision.suppress,
            named=decision.service_id is not None,
        )
        return replace(place, home=None if place.suppress else self._home(place.group_key, place.service_id))

    def severity(self, incoming: IncomingAlert) -> str:
        """What the rules make of what its source says. Counts for no rule."""
        return self._of(incoming).decision.severity or incoming.severity

    def over_limit(self, incoming: IncomingAlert) -> tuple[IncomingAlert, Place]:
        """The one alert in which it comes together with others of its service, and where that goes."""
        wanted, place = self._of(incoming), self.routed(incoming)
        assert wanted.over is not None
        home = None if place.suppress else self._home(wanted.over_key, place.service_id)
        together = replace(wanted.over, severity=place.severity)
        return together, replace(place, group_key=wanted.over_key, home=home, tags=())

    def over_limit_keys(self) -> set[str]:
        return {wanted.over.dedup_key for wanted in self._wanted.values() if wanted.over is not None}

    def _home(self, key: str, service_id: int | None) -> Incident | None:
        return self.homes.of_group.get(key) if key else self.homes.of_service.get(service_id)

    def _of(self, incoming: IncomingAlert) -> _Wanted:
        wanted = self._wanted.get(id(incoming))
        if wanted is None:
            raise Busy(_("Others are changing this incident right now. Try again."))
        return wanted


def placing_for(
    source: AlertSource, news: Sequence[IncomingAlert], *, over: frozenset[int], now: datetime
) -> Placing:
    """For the triggers among `news`; `over` are ids (Python's) of those over a limit. Four queries at most:
    the rules, the services they name, and what is open of groups and services.
    """
    news = [incoming for incoming in news if incoming.action == Action.TRIGGER and not incoming.is_test]
    if not news:
        return Placing(source)
    in_order = rules()
    decisions = [_decide(source, in_order, incoming) for incoming in news]
    named = {decision.service_id for decision in decisions if decision.service_id is not None}
    services = _services(source, named)
    placing = Placing(source)
    for incoming, decision in zip(news, decisions, strict=True):
        wanted = _want(source, incoming, decision, services, over=id(incoming) in over)
        placing._wanted[id(incoming)] = wanted
    all_wanted = list(placing._wanted.values())
    keys = {key for one in all_wanted for key in (one.own_key, one.key, one.over_key) if key}
    touched = {one.service.pk if one.service else None: one.service for one in all_wanted}
    placing.homes = find_homes(source, keys=keys, services=list(touched.values()), now=now)
    return placing


def _decide(source: AlertSource, in_order: list[Rule], incoming: IncomingAlert) -> Decision:
    # No rule is asked about what could not be read: it would judge words that are ours.
    if not in_order or incoming.problem:
        return Decision()
    seen = Seen(
        source_id=source.pk,
        source=source.name,
        title=incoming.title,
        summary=incoming.summary,
        severity=incoming.severity,
        key=incoming.dedup_key,
        labels=incoming.labels,
        payload=incoming.payload,
    )
    return decide(in_order, seen)


def _services(source: AlertSource, named: set[int]) -> dict[int, Service]:
    known = {source.service.pk: source.service} if source.service is not None else {}
    if missing := named - known.keys():
        rows = Service.objects.filter(pk__in=missing).select_related("policy", "team")
        known |= {service.pk: service for service in rows}
    return known


def _want(
    source: AlertSource,
    incoming: IncomingAlert,
    decision: Decision,
    services: dict[int, Service],
    *,
    over: bool,
) -> _Wanted:
    service = source.service
    if decision.service_id is not None:
        service = services.get(decision.service_id, service)
    own_key = _key(source, source.service, incoming)
    key = own_key or _key(source, service, incoming)
    if not over:
        return _Wanted(own_key, decision, key, service)
    together = _together(source, service, incoming, suppressed=decision.suppress)
    by = grouping_of(source, service)[0]
    over_key = "" if by == SERVICE else _digest_of(source, together)
    return _Wanted(own_key, decision, key, service, together, over_key)


def _key(source: AlertSource, service: Service | None, incoming: IncomingAlert) -> str:
    if incoming.problem:
        return unreadable_key(source.pk)
    grouping, names, scope = grouping_of(source, service)
    key, labels = incoming.dedup_key, incoming.labels
    return group_key(grouping, names, scope=scope, source_id=source.pk, key=key, labels=labels)


def _digest_of(source: AlertSource, together: IncomingAlert) -> str:
    return group_key(KEY, (), scope="", source_id=source.pk, key=together.dedup_key, labels={})


def _together(
    source: AlertSource, service: Service | None, first: IncomingAlert, *, suppressed: bool
) -> IncomingAlert:
    title = _("More alerts than the limit of %(source)s: counted together") % {"source": source.name}
    return IncomingAlert(
        action=Action.TRIGGER,
        dedup_key=over_limit_key(service.uid if service is not None else "", suppressed=suppressed),
        title=title,
        severity=first.severity,
        summary=first.title,
    )
