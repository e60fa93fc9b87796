"""What the acknowledge page shows of one page to one person: drawn by templates/incidents/page/."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from config.tenancy import links
from config.tenancy.models import Tenant
from incidents.models import Call, CallKind, Incident, Phase
from incidents.times import clock_words, duration_words
from oncall.card import Card
from oncall.models import Escalation, EscalationState, Page
from oncall.operations.progress import NextInLine, SoFar

UNDO = timedelta(minutes=10)
NIGHT = range(7)  # "nothing left for you tonight", from 22:00 to 07:00 on the reader's clock
EVENING = 22


@dataclass(frozen=True)
class Link:
    words: str
    url: str


@dataclass
class PageView:
    """`state`: paging, one_of (of several that it asks for), mine, taken, cannot, given, snoozed, over,
    expired; of a test: test, over, expired.

    `call` is None for a page without an incident: a test of one's own pager.
    """

    page: Page
    tenant: Tenant
    now: datetime
    call: Call | None
    state: str = "paging"
    # This person has said so for this call-in.
    cannot: bool = False
    line: NextInLine | None = None
    spared: list[str] = field(default_factory=list)
    folded: list[Escalation] = field(default_factory=list)
    # Open incidents that this person took together with this one, out of the same page.
    together: list[Incident] = field(default_factory=list)
    alerts: int = 0
    links: list[Link] = field(default_factory=list)
    # Of a ladder that asks for several: who has it so far.
    so_far: SoFar | None = None
    # To whom it was given, so that it is this person's no more.
    given_to: list[str] = field(default_factory=list)

    @property
    def is_test(self) -> bool:
        return bool(self.escalation.is_test)

    @property
    def may_be_answered(self) -> bool:
        return self.state in {"paging", "one_of", "mine", "snoozed"}

    @property
    def escalation(self) -> Escalation:
        escalation: Escalation = self.page.escalation
        return escalation

    @property
    def incident(self) -> Incident | None:
        return self.call.incident if self.call else None

    @cached_property
    def card(self) -> Card:
        return self.escalation.card

    # --- words ---

    @property
    def template(self) -> str:
        return f"incidents/page/{self.state}.html"

    @property
    def key(self) -> str:
        return self.card.key

    @property
    def private(self) -> bool:
        """As it is now, not as it was when the page was sent."""
        return self.incident.private if self.incident else self.card.private

    @property
    def title(self) -> str:
        return self.incident.summary if self.incident else self.card.title

    @property
    def service(self) -> str:
        return self.card.service

    @property
    def severity_word(self) -> str:
        return self.card.severity_word.rstrip("?")

    @property
    def provisional(self) -> bool:
        return self.card.severity_word.endswith("?")

    @property
    def severity_rank(self) -> int:
        return self.card.severity_rank

    @property
    def message(self) -> str:
        return "" if self.private else self.escalation.message

    @property
    def called_by(self) -> str:
        by_person = self.call is not None and self.call.kind not in (CallKind.SERVICE, CallKind.DEFAULT)
        return self.escalation.called_by if by_person else ""

    @property
    def is_call_in(self) -> bool:
        """One was called in further: coming, in 10 minutes or cannot, where others say "I've got it"."""
        return self.call is not None and not self.call.is_first

    @property
    def now_line(self) -> str:
        """The one sentence on top of every screen; nobody without a sign-in reads it of a private one."""
        return "" if self.incident is None or self.private else self.incident.now_line

    @property
    def expected_words(self) -> str:
        at = self.call.expected_at if self.call and self.state == "mine" else None
        return clock_words(at, self.now) if at else ""

    @property
    def person(self) -> str:
        return str(self.page.membership)

    @property
    def status_word(self) -> str:
        return {
            "paging": _("pages you"),
            "mine": _("is yours"),
            "taken": _("is taken"),
            "cannot": _("you cannot"),
            "snoozed": _("is quiet"),
            "over": _("is over"),
            "expired": _("old link"),
            "one_of": _("is yours too"),
            "given": _("is not yours any more"),
            "test": _("test of your pager"),
        }[self.state]

    @property
    def details(self) -> bool:
        return self.state in {"paging", "one_of", "mine", "taken", "cannot", "snoozed"}

    # --- times ---

    @property
    def sent_at(self) -> datetime:
        return self.page.first_sent_at or self.page.created_at

    @property
    def since_words(self) -> str:
        return clock_words(self.card.since, self.now)

    @property
    def taken_words(self) -> str:
        at = self.escalation.acknowledged_at
        return clock_words(at, self.now) if at else ""

    @property
    def snoozed_words(self) -> str:
        at = self.escalation.snoozed_until
        return clock_words(at, self.now) if at else ""

    @property
    def yours_until_words(self) -> str:
        """When the acknowledgement runs out; empty where it does not."""
        at = self.escalation.ack_expires_at
        return clock_words(at, self.now) if at else ""

    @property
    def have_words(self) -> str:
        """ "1 of 2 have it."; empty where one is enough, or nobody has."""
        if self.so_far is None:
            return ""
        words = {"have": len(self.so_far.people), "needed": self.so_far.needed}
        return _("%(have)s of %(needed)s have it.") % words

    @property
    def next_at_words(self) -> str:
        return clock_words(self.line.at, self.now) if self.line else ""

    @property
    def night(self) -> bool:
        hour = timezone.localtime(self.now).hour
        return hour in NIGHT or hour >= EVENING

    # --- who ---

    @property
    def next_names(self) -> list[str]:
        return self.line.names if self.line else []

    @property
    def next_is_me(self) -> bool:
        return self.line is not None and self.line.people == {self.page.membership_id}

    @property
    def not_called(self) -> list[str]:
        """Who would have been next, had this person not answered."""
        return [name for name in self.spared if name != self.person]

    @property
    def taken_by(self) -> str:
        return str(self.escalation.acknowledged_by or "")

    @property
    def nobody_answered(self) -> bool:
        return self.escalation.state == EscalationState.EXHAUSTED

    @property
    def all(self) -> int:
        return len(self.folded) + 1

    # --- what may be done ---

    @property
    def may_be_false(self) -> bool:
        """Only what nobody has confirmed can turn out to be a false alarm from here."""
        return self.incident is not None and self.incident.is_open and self.incident.confirmed_at is None

    @property
    def undo_minutes(self) -> int:
        """Whole minutes in which this person's acknowledgement, or the false alarm, can be taken back."""
        done = self.escalation.acknowledged_at if self.state == "mine" else self._cancelled_at
        return max(0, -(-int((done + UNDO - self.now).total_seconds()) // 60)) if done else 0

    @property
    def _cancelled_at(self) -> datetime | None:
        over = self.incident if self.state == "over" else None
        return over.cancelled_at if over and over.phase == Phase.CANCELLED else None

    @property
    def open(self) -> bool:
        return self.incident is not None and self.incident.is_open

    @property
    def over_words(self) -> str:
        incident = self.incident
        ended = incident and (incident.resolved_at or incident.cancelled_at or incident.merged_at)
        if self.is_test:
            return _("This test is over.")
        if not incident or not ended:
            return _("Over.")
        if incident.phase == Phase.CANCELLED:
            return _("%(what)s, %(at)s.") % {
                "what": incident.get_cancel_reason_display().capitalize(),
                "at": clock_words(ended, self.now),
            }
        lasted = duration_words(ended - (incident.started_at or incident.declared_at))
        return _("Over since %(at)s, after %(lasted)s.") % {
            "at": clock_words(ended, self.now),
            "lasted": lasted,
        }

    @property
    def room_url(self) -> str:
        if self.incident is None:
            return links.tenant(self.tenant.slug, "pager") if self.is_test else links.tenant(self.tenant.slug)
        return links.incident(self.tenant.slug, self.incident.number)
