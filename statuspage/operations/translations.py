"""The same words in further languages (N8): {"nl": {"title": ..., "body": ...}}."""

from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

Translations = Mapping[str, Mapping[str, str]]
MOST = {"title": 200, "body": 5000}


def checked(translations: Translations | None) -> dict[str, dict[str, str]]:
    """Trimmed, without what is empty. Raises ValidationError for a language or a part nobody knows, and for
    words that are too long.
    """
    found: dict[str, dict[str, str]] = {}
    for language, words in (translations or {}).items():
        if language not in dict(settings.LANGUAGES):
            raise ValidationError({"translations": _("That language is not known here.")})
        for part, text in words.items():
            if part not in MOST or not isinstance(text, str):
                raise ValidationError({"translations": _("Give a title and a text for each language.")})
            if len(text.strip()) > MOST[part]:
                most = _("Use at most %(most)s characters.") % {"most": MOST[part]}
                raise ValidationError({"translations": most})
            if text.strip():
                found.setdefault(language, {})[part] = text.strip()
    return found


def only(translations: Translations, part: str) -> dict[str, dict[str, str]]:
    return {language: {part: words[part]} for language, words in translations.items() if words.get(part)}
