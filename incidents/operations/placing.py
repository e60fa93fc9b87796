"""Where alerts go: the open incident of their group first, else where the routing rules say (ONCALL 4.8).

Group first, route once: a rule that asks for the severity must not tear apart what belongs together. What
comes together by its service alone is routed before, for the rules name the service.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from incidents.adapters import Action, IncomingAlert
from incidents.grouping import KEY, SERVICE, group_key, unreadable_key
from incidents.limits import over_limit_key
from incidents.models import AlertSource, Incident, Service
from incidents.operations.comparing import rank_of
from incidents.operations.homes import Homes, find_homes, grouping_of, with_worst
from incidents.operations.reports import Report
from incidents.operations.routing_rules import rules
from incidents.refusals import Busy
from incidents.routing import Decision, Rule, Seen, decide


@dataclass(frozen=True)
class Place:
    """`home` is open, not locked; None: a new incident, unless suppressed. `named`: by a rule. `outranks`:
    its group takes it, it is worse than all there, and a rule names a service for it.
    """

    service: Service | None
    severity: str
    group_key: str = ""
    home: Incident | None = None
    routed_by: str = ""
    tags: tuple[str, ...] = ()
    suppress: bool = False
    named: bool = False
    outranks: bool = False

    @property
    def service_id(self) -> int | None:
        return self.service.pk if self.service is not None else None


@dataclass(frozen=True)
class Wanted:
    """What is known of one report before anything is looked up. `own_key` needs no rule."""

    incoming: IncomingAlert
    own_key: str
    decision: Decision
    key: str = ""
    service: Service | None = None
    # Where it goes instead while its source is over a limit, and by what that comes together.
    over: IncomingAlert | None = None
    over_key: str = ""


class Placing:
    """For the alerts of one chunk that may be news. `hits`: how many alerts each rule caught."""

    def __init__(
        self, source: AlertSource, homes: Homes | None = None, wanted: Iterable[Wanted] = ()
    ) -> None:
        self.source = source
        self.homes = homes or Homes()
        self.hits: Counter[int] = Counter()
        # By Python's id: what is held here keeps it.
        self._wanted = {id(one.incoming): one for one in wanted}
        self._begun: dict[str, Place] = {}
        self._worst: dict[str | int, int] = {}
        self._worst.update(self.homes.worst.items())

    def place(self, incoming: IncomingAlert) -> Place:
        """Once for each alert that is heard anew. Raises Busy where it was not foreseen that it could be."""
        wanted = self._of(incoming)
        home = self.homes.of_group.get(wanted.own_key)
        if home is not None:
            outranks = self._outranks(home.pk, wanted)
            return Place(home.service, incoming.severity, wanted.own_key, home, outranks=outranks)
        if begun := self._begun.get(wanted.own_key):
            outranks = self._outranks(wanted.own_key, wanted)
            return replace(begun, severity=incoming.severity, routed_by="", tags=(), outranks=outranks)
        place = self.routed(incoming)
        if wanted.own_key and not place.suppress:
            self._begun[wanted.own_key] = place
            self._outranks(wanted.own_key, wanted)
        return place

    def _outranks(self, where: str | int, wanted: Wanted) -> bool:
        """Whether it is worse than all that hangs there, and a rule names a service for it: as where a known
        alert rises. Of Prometheus a rise comes so: its fingerprint has the severity in it.

        `where`: an incident's id, or a group that begins here.
        """
        rank, known = rank_of(wanted.incoming.severity), self._worst.get(where)
        self._worst[where] = rank if known is None else min(rank, known)
        return wanted.decision.service_id is not None and known is not None and rank < known

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

    def _of(self, incoming: IncomingAlert) -> Wanted:
        wanted = self._wanted.get(id(incoming))
        if wanted is None:
            raise Busy(_("Others are changing this incident right now. Try again."))
        return wanted


def placing_for(source: AlertSource, news: Sequence[Report], *, now: datetime) -> Placing:
    """For the triggers among `news`. Five queries at most: the rules, the services they name, what is open of
    groups and services, and, where a rule names a service, what hangs there.
    """
    news = [one for one in news if one.incoming.action == Action.TRIGGER and not one.incoming.is_test]
    if not news:
        return Placing(source)
    in_order = rules()
    decisions = [_decide(source, in_order, report.incoming) for report in news]
    services = _services(source, {one.service_id for one in decisions if one.service_id is not None})
    wanted = [_want(source, *one, services) for one in zip(news, decisions, strict=True)]
    return Placing(source, _homes_for(source, wanted, now), wanted)


def _homes_for(source: AlertSource, wanted: list[Wanted], now: datetime) -> Homes:
    keys = {key for one in wanted for key in (one.own_key, one.key, one.over_key) if key}
    touched = {one.service.pk if one.service else None: one.service for one in wanted}
    homes = find_homes(source, keys=keys, services=list(touched.values()), now=now)
    joined = {one.own_key for one in wanted if one.decision.service_id is not None}
    return with_worst(homes, joined)


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
    report: Report,
    decision: Decision,
    services: dict[int, Service],
) -> Wanted:
    incoming, service = report.incoming, source.service
    if decision.service_id is not None:
        service = services.get(decision.service_id, service)
    own_key = _key(source, source.service, incoming)
    key = own_key or _key(source, service, incoming)
    if not report.over:
        return Wanted(incoming, own_key, decision, key, service)
    together = _together(source, service, incoming, suppressed=decision.suppress)
    by = grouping_of(source, service)[0]
    over_key = "" if by == SERVICE else _digest_of(source, together)
    return Wanted(incoming, own_key, decision, key, service, together, over_key)


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
    title = _("Over the limit: further alerts of %(source)s, counted together") % {"source": source.name}
    return IncomingAlert(
        action=Action.TRIGGER,
        dedup_key=over_limit_key(service.uid if service is not None else "", suppressed=suppressed),
        title=title,
        severity=first.severity,
        summary=first.title,
    )
