"""How a heartbeat is doing, in words and shape, and the lines that call it."""

from datetime import datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from config.tenancy import links
from incidents.models import Heartbeat, HeartbeatState
from incidents.operations.missing import is_quiet
from incidents.times import clock_words, duration_words

SHAPES = {HeartbeatState.NEW: "info", HeartbeatState.BEATING: "works", HeartbeatState.MISSING: "major"}
CURL = "curl -fsS -m 10 --retry 5 -o /dev/null"
CRONTAB = "0 3 * * * /usr/local/bin/backup && {curl} {address}"


def state_chip(heartbeat: Heartbeat, now: datetime) -> SafeString:
    """Beating, missing, waits, or quiet until then."""
    if heartbeat.muted_until is not None and is_quiet(heartbeat, now):
        words = _("quiet until %(when)s") % {"when": clock_words(heartbeat.muted_until, now)}
        return format_html('<span class="state maintenance">{}</span>', words)
    shape = SHAPES[HeartbeatState(heartbeat.state)]
    return format_html('<span class="state {}">{}</span>', shape, heartbeat.get_state_display())


def last_beat(heartbeat: Heartbeat, now: datetime) -> str:
    """3 min ago; "never" before the first."""
    if heartbeat.last_seen is None:
        return _("never")
    return _("%(time)s ago") % {"time": duration_words(now - heartbeat.last_seen)}


def every(heartbeat: Heartbeat) -> str:
    """1 h + 5 min: how often, and by how much it may be late."""
    often, late = (
        duration_words(timedelta(minutes=each))
        for each in (heartbeat.interval_minutes, heartbeat.grace_minutes)
    )
    return f"{often} + {late}" if heartbeat.grace_minutes else often


def address_of(heartbeat: Heartbeat) -> str:
    """With the source's key: for those who may see it."""
    return links.ingest(heartbeat.source.key, f"heartbeat/{heartbeat.slug}")


def curl_line(heartbeat: Heartbeat) -> str:
    return f"{CURL} {address_of(heartbeat)}"


def crontab_line(heartbeat: Heartbeat) -> str:
    """Called only when the job before it went well: `&&`."""
    return CRONTAB.format(curl=CURL, address=address_of(heartbeat))
