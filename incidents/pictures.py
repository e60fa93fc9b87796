"""Handing out a picture of an incident: to the room and to the API, which have asked who may see it."""

from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse

from incidents.models import Incident, Link
from incidents.operations.links import small_of
from incidents.photos import TYPES

# A picture is a picture: nothing in it may run or load, whatever it turns out to be.
ALONE = "default-src 'none'; sandbox"


def picture_of(incident: Incident, uid: str, *, small: bool = False) -> HttpResponse:
    """404 for a missing one, another incident's and a removed one alike.

    Its type is of what was written here, its name our own: neither comes from who sent it.
    """
    found = Link.objects.filter(incident=incident, uid=uid[:12], removed_at=None).exclude(image="")
    link: Link | None = found.first() if "\0" not in uid else None
    if link is None:
        raise Http404
    name = str(link.image)
    suffix = name.rpartition(".")[2]
    try:
        with default_storage.open(small_of(name) if small else name) as picture:
            response = HttpResponse(picture.read(), content_type=TYPES[suffix])
    except (FileNotFoundError, KeyError):
        raise Http404 from None
    response["Content-Disposition"] = f'inline; filename="{incident.key.lower()}-{link.uid.lower()}.{suffix}"'
    response["Content-Security-Policy"] = ALONE
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
