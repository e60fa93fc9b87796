"""What the deeds of places, links and the circle take."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from config.tenancy.api.fields import ByUid
from config.tenancy.api.serializers import StrictSerializer
from incidents.api.bodies import members
from incidents.models import Link, LinkKind
from incidents.topic import MOST_WORDS


class TopicBody(StrictSerializer):
    words = serializers.CharField(
        max_length=MOST_WORDS, allow_blank=True, help_text=_("Behind the generated facts. Empty: none.")
    )


class LinkBody(StrictSerializer):
    """An address as JSON, or a photo as multipart/form-data."""

    url = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    photo = serializers.FileField(required=False, help_text=_("JPEG, PNG, WebP or GIF, at most 10 MB."))
    kind = serializers.ChoiceField(choices=LinkKind.choices, required=False, allow_blank=True, default="")
    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    occurred_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class RemoveLinkBody(StrictSerializer):
    link = ByUid(lambda: Link.objects.filter(removed_at=None))


class CircleBody(StrictSerializer):
    people = ByUid(members, many=True)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
