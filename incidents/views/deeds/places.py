"""Deeds of phase 2: topic, links, photos."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from incidents.models import Link
from incidents.operations.links import add_link, remove_link
from incidents.operations.topics import set_topic_words
from incidents.photos import BadPhoto, Photo, remade, too_large
from incidents.views.deeds.given import Given


def do_topic(given: Given) -> str:
    """`generated`: people's own words are dropped."""
    words = "" if given.said("generated") else given.said("words")
    set_topic_words(incident=given.incident, words=words, actor=given.actor, now=given.now)
    return _("The topic is set.")


def do_link(given: Given) -> str:
    """An address or a photo. With both the photo is meant, and the address says where it is from."""
    photo = _photo(given)
    url = given.said("url")
    add_link(
        incident=given.incident,
        url="" if photo else url,
        photo=photo,
        title=given.said("title") or (url[:200] if photo else ""),
        occurred_at=given.past_time("at"),
        actor=given.actor,
        now=given.now,
    )
    return _("The photo is added.") if photo else _("The link is added.")


def do_remove_link(given: Given) -> str:
    # Before it is looked for: who may not is not told which links there are.
    given.actor.must("incidents.write")
    link = given.one(Link.objects.filter(incident=given.incident), "link")
    remove_link(incident=given.incident, link=link, actor=given.actor, now=given.now)
    return _("Removed.")


def _photo(given: Given) -> Photo | None:
    sent = given.request.FILES.get("photo")
    if getattr(given.request, "upload_too_large", False):
        raise ValidationError(too_large())
    if sent is None:
        return None
    try:
        return remade(sent.read())
    except BadPhoto as bad:
        raise ValidationError(str(bad)) from None
