"""What watches Muster from outside: is it alive, can it answer, is anything late, and figures.

None of it needs a tenant or a sign-in, and none of it tells one tenant from another.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, wraps

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from config import clock
from config.tenancy.models import Pulse
from config.tenancy.peers import is_loopback

RED_AFTER = timedelta(seconds=30)
PULSES = ("beat", "watchdog")
View = Callable[[HttpRequest], HttpResponse]


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Reads nothing: a database that is away is no reason to kill the process."""
    return _words("ok")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 where requests can be served: the database answers and every migration is applied."""
    try:
        missing = _on_disk() - set(MigrationRecorder(connection).applied_migrations())
    except DatabaseError:
        return _words("The database cannot be reached.", 503)
    if missing:
        return _words(f"{len(missing)} migrations are not applied. Run manage.py migrate.", 503)
    return _words("ready")


@dataclass(frozen=True)
class EngineState:
    """How late the engine is. Ages in seconds; None: nothing is due, or no pulse was ever seen."""

    late: dict[str, float | None]
    pulses: dict[str, float | None]

    @property
    def red(self) -> list[str]:
        """One sentence for each thing that is wrong; empty when all is well."""
        limit = RED_AFTER.total_seconds()
        found = [f"{name} is {age:.0f} s late." for name, age in self.late.items() if age and age > limit]
        for name, age in self.pulses.items():
            if age is None:
                found.append(f"{name} was never seen.")
            elif age > limit:
                found.append(f"{name} was last seen {age:.0f} s ago.")
            elif age < -limit:
                found.append(f"{name} was seen {-age:.0f} s in the future: the database's clock went back.")
        return found


def engine_state(now: datetime) -> EngineState:
    """One query per kind of due work, one for the pulses."""
    late = {work.name: _age(work.oldest_due(now), now) for work in clock.works()}
    seen = dict(Pulse.objects.values_list("name", "at"))
    return EngineState(late, {name: _age(seen.get(name), now) for name in PULSES})


@never_cache
def engine(request: HttpRequest) -> HttpResponse:
    """503 when something has been due for over 30 s, or beat or the watchdog has been silent that long."""
    try:
        state = engine_state(clock.now())
    except DatabaseError:
        return _words("The database cannot be reached.", 503)
    red = state.red
    body = {"status": "red" if red else "green", "why": red, "oldest_due": state.late, "pulses": state.pulses}
    return JsonResponse(body, status=503 if red else 200)


def guarded(view: View) -> View:
    """For this machine itself, or for who has METRICS_TOKEN; a missing page to anybody else."""

    @wraps(view)
    def inner(request: HttpRequest) -> HttpResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        wanted: str = settings.METRICS_TOKEN
        has_token = scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), wanted.encode())
        if not (is_loopback(request) or (wanted and has_token)):
            raise Http404
        return view(request)

    return inner


@never_cache
@guarded
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, computed from rows at each request: right whichever process answers."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(clock.now()))
    return HttpResponse(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


Figures = Callable[[datetime], Iterable[Metric]]
_figures: list[Figures] = []


def add_figures(figures: Figures) -> None:
    """Called from AppConfig.ready() by an app with figures of its own. No label may name a tenant."""
    _figures.append(figures)


class _Figures:
    """A prometheus collector over rows."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterable[Metric]:
        state = engine_state(self.now)
        due = GaugeMetricFamily(
            "muster_due_oldest_seconds", "Age of the oldest row that is due.", labels=["work"]
        )
        for name, age in state.late.items():
            due.add_metric([name], age or 0.0)
        yield due
        pulse = GaugeMetricFamily(
            "muster_pulse_age_seconds", "Seconds since a process was seen.", labels=["name"]
        )
        for name, age in state.pulses.items():
            if age is not None:
                pulse.add_metric([name], age)
        yield pulse
        yield GaugeMetricFamily("muster_engine_red", "1 when /health/engine is red.", value=bool(state.red))
        for figures in _figures:
            yield from figures(self.now)


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round((now - moment).total_seconds(), 1)


@lru_cache(maxsize=1)
def _on_disk() -> frozenset[tuple[str, str]]:
    """The migrations of this code. They do not change while it runs."""
    disk = MigrationLoader(None).disk_migrations
    return frozenset(disk) if disk else frozenset()


def _words(text: str, status: int = 200) -> HttpResponse:
    response = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
