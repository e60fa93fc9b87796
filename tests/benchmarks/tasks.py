"""How many Celery tasks were sent: each is one LPUSH at Redis. Beat's own, one a second, are taken off."""

import os
import time

import redis


class Tasks:
    """Counts from here on."""

    def __init__(self) -> None:
        self._redis = redis.Redis.from_url(os.environ["REDIS_URL"])
        self._pushes, self._began = self._so_far(), time.monotonic()

    def so_far(self) -> int:
        beats = int(time.monotonic() - self._began)
        return max(0, self._so_far() - self._pushes - beats)

    def _so_far(self) -> int:
        stats = self._redis.info("commandstats")
        assert isinstance(stats, dict)
        return int(stats.get("cmdstat_lpush", {}).get("calls", 0))
