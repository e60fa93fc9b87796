"""Whether the incident manager is away. Pure: moments in, a moment or nothing out."""

from datetime import datetime, timedelta

# Neither seen in the room nor acting for this long: away.
AWAY_AFTER = timedelta(minutes=30)


def away_since(
    *,
    given_at: datetime,
    seen_at: datetime | None,
    acted_at: datetime | None,
    left_at: datetime | None,
    now: datetime,
) -> datetime | None:
    """Since when somebody who has had the role since `given_at` is away, or None: they are here.

    Whoever has left the tenant is away at once, since they left. To be given the role counts as being heard
    of, so nobody is away before having had the time to come.
    """
    if left_at is not None:
        return left_at
    heard = max(moment for moment in (given_at, seen_at, acted_at) if moment is not None)
    return heard if now - heard >= AWAY_AFTER else None
