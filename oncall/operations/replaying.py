"""The history of schedules played forward: what the rules were at one moment after another."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from config.tenancy.models import Membership, User
from oncall import models
from oncall.operations.reading import LAYER_FIELDS, layer_from, roster_from, window_from
from oncall.roster import Absence, Cover, Layer, Roster, Stint, Temporary, Window

DELETED = "-"
STAMP = ("history_date", "history_type")
TIMES = ("starts_at", "ends_at")


class Table:
    """The versions of some rows in the order in which they were made, played up to a moment that grows."""

    def __init__(self, rows: Any, *fields: str) -> None:
        ordered = rows.order_by("history_date", "history_id")
        self.versions = list(ordered.values_list("id", *fields, *STAMP, named=True))
        self._played = 0
        self._there: dict[int, Any] = {}

    def ids(self) -> set[int]:
        return {row.id for row in self.versions}

    def at(self, moment: datetime) -> list[Any]:
        """The rows that were there, by id."""
        while self._played < len(self.versions):
            row = self.versions[self._played]
            if row.history_date > moment:
                break
            self._played += 1
            if row.history_type == DELETED:
                self._there.pop(row.id, None)
            else:
                self._there[row.id] = row
        return [self._there[pk] for pk in sorted(self._there)]


class Replay:
    """Everything ever recorded until `end` that bears on these schedules from `start` on. Eleven queries."""

    def __init__(self, schedule_ids: Collection[int], *, start: datetime, end: datetime) -> None:
        self.ids = set(schedule_ids)
        until = {"history_date__lte": end}

        def ever(model: Any, **filters: Any) -> Any:
            """All versions of the rows that once were as filtered."""
            once = model.history.filter(**filters, **until).values("id")
            return model.history.filter(id__in=once, **until)

        here: dict[str, Any] = {"schedule_id__in": self.ids}
        later = here | {"ends_at__gt": start}
        people = ("membership_id", *TIMES)
        self.schedules = Table(
            models.Schedule.history.filter(id__in=self.ids, **until), "time_zone", "swaps_need_approval"
        )
        self.rotations = Table(ever(models.Rotation, **here), "schedule_id", *LAYER_FIELDS[1:])
        rotations = {"rotation_id__in": self.rotations.ids()}
        self.members = Table(
            ever(models.RotationMember, **rotations), "rotation_id", "membership_id", "position"
        )
        self.windows = Table(ever(models.Restriction, **rotations), "rotation_id", "days", "start", "end")
        self.overrides = Table(ever(models.Override, **later), "schedule_id", "kind", "replaces_id", *people)
        self.swaps = Table(
            ever(models.Swap, **later),
            "schedule_id",
            "taken_by_id",
            "approved_at",
            "withdrawn_at",
            *people,
        )
        self.temporaries = Table(ever(models.TemporarySchedule, **later), "schedule_id", "name", *TIMES)
        self.stints = Table(
            ever(models.TemporaryShift, temporary_id__in=self.temporaries.ids()), "temporary_id", *people
        )
        concerned = {row.membership_id for row in self.members.versions}
        self.absences = Table(ever(models.Absence, membership_id__in=concerned, ends_at__gt=start), *people)
        everybody = Membership.history.filter(id__in=self._everybody(), **until)
        self.people = Table(everybody, "ended_at", "user_id")
        users = {row.user_id for row in self.people.versions}
        self.users = Table(User.history.filter(id__in=users, **until), "is_active")

    def _everybody(self) -> set[int]:
        named = (self.members, self.overrides, self.stints)
        found = {row.membership_id for table in named for row in table.versions}
        return found | {row.taken_by_id for row in self.swaps.versions if row.taken_by_id}

    def changes(self, after: datetime, before: datetime) -> list[datetime]:
        """When anything was recorded within (after, before), in order."""
        tables = (table for table in vars(self).values() if isinstance(table, Table))
        dates = {row.history_date for table in tables for row in table.versions}
        return sorted(date for date in dates if after < date < before)

    def rosters(self, at: datetime) -> dict[int, Roster]:
        """The rules as they were recorded at `at`, by schedule. Ask for one moment after another."""
        off = {row.id for row in self.users.at(at) if not row.is_active}
        left = {
            row.id
            for row in self.people.at(at)
            if row.user_id in off or (row.ended_at is not None and row.ended_at <= at)
        }
        layers = self._layers(at, left)
        covers, temporaries = self._covers(at, left), self._temporaries(at, left)
        away: dict[int, list[Absence]] = defaultdict(list)
        for row in self.absences.at(at):
            away[row.membership_id].append(Absence(row.membership_id, row.starts_at, row.ends_at))
        return {pk: roster_from(layers[pk], covers[pk], temporaries[pk], away) for pk in self.ids}

    def _layers(self, at: datetime, left: set[int]) -> dict[int, list[Layer]]:
        zones = {row.id: row.time_zone for row in self.schedules.at(at)}
        people: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for row in self.members.at(at):
            people[row.rotation_id].append((row.position, row.id, row.membership_id))
        windows: dict[int, list[Window]] = defaultdict(list)
        for row in self.windows.at(at):
            windows[row.rotation_id].append(window_from(row.days, row.start, row.end))
        found: dict[int, list[Layer]] = defaultdict(list)
        for row in self.rotations.at(at):
            if row.schedule_id in zones:
                in_line = [person for _position, _pk, person in sorted(people[row.id])]
                layer = layer_from(
                    [getattr(row, name) for name in LAYER_FIELDS],
                    zone=zones[row.schedule_id],
                    people=in_line,
                    left=left.intersection(in_line),
                    windows=windows[row.id],
                )
                found[row.schedule_id].append(layer)
        return found

    def _covers(self, at: datetime, left: set[int]) -> dict[int, list[Cover]]:
        found: dict[int, list[Cover]] = defaultdict(list)
        for row in self.overrides.at(at):
            if row.membership_id not in left:
                cover = Cover(
                    row.kind, row.membership_id, row.replaces_id, row.starts_at, row.ends_at, row.id
                )
                found[row.schedule_id].append(cover)
        for row in self._swaps(at):
            if row.taken_by_id not in left:
                swap = Cover("swap", row.taken_by_id, row.membership_id, row.starts_at, row.ends_at, row.id)
                found[row.schedule_id].append(swap)
        return found

    def _swaps(self, at: datetime) -> Iterator[Any]:
        """Those in effect by the rules of then: taken, not withdrawn, approved where that is asked."""
        want_approval = {row.id for row in self.schedules.at(at) if row.swaps_need_approval}
        for row in self.swaps.at(at):
            approved = row.approved_at is not None or row.schedule_id not in want_approval
            if row.taken_by_id is not None and row.withdrawn_at is None and approved:
                yield row

    def _temporaries(self, at: datetime, left: set[int]) -> dict[int, list[Temporary]]:
        stints: dict[int, list[Stint]] = defaultdict(list)
        for row in self.stints.at(at):
            if row.membership_id not in left:
                stints[row.temporary_id].append(Stint(row.membership_id, row.starts_at, row.ends_at))
        found: dict[int, list[Temporary]] = defaultdict(list)
        for row in self.temporaries.at(at):
            shifts = tuple(stints[row.id])
            found[row.schedule_id].append(Temporary(row.id, row.name, row.starts_at, row.ends_at, shifts))
        return found
