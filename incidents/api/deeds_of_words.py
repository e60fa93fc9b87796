"""What is written and told: timeline, notes and messages."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.tenancy.actors import Actor
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer
from incidents.api import bodies
from incidents.api.deed import KEY, Body, deed, deed_at
from incidents.models import Incident, Message, TimelineEntry
from incidents.operations import findings, notes
from incidents.operations import messages as telling


class EntrySerializer(ReadSerializer):
    class Meta:
        model = TimelineEntry
        fields = ["kind", "text", "occurred_at", "recorded_at", "actor_kind", "actor_label"]


class MessageSerializer(ReadSerializer):
    written_by = MemberRef()

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
        ]


class WordDeeds:
    @deed(bodies.NoteBody)
    def note(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """A note, observation or decision; `occurred_at` in the past is a late entry."""
        findings.write_down(incident=incident, actor=actor, now=now, **body)

    @deed(bodies.NowLineBody)
    def now_line(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """What we do now, in one sentence. Empty clears it."""
        notes.set_now_line(incident=incident, text=body["text"], actor=actor, now=now)

    @deed(bodies.DraftBody, permission="incidents.publish")
    def draft(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """A draft from the templates, or the one that is there; read it at messages/."""
        telling.draft_message(incident=incident, actor=actor, now=now, **body)

    @extend_schema(responses={200: MessageSerializer(many=True)}, parameters=[KEY])
    @action(detail=True, filter_backends=[])
    def messages(self: Any, request: Request, key: str) -> Response:
        """Drafts and what was published, newest first, a page at a time."""
        rows = Message.objects.filter(incident=self.get_object()).select_related("written_by__user")
        return paged(self, rows, MessageSerializer)

    @deed_at(messages, bodies.MessageBody, permission="incidents.publish")
    def publish(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Tells colleagues or customers: publishes a message."""
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
