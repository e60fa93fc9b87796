"""What a deed of the room is given: who, about which incident, when, and the words of the form."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime, parse_time
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from incidents.models import Incident

MOST_MINUTES = 7 * 24 * 60
EARLIEST, LATEST = 1970, 9990


@dataclass(frozen=True)
class Given:
    request: HttpRequest
    incident: Incident
    membership: Membership
    actor: Actor
    now: datetime

    @property
    def post(self) -> QueryDict:
        return self.request.POST

    def said(self, name: str) -> str:
        """PostgreSQL keeps no NUL."""
        return str(self.post.get(name, "")).replace("\0", "").strip()

    def one(self, rows: Any, name: str) -> Any:
        """The row of a form's choice by uid; a foreign or missing one is "does not exist here"."""
        found = rows.filter(uid=self.said(name)[:12]).first()
        if found is None:
            raise ValidationError(_("That choice does not exist here."))
        return found

    def some(self, rows: Any, name: str) -> list[Any]:
        """The rows of several ticks, each once. One query, none without ticks."""
        wanted = {str(uid)[:12] for uid in self.post.getlist(name) if uid}
        found = list(rows.filter(uid__in=wanted)) if wanted else []
        if len(found) != len(wanted):
            raise ValidationError(_("That choice does not exist here."))
        return found

    def minutes(self, name: str = "minutes") -> int | None:
        """Whole minutes ahead, at most a week; None where nothing was chosen."""
        said = self.said(name)
        if not said:
            return None
        if not said.isascii() or not said.isdigit() or not 0 < int(said) <= MOST_MINUTES:
            raise ValidationError(_("Choose a time from one minute to a week ahead."))
        return int(said)

    def until(self, name: str = "minutes") -> datetime | None:
        ahead = self.minutes(name)
        return None if ahead is None else self.now + timedelta(minutes=ahead)

    def past_time(self, name: str) -> datetime | None:
        """The last time that the reader's clock showed "03:20", today or yesterday. None: an empty field."""
        said = self.said(name)
        if not said:
            return None
        try:
            wall = parse_time(said)
        except ValueError:
            wall = None
        if wall is None:
            raise ValidationError(_("Write a time as 03:20."))
        return _last(wall, self.now)

    def moment(self, name: str) -> datetime | None:
        """An ISO moment from a hidden field; "now" is now; nothing is None."""
        said = self.said(name)
        if said in {"", "now"}:
            return self.now if said else None
        try:
            found = parse_datetime(said)
        except ValueError:
            found = None
        # In another zone the first and the last year may be none that can be read again.
        if found is None or timezone.is_naive(found) or not EARLIEST <= found.year <= LATEST:
            raise ValidationError(_("Write a time as 03:20."))
        return found


def _last(wall: time, now: datetime) -> datetime:
    today = timezone.localtime(now)
    moment = datetime.combine(today.date(), wall.replace(tzinfo=None), tzinfo=today.tzinfo)
    return moment if moment <= now else moment - timedelta(days=1)
