"""Plays the stories through the real operations, with the clock in the past and no mail leaving the house."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from incidents.demo.afterwards import look_back
from incidents.demo.stories import Ending, Note, Story, Word
from incidents.models import (
    AlertSource,
    Audience,
    EntryKind,
    Incident,
    IncidentRole,
    Message,
    MessageKind,
    RoleCode,
    Service,
    Severity,
)
from incidents.operations.assessing import confirm, set_severity
from incidents.operations.cancelling import cancel
from incidents.operations.channels import open_usual_room
from incidents.operations.declaring import declare_incident
from incidents.operations.findings import write_down
from incidents.operations.ingest import take_in
from incidents.operations.messages import draft_message, publish_message, tell
from incidents.operations.notes import set_now_line
from incidents.operations.questions import answer_question
from incidents.operations.resolving import close, resolve
from incidents.operations.responding import acknowledge_incident
from incidents.operations.reviewing import approve
from incidents.operations.roles import give_role
from oncall.models import EscalationPolicy, Step
from oncall.operations.resolve import on_call_at

Deed = Callable[[datetime], None]


@dataclass
class Stage:
    """What a story is played with."""

    members: dict[str, Membership]
    services: dict[str, Service]
    sources: dict[str, AlertSource]
    incidents: dict[int, Incident] = field(default_factory=dict)

    def actor(self, handle: str) -> Actor:
        return self.members[handle].as_actor()

    def answering(self, story: Story, at: datetime) -> Membership:
        """Whom the service's schedule names at that moment, unless the story says who."""
        if story.answered_by:
            return self.members[story.answered_by]
        policy = self.services[story.service].policy or EscalationPolicy.objects.get(is_default=True)
        step = Step.objects.filter(policy=policy).order_by("position").first()
        assert step is not None
        schedule = next(target.schedule for target in step.targets.all() if target.schedule is not None)
        return on_call_at(schedule=schedule, at=at)[0].membership


def play(
    stage: Stage, stories: tuple[Story, ...], now: datetime, progress: Callable[[int, int], None]
) -> None:
    """All deeds of all stories in the order of time; what falls due in between is run at its own moment."""
    deeds = sorted(
        (
            (now - timedelta(hours=story.hours_ago) + timedelta(minutes=minute), number, order, deed)
            for number, story in enumerate(stories)
            for order, (minute, deed) in enumerate(_deeds(stage, number, story, now))
        ),
        key=lambda entry: entry[:3],
    )
    for done, (moment, _number, _order, deed) in enumerate(deeds, start=1):
        if moment <= now:
            deed(moment)
            run_everything(moment)
        progress(done, len(deeds))


def run_everything(moment: datetime) -> None:
    """What falls due in the room and in the pager. The status page is written once, at the end."""
    for work in clock.works():
        if work.name.startswith(("incidents.", "oncall.")):
            clock.run_due(work.name, moment)


def _deeds(stage: Stage, number: int, story: Story, now: datetime) -> list[tuple[float, Deed]]:
    """The minutes and deeds of one story, in order."""
    deeds: list[tuple[float, Deed]] = [(0, partial(_begin, stage, number, story))]
    deeds.append((story.answered_after, partial(_answer, stage, number, story)))
    if story.ending == Ending.FALSE_ALARM:
        deeds.append((story.minutes, partial(_false_alarm, stage, number, story)))
        return deeds
    if story.ending == Ending.RECOVERED:
        deeds.append((story.minutes - 11, partial(_post, stage, story, "resolved")))
        deeds.append((story.minutes, lambda at: None))
        return deeds
    deeds.append((story.answered_after + 1, partial(_lead, stage, number, story)))
    deeds += [(word.minute, partial(_tell, stage, number, story, word)) for word in story.words]
    deeds += [(note.minute, partial(_write, stage, number, note)) for note in story.notes]
    if story.ending == Ending.RESOLVED:
        deeds.append((story.minutes, partial(_end, stage, number, story)))
        deeds.append((story.minutes + 600, partial(_close, stage, number)))
        deeds.append((story.minutes + 2880, partial(_look_back, stage, number)))
    return deeds


def _begin(stage: Stage, number: int, story: Story, at: datetime) -> None:
    service = stage.services[story.service]
    if story.alert:
        _post(stage, story, "firing", at)
        run_everything(at)
        found = Incident.objects.filter(service=service).order_by("-number").first()
        assert found is not None, story.summary
        stage.incidents[number] = found
        return
    stage.incidents[number] = declare_incident(
        text=story.summary,
        service=service,
        severity=Severity.objects.get(rank=story.severity),
        found_by=story.found_by,
        found_via=story.found_via,
        declared_by=stage.members[story.teller],
        actor=stage.actor(story.teller),
        now=at,
    )


def _post(stage: Stage, story: Story, status: str, at: datetime) -> None:
    """What Alertmanager would have posted."""
    severity = {1: "critical", 2: "error", 3: "warning"}[story.severity]
    labels = {"alertname": story.alert, "severity": severity, **story.labels}
    alert = {
        "status": status,
        "labels": labels,
        "annotations": {"summary": story.summary},
        "startsAt": at.isoformat(),
        "endsAt": at.isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.harbour.test/graph",
        "fingerprint": sha256(f"{story.alert}{story.service}".encode()).hexdigest()[:16],
    }
    body = {
        "version": "4",
        "status": status,
        "groupKey": story.alert,
        "truncatedAlerts": 0,
        "alerts": [alert],
    }
    source = stage.sources[story.service]
    take_in(source_id=source.pk, format="alertmanager", body=json.dumps(body).encode(), now=at)


def _answer(stage: Stage, number: int, story: Story, at: datetime) -> None:
    member = stage.answering(story, at)
    acknowledge_incident(incident=stage.incidents[number], membership=member, actor=member.as_actor(), now=at)


# What the lead finds out first, by severity.
ANSWERS = {
    1: (("experience", "cannot_use"), ("reach", "all")),
    2: (("experience", "main_broken"), ("reach", "some")),
    3: (("experience", "slow"),),
}


def _lead(stage: Stage, number: int, story: Story, at: datetime) -> None:
    """Confirmed, a severity, the usual room, the roles."""
    incident, lead = stage.incidents[number], stage.answering(story, at).as_actor()
    incident = confirm(incident=incident, customers_notice=bool(story.words), actor=lead, now=at)
    incident = set_severity(
        incident=incident, severity=Severity.objects.get(rank=story.severity), actor=lead, now=at
    )
    open_usual_room(incident=incident, actor=lead, now=at)
    for question, choice in (("impact", "external" if story.words else "nobody"), *ANSWERS[story.severity]):
        answer_question(incident=incident, question=question, choices=[choice], actor=lead, now=at)
    for code, handle in ((RoleCode.TECH_LEAD, story.tech_lead), (RoleCode.COMMS, story.comms)):
        if handle:
            role = IncidentRole.objects.get(code=code)
            incident.refresh_from_db()
            give_role(incident=incident, role=role, membership=stage.members[handle], actor=lead, now=at)
    if story.now_line:
        incident.refresh_from_db()
        set_now_line(incident=incident, text=story.now_line, actor=lead, now=at)
    stage.incidents[number].refresh_from_db()


def _tell(stage: Stage, number: int, story: Story, word: Word, at: datetime) -> None:
    """The first words go to colleagues as well."""
    incident = Incident.objects.get(pk=stage.incidents[number].pk)
    who = stage.actor(story.comms or "anna")
    component = stage.services[story.service].component
    assert component is not None
    first = word is story.words[0]
    if first:
        draft = draft_message(
            incident=incident, audience=Audience.INTERNAL, kind=MessageKind.START, actor=who, now=at
        )
        publish_message(
            incident=incident,
            audience=Audience.INTERNAL,
            kind=MessageKind.START,
            status="investigating",
            title=draft.title,
            body=draft.body,
            components={},
            next_update_at=None,
            actor=who,
            now=at,
        )
    message = tell(
        incident=Incident.objects.get(pk=incident.pk),
        audience=Audience.EXTERNAL,
        kind=MessageKind.START if first else MessageKind.UPDATE,
        status=word.step,
        title=story.title,
        body=word.text,
        components={component.uid: word.status} if word.status else {},
        next_update_at=at + timedelta(minutes=40),
        actor=who,
        now=at,
    )
    _read(stage, message, who, at)


def _read(stage: Stage, message: Message, writer: Actor, at: datetime) -> None:
    """Own words to customers are read by a second person: Anna, or Bram where they are hers."""
    if message.published_at is None:
        reader = stage.actor("bram" if writer.label == stage.actor("anna").label else "anna")
        approve(incident=message.incident, uid=message.uid, as_of=message.written_at, actor=reader, now=at)


def _write(stage: Stage, number: int, note: Note, at: datetime) -> None:
    write_down(
        incident=Incident.objects.get(pk=stage.incidents[number].pk),
        text=note.text,
        kind=EntryKind.DECISION if note.decision else EntryKind.NOTE,
        actor=stage.actor(note.who),
        now=at,
    )


def _end(stage: Stage, number: int, story: Story, at: datetime) -> None:
    if story.alert:
        _post(stage, story, "resolved", at)
        run_everything(at)
    over = at - timedelta(minutes=4)
    incident = Incident.objects.get(pk=stage.incidents[number].pk)
    who = stage.answering(story, at).as_actor()
    resolve(
        incident=incident,
        impact_over_at=over,
        internal="It is over, and nothing is about to come back. No further messages about this one.",
        external="Everything works again. We will say what happened when we know all of it.",
        nothing_is_imminent=True,
        actor=who,
        now=at,
    )
    waiting = Message.objects.filter(incident=incident, published_at=None, review_asked_at__isnull=False)
    for message in waiting:
        _read(stage, message, who, at)


def _close(stage: Stage, number: int, at: datetime) -> None:
    close(incident=Incident.objects.get(pk=stage.incidents[number].pk), actor=stage.actor("anna"), now=at)


def _look_back(stage: Stage, number: int, at: datetime) -> None:
    incident = Incident.objects.select_related("tenant").get(pk=stage.incidents[number].pk)
    look_back(incident, stage.members["bram"], stage.actor("bram"), at)


def _false_alarm(stage: Stage, number: int, story: Story, at: datetime) -> None:
    who = stage.answering(story, at).as_actor()
    cancel(
        incident=Incident.objects.get(pk=stage.incidents[number].pk), reason="false_alarm", actor=who, now=at
    )
    _post(stage, story, "resolved", at + timedelta(minutes=5))
