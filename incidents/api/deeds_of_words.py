"""What is written and told: timeline, notes and messages."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.tenancy.actors import Actor
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer
from incidents.api import bodies
from incidents.api import bodies_of_words as words
from incidents.api.deed import KEY, Body, deed, deed_at
from incidents.api.detail import IncidentDetailSerializer
from incidents.models import Audience, Incident, Message, TimelineEntry
from incidents.operations import findings, notes, reviewing, withdrawing
from incidents.operations import messages as telling
from incidents.operations.forbidden import slips_in


class EntrySerializer(ReadSerializer):
    class Meta:
        model = TimelineEntry
        fields = ["kind", "text", "occurred_at", "recorded_at", "actor_kind", "actor_label"]


class WarningSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["key", "severity", "service", "host", "person"])
    word = serializers.CharField()
    words = serializers.CharField()


class MessageSerializer(ReadSerializer):
    """`warnings` are of words to customers that are not out yet: what should not stand there. They never
    forbid.
    """

    written_by = MemberRef()
    review_asked_by = MemberRef()
    reviewed_by = MemberRef()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = [
            "uid",
            "audience",
            "kind",
            "status",
            "title",
            "body",
            "components",
            "next_update_at",
            "written_at",
            "written_by",
            "published_at",
            "published_by_label",
            "recipients",
            "translations",
            "postmortem",
            "review_asked_at",
            "review_asked_by",
            "reviewed_at",
            "reviewed_by",
            "alone",
            "warnings",
        ]

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, message: Message) -> list[dict[str, str]]:
        if message.published_at is not None or message.audience != Audience.EXTERNAL:
            return []
        texts = [message.title, message.body]
        texts += [text for said in message.translations.values() for text in said.values()]
        slips = slips_in(message.incident, texts)
        return [{"kind": slip.kind, "word": slip.word, "words": slip.words} for slip in slips]


class DraftedSerializer(IncidentDetailSerializer):
    """The incident, and the draft."""

    message = MessageSerializer()

    class Meta(IncidentDetailSerializer.Meta):
        fields = [*IncidentDetailSerializer.Meta.fields, "message"]


class WordDeeds:
    @deed(bodies.NoteBody)
    def note(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """A note, observation or decision; `occurred_at` in the past is a late entry."""
        findings.write_down(incident=incident, actor=actor, now=now, **body)

    @deed(bodies.NowLineBody)
    def now_line(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """What we do now, in one sentence. Empty clears it."""
        notes.set_now_line(incident=incident, text=body["text"], actor=actor, now=now)

    @deed(words.NewDraftBody, permission="incidents.publish", answer=DraftedSerializer)
    def draft(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> dict[str, Any]:
        """A draft from the templates in all languages, or the one that is there, with what customers should
        not
        read in it."""
        drafted = telling.draft_message(incident=incident, actor=actor, now=now, **body)
        return {"message": MessageSerializer(drafted).data}

    @deed(words.WordsBody, permission="incidents.publish")
    def ask_review(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Keeps words to customers as a draft, and asks somebody else to read them."""
        reviewing.put_to_readers(incident=incident, actor=actor, now=now, **body)

    @deed(words.ApproveBody, permission="incidents.publish")
    def approve(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """I have read it: publishes what waits. 409 for whoever wrote it, and for a key."""
        reviewing.approve(incident=incident, uid=body["message"], as_of=body["as_of"], actor=actor, now=now)

    @deed(words.AgainBody, permission="incidents.publish")
    def tell_again(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """The last words once more, and the next ones promised in so many minutes."""
        ahead = timedelta(minutes=body["minutes"])
        telling.tell_again(incident=incident, ahead=ahead, actor=actor, now=now)

    @deed(permission="incidents.publish")
    def withdraw(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Takes public words back after a false alarm or a merge. Wants the manager."""
        withdrawing.withdraw(incident=incident, actor=actor, now=now)

    @extend_schema(responses={200: MessageSerializer(many=True)}, parameters=[KEY])
    @action(detail=True, filter_backends=[])
    def messages(self: Any, request: Request, key: str) -> Response:
        """Drafts and what was published, newest first, a page at a time."""
        rows = Message.objects.filter(incident=self.get_object())
        rows = rows.select_related(
            "incident", "written_by__user", "review_asked_by__user", "reviewed_by__user"
        )
        return paged(self, rows, MessageSerializer)

    @deed_at(messages, words.MessageBody, permission="incidents.publish")
    def publish(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Tells colleagues or customers: publishes a message. 409 where own words to customers are read
        first by
        somebody else: ask_review them."""
        telling.publish_message(incident=incident, actor=actor, now=now, **body)

    @extend_schema(responses={200: EntrySerializer(many=True)}, parameters=[KEY])
    @action(detail=True, filter_backends=[])
    def timeline(self: Any, request: Request, key: str) -> Response:
        """All that happened, newest first, a page at a time."""
        return paged(self, TimelineEntry.objects.filter(incident=self.get_object()), EntrySerializer)


def paged(view: Any, rows: QuerySet[Any], serializer: type[serializers.Serializer[Any]]) -> Response:
    """Rows below an incident: by id, not by number."""
    view.newest_first_by = "-id"
    page = view.paginate_queryset(rows)
    answer: Response = view.get_paginated_response(serializer(page, many=True).data)
    return answer
