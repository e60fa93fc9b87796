"""Deeds of phase 2: topic, links, photos."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.tenancy.actors import Actor
from config.tenancy.api.parsers import BoundedJSONParser
from config.tenancy.api.people import MemberRef
from config.tenancy.api.serializers import ReadSerializer
from incidents.api.bodies_of_places import LinkBody, RemoveLinkBody, TopicBody
from incidents.api.deed import KEY, Body, deed, deed_at
from incidents.api.deeds_of_words import paged
from incidents.models import Incident, Link
from incidents.operations import links, topics
from incidents.operations.standing import LEADS_OR_SPEAKS
from incidents.photos import BadPhoto, remade, too_large
from incidents.pictures import picture_of

PICTURE = OpenApiParameter("link", str, OpenApiParameter.PATH, description="The link's uid.")


class LinkSerializer(ReadSerializer):
    added_by = MemberRef()
    has_picture = serializers.SerializerMethodField(help_text="Get it at links/<uid>/picture/.")

    class Meta:
        model = Link
        fields = [
            "uid",
            "kind",
            "title",
            "url",
            "has_picture",
            "width",
            "height",
            "occurred_at",
            "added_at",
            "added_by",
            "added_by_label",
        ]

    def get_has_picture(self, link: Link) -> bool:
        return bool(link.image)


class PlaceDeeds:
    @deed(TopicBody)
    def topic(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """People's own words behind the generated topic. It follows the facts by itself."""
        topics.set_topic_words(incident=incident, words=body["words"], actor=actor, now=now)

    @extend_schema(responses={200: LinkSerializer(many=True)}, parameters=[KEY])
    @action(detail=True, filter_backends=[], parser_classes=[BoundedJSONParser, MultiPartParser])
    def links(self: Any, request: Request, key: str) -> Response:
        """Links, dashboards and screenshots, newest first, a page at a time."""
        rows = Link.objects.filter(incident=self.get_object(), removed_at=None)
        return paged(self, rows.select_related("added_by__user"), LinkSerializer)

    @deed_at(links, LinkBody, permission=LEADS_OR_SPEAKS)
    def add_link(self: Any, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Adds an address, or a photo: it is made anew, without where and with what it was taken."""
        said = dict(body)
        photo = said.pop("photo", None)
        if getattr(self.request._request, "upload_too_large", False):
            raise ValidationError({"photo": [too_large()]})
        try:
            made = remade(photo.read()) if photo is not None else None
        except BadPhoto as bad:
            raise ValidationError({"photo": [str(bad)]}) from None
        links.add_link(incident=incident, photo=made, actor=actor, now=now, **said)

    @extend_schema(responses={(200, "image/*"): OpenApiTypes.BINARY}, parameters=[KEY, PICTURE])
    @action(detail=True, filter_backends=[], url_path="links/(?P<link>[A-Z2-7]{12})/picture")
    def picture(self: Any, request: Request, key: str, link: str) -> HttpResponse:
        """The picture of a screenshot."""
        return picture_of(self.get_object(), link)

    @deed(RemoveLinkBody, permission="incidents.view")
    def remove_link(self, incident: Incident, body: Body, actor: Actor, now: datetime) -> None:
        """Takes one out of sight; the timeline says so. One's own, or as a responder."""
        if body["link"].incident_id != incident.pk:
            raise ValidationError({"link": [_("That choice does not exist here.")]})
        links.remove_link(incident=incident, link=body["link"], actor=actor, now=now)
