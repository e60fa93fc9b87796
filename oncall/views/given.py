"""What a form of the calendar gave: rows by uid, moments, words. Raises ValidationError in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from oncall.rota import first_instant
from oncall.views.asked import EARLIEST, LATEST, moment_of


@dataclass(frozen=True)
class Given:
    post: QueryDict
    files: Any
    me: Membership
    actor: Actor
    now: datetime

    def said(self, name: str, most: int = 200) -> str:
        """PostgreSQL keeps no NUL."""
        return str(self.post.get(name, "")).replace("\0", "").strip()[:most]

    def one(self, rows: Any, name: str) -> Any:
        """The row of a choice by uid; a foreign or missing one "does not exist here"."""
        found = rows.filter(uid=self.said(name, 12)).first()
        if found is None:
            raise ValidationError(_("That choice does not exist here."))
        return found

    def some(self, rows: Any, name: str) -> Any:
        """None where nothing was chosen."""
        return self.one(rows, name) if self.said(name) else None

    def person(self, name: str) -> Membership | None:
        """None where nobody was chosen."""
        found: Membership | None = self.some(Membership.objects.select_related("user"), name)
        return found

    def moment(self, name: str) -> datetime:
        """A moment with its offset from a hidden field, or the clock of the zone in the field `clock`."""
        said = self.said(name)
        found = moment_of(said) or self._on_the_clock(said)
        if found is None:
            raise ValidationError(_("Give a day and a time, from and until."))
        return found

    def _on_the_clock(self, said: str) -> datetime | None:
        """The first instant at which that clock shows it."""
        try:
            local = parse_datetime(said)
            zone = ZoneInfo(self.said("clock", 64) or self.me.user.time_zone)
        except (ValueError, OSError, KeyError):
            return None
        if local is None or local.tzinfo or not EARLIEST <= local.year <= LATEST:
            return None
        return first_instant(local, zone)
