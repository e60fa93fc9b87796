"""What is known of an incident at one moment, as plain values. Pure: no ORM, no clock.

`facts_of` (incidents.facts) reads it from rows; `incidents.phases` and `incidents.next_action` decide by it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum


class Phase(StrEnum):
    DETECTED = "detected"
    COORDINATING = "coordinating"
    ASSESSING = "assessing"
    COMMUNICATING = "communicating"
    ESCALATING = "escalating"
    DELEGATING = "delegating"
    RESOLVING = "resolving"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


# The seven phases of work, in their order; the rest are ends.
OPEN = (
    Phase.DETECTED,
    Phase.COORDINATING,
    Phase.ASSESSING,
    Phase.COMMUNICATING,
    Phase.ESCALATING,
    Phase.DELEGATING,
    Phase.RESOLVING,
)
ORDER = {phase: number for number, phase in enumerate((*OPEN, Phase.RESOLVED, Phase.CLOSED), start=1)}

# SEV1 and SEV2 are emergencies; an unknown severity counts as SEV2.
UNKNOWN_RANK = 2
BIG_RANK = 2


class Question(StrEnum):
    """What people may answer "later" or "not needed" to (Incident.put_off)."""

    TELL = "tell"  # held back, nobody notices, or not yet
    ROLES = "roles"  # first responders suffice
    GIVE_ROLE = "give_role"
    IMPACT = "impact"  # still going on
    RESOLVE = "resolve"  # watching until a time
    SEVERITY = "severity"  # whether "may be SEV1" is SEV1
    ANSWERS = "answers"  # the six questions
    MANAGER = "manager"  # the manager is away
    CAUSE = "cause"  # recovered, and nobody knows why


@dataclass(frozen=True)
class Viewer:
    """Who looks. `is_paged`: one of the running ladders has called this person and waits for an answer.

    `is_called_in`: it is a further call, whose answers are coming, in 10 minutes and cannot.
    """

    is_paged: bool = False
    is_called_in: bool = False
    is_manager: bool = False
    uid: str = ""
    may_publish: bool = False


@dataclass(frozen=True)
class Facts:
    """All moments are aware. `at` is when this was read; `zone` is what the reader's clock shows.

    A ladder is *first* when it belongs to the service or the default policy, *further* when somebody called
    in a person, role or team. `roles_given` counts what people ever gave or took, not the first to
    acknowledge, who is manager without anybody's doing.
    """

    at: datetime
    zone: tzinfo = UTC
    key: str = ""
    phase: Phase = Phase.DETECTED
    viewer: Viewer | None = None

    declared_at: datetime | None = None
    started_at: datetime | None = None
    acknowledged_at: datetime | None = None
    confirmed_at: datetime | None = None
    customers_notice: bool | None = None
    held_until: datetime | None = None
    # Held for maintenance, not for the office.
    in_maintenance: bool = False

    severity_rank: int | None = None
    severity_word: str = ""
    severity_provisional: bool = True
    answers: int = 0

    places: frozenset[str] = frozenset()
    managers: int = 0
    has_tech_lead: bool = False
    has_comms: bool = False
    two_hats: bool = False
    roles_given: int = 0
    # Names of roles nobody has, that have somebody to be called, and whose call does not run.
    callable_roles: tuple[str, ...] = ()
    # Name and uid of teams to call in, where alerts of several services say that it is wider than one.
    callable_teams: tuple[tuple[str, str], ...] = ()
    # Who answered a further call and has no role yet.
    here_without_role: tuple[str, ...] = ()

    first_ladder_runs: bool = False
    nobody_answered: bool = False
    ladders_running: int = 0
    being_paged: tuple[str, ...] = ()
    # "Anna: e-mail sent 03:07", one for each who is being called by a first ladder.
    being_paged_how: tuple[str, ...] = ()
    paged_next: str = ""
    # Whoever looks is the one that is called next.
    paged_next_is_me: bool = False
    paged_next_at: datetime | None = None
    calls_made: int = 0
    calls_answered: int = 0

    drafted: int = 0
    told_internal_at: datetime | None = None
    told_external_at: datetime | None = None
    final_internal: bool = False
    final_external: bool = False
    finals_waived: bool = False
    notice_open: bool = False
    next_update_at: datetime | None = None

    work: int = 0
    alerts: int = 0
    alerts_firing: int = 0
    alerts_clear_at: datetime | None = None

    # Codes of the six questions that have no answer, in their order; those put to somebody, with whom.
    unanswered: tuple[str, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    # Whom to ask with one tap: the name, and the role's uid.
    ask_whom: str = ""
    ask_role: str = ""
    # What the answers suggest: a rank, and why in words. None: they suggest nothing.
    suggested_rank: int | None = None
    suggested_word: str = ""
    suggested_why: str = ""
    cases: int = 0
    # May be a breach of privacy or security, or loss of data.
    security: bool = False

    # Audiences whose draft waits for a second reader; of the newest: its title, whose words they are (no
    # name: an API key's), since when, who was asked, from when the manager may publish alone (None: never).
    waiting_for_reader: tuple[str, ...] = ()
    words_title: str = ""
    words_by: str = ""
    words_by_uid: str = ""
    words_since: datetime | None = None
    readers_asked: tuple[str, ...] = ()
    alone_from: datetime | None = None
    components_down: int = 0

    # Who has the room open and has no role; the manager, where away or no longer on duty.
    online_without_role: tuple[str, ...] = ()
    # The uid of the first of those here or online without a role: whom the next role is given to.
    newcomer: str = ""
    absent_manager: str = ""
    absent_since: datetime | None = None
    # Who has more than one role.
    two_hats_of: tuple[str, ...] = ()
    held_back_until: datetime | None = None
    held_back_why: str = ""
    held_back_by: str = ""

    observations: int = 0
    theories_open: int = 0
    theories_proven: int = 0
    experiments_open: int = 0
    # How often the loop of R39 went round: experiments that have ended.
    iterations: int = 0
    cause_unknown: bool = False

    # owed, draft, published, waived, or empty: nothing is asked. Due: an ISO date.
    postmortem: str = ""
    postmortem_due: str = ""
    actions_open: int = 0
    actions_unplanned: int = 0
    playbook_open: int = 0

    impact_over_at: datetime | None = None
    nothing_imminent_at: datetime | None = None
    resolved_at: datetime | None = None
    put_off: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_open(self) -> bool:
        return self.phase in OPEN

    @property
    def is_big(self) -> bool:
        """SEV1 or SEV2."""
        return (self.severity_rank or UNKNOWN_RANK) <= BIG_RANK

    @property
    def severity_confirmed(self) -> bool:
        return self.severity_rank is not None and not self.severity_provisional

    @property
    def owes_external(self) -> bool:
        """Whether customers wait for a first word: unless nobody notices, or it is held back until later."""
        excused = self.customers_notice is False or Question.TELL in self.put_off
        return self.told_external_at is None and not excused

    @property
    def owes_internal(self) -> bool:
        return self.told_internal_at is None and Question.TELL not in self.put_off

    @property
    def since(self) -> datetime:
        return self.started_at or self.declared_at or self.at

    @property
    def words_wait(self) -> bool:
        """Whether words to customers are written and wait for a second reader."""
        return "external" in self.waiting_for_reader

    def clock(self, moment: datetime) -> str:
        """03:01, with the weekday when it is not today, on the reader's clock."""
        local, today = moment.astimezone(self.zone), self.at.astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%a %H:%M}"


def whole_minutes(span: timedelta) -> int:
    """Full minutes, never below zero."""
    return max(0, int(span.total_seconds() // 60))
