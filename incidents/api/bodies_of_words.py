"""What the deeds of words take, and what stakeholders and templates are made of."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from config.tenancy.api.fields import ByUid
from config.tenancy.api.serializers import StrictSerializer
from incidents.api.bodies import DraftBody, services
from incidents.models import Audience, MessageKind


class TranslationBody(StrictSerializer):
    title = serializers.CharField(max_length=200, allow_blank=True, default="")
    body = serializers.CharField(max_length=5_000)


TRANSLATIONS = _("The same words by language code, besides the main one: title and body.")


class TranslationsField(serializers.DictField):
    child = TranslationBody()


class NewDraftBody(DraftBody):
    postmortem = serializers.BooleanField(
        default=True, help_text=_("Final words to customers: with the promise of a postmortem, or without.")
    )


class WordsBody(StrictSerializer):
    """The words of one message."""

    kind = serializers.ChoiceField(choices=MessageKind.choices)
    status = serializers.ChoiceField(
        choices=["", "investigating", "identified", "monitoring", "resolved"], default="", allow_blank=True
    )
    title = serializers.CharField(max_length=300)
    body = serializers.CharField(max_length=10_000)
    components = serializers.DictField(
        child=serializers.CharField(), default=dict, help_text=_("Component uid to status.")
    )
    next_update_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    translations = TranslationsField(default=dict, help_text=TRANSLATIONS)
    postmortem = serializers.BooleanField(
        allow_null=True,
        default=None,
        help_text=_("Whether final words to customers promise one. Null: as the draft or the words have it."),
    )


class MessageBody(WordsBody):
    audience = serializers.ChoiceField(choices=Audience.choices)


class ApproveBody(StrictSerializer):
    message = serializers.CharField(max_length=12, help_text=_("The uid of the message that waits."))
    as_of = serializers.DateTimeField(help_text=_("Its written_at, as it was read: other words are refused."))


class AgainBody(StrictSerializer):
    minutes = serializers.IntegerField(min_value=1, max_value=7 * 24 * 60, default=30)


class StakeholderBody(StrictSerializer):
    name = serializers.CharField(max_length=120)
    email = serializers.EmailField()
    service = ByUid(
        services, required=False, allow_null=True, default=None, help_text=_("Null: of all services.")
    )
    language = serializers.ChoiceField(choices=settings.LANGUAGES, default="en")


class TemplateBody(StrictSerializer):
    audience = serializers.ChoiceField(choices=Audience.choices)
    kind = serializers.ChoiceField(choices=MessageKind.choices)
    language = serializers.ChoiceField(choices=settings.LANGUAGES)
    postmortem = serializers.BooleanField(default=True)
    title = serializers.CharField(max_length=200)
    body = serializers.CharField(max_length=5_000)
