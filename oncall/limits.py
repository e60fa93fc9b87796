"""How often one address may be written to or called. Pure: the times of what was sent, and now, come in.

The numbers are GoAlert's, which has tried them on people (ONCALL 4.5).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# (how many, within how long). The first holds for every method.
ANY = ((1, MINUTE),)
OF_METHOD = {
    "voice": ((3, 15 * MINUTE), (7, HOUR), (15, 3 * HOUR)),
    "sms": ((5, 15 * MINUTE), (11, HOUR), (21, 3 * HOUR)),
}
MOST = 21
LONGEST = 3 * HOUR


def free_at(method: str, sent: Sequence[datetime], now: datetime) -> datetime | None:
    """When the next may go, or None: now. `sent` are the newest MOST times, newest first."""
    waits = [
        sent[most - 1] + window
        for most, window in (*ANY, *OF_METHOD.get(method, ()))
        if len(sent) >= most and sent[most - 1] + window > now
    ]
    return max(waits, default=None)
