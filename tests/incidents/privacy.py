"""An incident with one word in everything people and monitors can write, made private on the way."""

from dataclasses import dataclass
from datetime import timedelta
from json import dumps

from incidents.models import Alert, AssessmentQuestion, InboundEvent, Incident
from incidents.operations.actions import add_action
from incidents.operations.calls import call_in
from incidents.operations.channels import set_channel
from incidents.operations.circle import make_private
from incidents.operations.editing import edit_summary
from incidents.operations.findings import decide, observe
from incidents.operations.following_up import postmortem_of
from incidents.operations.ingest import take_in
from incidents.operations.links import add_link
from incidents.operations.messages import publish_message
from incidents.operations.notes import add_note, set_now_line
from incidents.operations.postmortems import save_postmortem, version_of
from incidents.operations.questions import answer_question
from incidents.operations.resolving import impact_over, nothing_imminent, resolve
from incidents.operations.roles import hand_over
from incidents.operations.sources import create_source
from incidents.operations.theories import begin_experiment, state_theory
from incidents.operations.topics import set_topic_words
from incidents.photos import remade
from tests.incidents.leading import Lead
from tests.incidents.test_photos import picture

CANARY = "zqcanary"


@dataclass
class Leak:
    """Bram was paged for it and leads it; Carla was called in. Everybody else stands outside."""

    lead: Lead
    incident: Incident

    @property
    def _by(self) -> dict[str, object]:
        return {"incident": self.incident, "actor": self.lead.as_("bram"), "now": self.lead.now}

    def write_everything(self, stage: str) -> None:
        """The word in every field; `stage` keeps two rounds apart."""
        word, by, lead = f"{CANARY} {stage}", self._by, self.lead
        add_note(text=word, **by)
        observe(text=word, **by)
        decide(text=word, why=word, **by)
        theory = state_theory(text=word, **by)
        begin_experiment(text=word, expected=word, theory=theory, **by)
        set_now_line(text=word, **by)
        set_topic_words(words=word, **by)
        edit_summary(text=f"{word} summary", **by)
        for kind in ("chat", "video", "room"):
            set_channel(kind=kind, place=f"https://{CANARY}.example/{stage}/{kind}", **by)
        answer_question(question=AssessmentQuestion.IMPACT, text=word, **by)
        add_link(url=f"https://{CANARY}.example/{stage}", title=word, **by)
        add_link(photo=remade(picture()), title=word, **by)
        hand_over(to=lead.people["bram"], say=word, **by)
        call_in(people=[lead.people["carla"]], message=word, **by)
        self.tell_colleagues(word)

    def tell_colleagues(self, word: str) -> None:
        publish_message(
            audience="internal",
            kind="update",
            status="",
            title=word,
            body=word,
            components={},
            next_update_at=None,
            translations={"nl": {"title": word, "body": word}},
            **self._by,
        )

    def end(self) -> None:
        """Resolved, with a postmortem and an action item."""
        impact_over(at=self.lead.now, **self._by)
        nothing_imminent(**self._by)
        resolve(impact_over_at=None, nothing_is_imminent=True, internal=CANARY, external=None, **self._by)
        version = version_of(postmortem_of(self.incident))
        save_postmortem(body=CANARY, version=version, **self._by)
        add_action(text=CANARY, **self._by)


def leak(lead: Lead) -> Leak:
    """An alert opens it, people write, it is made private, people and the monitor go on."""
    source, _key = create_source(name="Monitor", service=lead.checkout, actor=lead.as_("marc"), now=lead.now)
    say(lead, source.pk, CANARY)
    lead.engine.run()
    made = Leak(lead, Incident.objects.get())
    made.write_everything("before")
    lead.engine.run()
    assert Alert.objects.get().incident == made.incident
    make_private(incident=made.incident, actor=lead.as_("bram"), now=lead.now)
    return made


def say(lead: Lead, source_id: int, word: str) -> InboundEvent:
    body = {"summary": word, "source": word, "severity": "critical", "dedup_key": "1", "labels": {"a": word}}
    return take_in(source_id=source_id, format="json", body=dumps(body).encode(), now=lead.now)


def go_on(made: Leak, hours: int = 2) -> None:
    """What happens after it became private: more words, alerts, ladders that go on, promises that run out."""
    lead = made.lead
    made.write_everything("after")
    say(lead, Alert.objects.get().source_id, CANARY)
    lead.engine.run()
    lead.engine.run_until(lead.now + timedelta(hours=hours), step=timedelta(minutes=5))


def come_to_nothing(made: Leak) -> InboundEvent:
    """The monitor says it all again, in ways of which nothing comes. Returns one that still waits."""
    lead, source_id = made.lead, made.incident.alerts.get().source_id
    fired = lead.now
    lead.engine.clock.move(minutes=1)
    for verb in ("acknowledge", "acknowledge", "close", "close", "acknowledge", "note"):
        body = dumps({"note": CANARY, "user": CANARY}).encode()
        take_in(source_id=source_id, format=f"opsgenie-{verb}", body=body, given_key="1", now=lead.now)
        lead.engine.run()
    late = say(lead, source_id, CANARY)
    InboundEvent.objects.filter(pk=late.pk).update(received_at=fired)
    lead.engine.run()
    return say(lead, source_id, CANARY)
