"""By which ways people would be reached at a moment, and what would go wrong."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from oncall import quiet
from oncall.models import BY_PHONE, ContactMethod, Method, PagerProfile, Urgency
from oncall.operations.reach import FALLBACK, OWN_MAIL, Reach, Way, fallback_in_words, reach_of


@dataclass(frozen=True)
class Reachability:
    """`how` as in how_in_words. Not `reachable`: no verified contact. `warning` may be empty."""

    how: str
    reachable: bool
    warning: str


@dataclass(frozen=True)
class Reaches:
    """What decides it for some people, read at once."""

    reach: Mapping[int, Reach]
    phones: Mapping[int, str]
    profiles: Mapping[int, PagerProfile]

    def of(self, person: Membership, at: datetime) -> Reachability:
        """Of one of them, at a moment. Reads the user."""
        how = self.reach[person.pk]
        warnings = [
            _phone(how, self.phones.get(person.pk, "")),
            _quiet(person, self.profiles.get(person.pk), at),
        ]
        return Reachability(
            how_in_words(how.ways), how.source != OWN_MAIL, "; ".join(words for words in warnings if words)
        )


def reaches_of(people: Collection[Membership], *, urgency: str) -> Reaches:
    """Four queries at most, two of high urgency where all have rules."""
    ids = [person.pk for person in people]
    return Reaches(
        reach_of(ids, urgency=urgency) if ids else {},
        _phones_out_of_use(ids),
        _quiet_profiles(ids) if urgency == Urgency.LOW else {},
    )


def how_in_words(ways: Collection[Way]) -> str:
    """ "e-mail 0, webhook +5"; without any, the fallback."""
    return ", ".join(
        f"{Method(way.method).label} {f'+{way.delay_minutes}' if way.delay_minutes else 0}"
        for way in ways or [FALLBACK]
    )


def _phones_out_of_use(ids: Collection[int]) -> dict[int, str]:
    """Whose phone is not verified, or switched off, in words. One query."""
    rows = ContactMethod.objects.filter(membership_id__in=ids, kind__in=BY_PHONE).order_by("id")
    found = {}
    for contact in rows:
        if contact.disabled_at is not None:
            found[contact.membership_id] = _("phone switched off")
        elif contact.verified_at is None:
            found[contact.membership_id] = _("phone not verified")
    return found


def _phone(how: Reach, phone: str) -> str:
    """Only where no phone rings: whoever has another one is reached by it."""
    if phone and not any(way.method in BY_PHONE for way in how.ways):
        if all(way.method == Method.EMAIL for way in how.ways):
            return _("%(what)s: mail only") % {"what": phone}
        return phone
    return fallback_in_words(how.source)


def _quiet_profiles(ids: Collection[int]) -> dict[int, PagerProfile]:
    rows = PagerProfile.objects.filter(membership_id__in=ids, quiet_start__isnull=False)
    return {profile.membership_id: profile for profile in rows}


def _quiet(person: Membership, profile: PagerProfile | None, at: datetime) -> str:
    if profile is None or profile.quiet_start is None or profile.quiet_end is None:
        return ""
    zone = person.user.zone
    until = quiet.quiet_until(profile.quiet_days, profile.quiet_start, profile.quiet_end, zone, at)
    if until is None:
        return ""
    return _("quiet hours: held until %(time)s") % {"time": date_format(until.astimezone(zone), "H:i")}
