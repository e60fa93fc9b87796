"""Who acts in this request."""

from typing import Any

from django.core.exceptions import PermissionDenied

from config.tenancy.actors import Actor


def actor_of(request: Any) -> Actor:
    """The bound person or API key as an actor. Raises PermissionDenied where neither is bound."""
    membership, key = getattr(request, "membership", None), getattr(request, "api_key", None)
    if membership is not None:
        actor: Actor = membership.as_actor()
        return actor
    if key is not None:
        return key.as_actor()
    raise PermissionDenied
