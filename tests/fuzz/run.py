"""Posts what is asked, works the queue now and then, and keeps the books."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from config.tenancy.scoping import tenant_scope
from incidents.models import Alert
from tests.fuzz.answers import Answer, faults_of, stores
from tests.fuzz.asking import Ask
from tests.fuzz.books import Books
from tests.fuzz.sending import Sender
from tests.fuzz.traces import Tracer, incidents_of, work_all
from tests.fuzz.world import World

WORK_EVERY = 500
# A new world is quicker than an old one that has ten thousand alerts.
WORLD_LASTS = 5_000


class Run:
    """`findings` in words; `by` counts answers by (address, status), `outcomes` by (format, outcome).

    `wait` is called where what is left in the queue is in other hands, or was put off for a second.
    `others`: this process is not alone at the queue.
    """

    def __init__(self, wait: Callable[[], object], *, others: bool = False) -> None:
        self.wait, self.others = wait, others
        self.books = Books()
        self._fresh_world()

    def _fresh_world(self) -> None:
        self.world = World()
        self.sender = Sender(self.world.keys)
        self.tracer = Tracer(self.world.ids, others=self.others)
        self._expected: int | None = 0

    def take(self, ask: Ask) -> None:
        books = self.books
        answer = self.sender.send(ask)
        books.posts += 1
        books.by[answer.name, answer.status] += 1
        books.findings += [f"{why}  <- {ask}" for why in faults_of(ask, answer)]
        if stores(ask, answer):
            self._expected = None if self._expected is None else self._expected + 1
            self._remember(answer)
        if books.posts % WORK_EVERY == 0:
            self.settle()
        if books.posts % WORLD_LASTS == 0:
            books.incidents += incidents_of(self.world.ids)
            self._fresh_world()

    def _remember(self, answer: Answer) -> None:
        if answer.family == "opsgenie":
            self.sender.request = answer.headers["x-request-id"]

    def settle(self) -> None:
        """Works what was posted, and follows all of it."""
        work_all(self.world.ids, self.wait)
        traced, books = self.tracer.look(), self.books
        if self._expected not in (None, traced.events):
            books.findings.append(f"{self._expected} posts were accepted, {traced.events} are kept")
        books.kept, self._expected = books.kept + traced.events, 0
        books.findings += traced.findings
        books.outcomes += traced.by_format
        with tenant_scope(self.world.ids[0]):
            newest = Alert.objects.order_by("-id").values_list("uid", flat=True).first()
        self.sender.uid = newest or self.sender.uid

    def expect_any(self) -> None:
        """Somebody else posted as well: how many were accepted is not known here."""
        self._expected = None

    def end(self) -> Books:
        self.settle()
        self.books.incidents += incidents_of(self.world.ids)
        return self.books


def generate(
    run: Run,
    count: int,
    strategy: SearchStrategy[Ask],
    *,
    decorate: Callable[[Any], Any] = lambda test: test,
    **how: Any,
) -> None:
    """`count` requests of Hypothesis. Nothing is shrunk, and nothing raises: what is found is listed.

    `decorate` may give it a seed; `how` are more of its settings.
    """

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **how,
    )
    @given(strategy)
    def post(ask: Ask) -> None:
        run.take(ask)

    decorate(post)()
