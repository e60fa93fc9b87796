"""When a failed send is tried again. Pure: chance is an argument."""

from datetime import timedelta

STEPS = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 10, 20, 40, 60))
LONGEST = timedelta(minutes=2)
JITTER = 0.25
# A receiver's own wish is heard up to here: a page is worth more than its politeness.
LONGEST_WISH = timedelta(minutes=5)


def wait_after(tries: int, *, chance: float, wish: timedelta | None = None) -> timedelta:
    """How long to wait after failed try number `tries` (from 1). `chance` in [0, 1) spreads it by a quarter.

    `wish` is a Retry-After: waited for at least, up to five minutes. It never ends: the longest wait is two
    minutes, until the page is answered.
    """
    base = STEPS[tries - 1] if tries <= len(STEPS) else LONGEST
    wait = base * (1 - JITTER + 2 * JITTER * chance)
    return max(wait, min(wish, LONGEST_WISH)) if wish is not None else wait
