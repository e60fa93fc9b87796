"""A deed: POST …/INC-42/<verb>/ with a small body; the answer is the incident as it stands after it."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.api.idempotency import HEADER, idempotency_key
from config.tenancy.api.serializers import StrictSerializer
from config.tenancy.requests import actor_of
from incidents.api.detail import IncidentDetailSerializer
from incidents.models import Incident, Once
from incidents.operations.standing import actor_in, must_one_of

Body = dict[str, Any]
Work = Callable[[Any, Incident, Body, Actor, datetime], object]
Permission = str | tuple[str, ...]
IDEMPOTENCY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same value, the deed is not done again.",
)
KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="INC-42")
REPEATED = "Idempotent-Replay"


class NoBody(StrictSerializer):
    """Nothing to say but that it is so."""


def handler_of(
    work: Work, body: type[serializers.Serializer[Any]] = NoBody, permission: Permission = "incidents.respond"
) -> Any:
    """Makes `work(self, incident, body, actor, now)` the handler of a POST. A dict that it returns stands
    in the answer beside the incident.

    `permission` is asked once the incident is known: a role in it lends what it needs (operations.standing).
    Of several, one is enough.
    Where the operation itself knows better (whoever was paged may answer), it is incidents.view.
    """

    @functools.wraps(work)
    def handler(self: Any, request: Request, **kwargs: object) -> Response:
        incident = self.get_object()
        actor = actor_in(incident, actor_of(request._request))
        must_one_of(
            actor, (permission,) if isinstance(permission, str) else permission
        )  # before the body is looked at
        said = body(data=request.data, context=self.get_serializer_context())
        said.is_valid(raise_exception=True)
        now = clock.now()
        with once(request, now) as first:
            if first:
                beside = work(self, incident, said.validated_data, actor, now)
        answer: Response = self.shown(incident.pk, now)
        if first and isinstance(beside, dict):
            answer.data = {**answer.data, **beside}
        if not first:
            answer.headers[REPEATED] = "true"
        return answer

    # At the gate nobody knows yet which incident, and what a role in it lends.
    handler.permission = "incidents.view"  # type: ignore[attr-defined]
    return handler


def documented(
    body: type[serializers.Serializer[Any]],
    answer: type[serializers.Serializer[Any]] = IncidentDetailSerializer,
) -> Any:
    """Outermost on an action: `action` would throw away what the schema was told before."""
    return extend_schema(
        request=None if body is NoBody else body,
        responses={200: answer},
        parameters=[KEY, IDEMPOTENCY],
    )


def deed(
    body: type[serializers.Serializer[Any]] = NoBody,
    *,
    permission: Permission = "incidents.respond",
    answer: type[serializers.Serializer[Any]] = IncidentDetailSerializer,
) -> Any:
    """Makes `work` a POST action at the address of its name."""

    def wrap(work: Work) -> Any:
        as_action = action(detail=True, methods=["post"], url_path=work.__name__)
        return documented(body, answer)(as_action(handler_of(work, body, permission)))

    return wrap


def deed_at(
    listing: Any, body: type[serializers.Serializer[Any]], *, permission: Permission = "incidents.respond"
) -> Any:
    """The same, as the POST of an address whose GET is `listing`."""

    def wrap(work: Work) -> Any:
        return documented(body)(listing.mapping.post(handler_of(work, body, permission)))

    return wrap


@contextmanager
def once(request: Request, now: datetime) -> Iterator[bool]:
    """One transaction. True the first time this Idempotency-Key comes, and always without one.

    The same key at the same moment waits for the first. What fails inside gives the key back.
    """
    key = idempotency_key(request)
    with transaction.atomic():
        yield not key or _first_time(key[:40], request, now)


def _first_time(token: str, request: Request, now: datetime) -> bool:
    try:
        with transaction.atomic():
            Once.objects.create(
                token=token, membership=getattr(request._request, "membership", None), done_at=now
            )
    except IntegrityError:
        return False
    return True
