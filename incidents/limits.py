"""What an alert source may send, in numbers. Nothing is refused for these: over them events are still kept
and counted, and new alerts come together in one. README of this app, "Limits", is the published table.
"""

from datetime import timedelta

# The key of the alert in which new ones come together while a source, or its tenant, is over a limit.
OVER_LIMIT = "over-limit:"
OVER_LIMIT_QUIET = timedelta(minutes=10)
# An owner hears of it at most so often for each source.
TELL_EVERY = timedelta(hours=1)
# New incidents within a minute, for alerts of no service; services have a number of their own.
STORM_PER_MINUTE = 20
A_MINUTE = timedelta(minutes=1)
# A key that fires again so soon after it cleared flaps; from so often on it is said, and waited for longer.
FLAPS_WITHIN = timedelta(minutes=30)
FLAPPING = 3
# A test ends by itself.
TEST_LASTS = timedelta(hours=1)


def over_limit_key(service_uid: str, *, suppressed: bool) -> str:
    return f"{OVER_LIMIT}{service_uid or 'none'}{':suppressed' if suppressed else ''}"
