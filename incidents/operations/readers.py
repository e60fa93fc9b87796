"""Stakeholders and templates of messages: set up by owners and managers."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents import wording
from incidents.models import Audience, MessageKind, MessageTemplate, Service, Stakeholder


def save_stakeholder(
    *,
    stakeholder: Stakeholder | None = None,
    name: str,
    email: str,
    service: Service | None,
    language: str,
    actor: Actor,
    now: datetime,
) -> Stakeholder:
    """Adds one, or changes the one given. `service` None: of all services.

    Raises ValidationError, also where that address stands there already; DoesNotExist for another tenant's.
    Needs incidents.setup.
    """
    actor.must("incidents.setup")
    with acting(actor, now=now):
        row = Stakeholder.objects.get(pk=stakeholder.pk) if stakeholder else Stakeholder()
        if service is not None:
            service = Service.objects.get(pk=service.pk)
        row.name, row.email, row.service, row.language = name.strip(), email.strip(), service, language
        # What stands there already is said below, in words.
        row.full_clean(validate_constraints=False)
        _save(row, {"email": _("This address stands there already.")})
    return row


def end_stakeholder(*, stakeholder: Stakeholder, actor: Actor, now: datetime) -> Stakeholder:
    """Gets no more messages. A second call changes nothing. Needs incidents.setup."""
    actor.must("incidents.setup")
    with acting(actor, now=now):
        row: Stakeholder = Stakeholder.objects.get(pk=stakeholder.pk)
        if row.ended_at is None:
            row.ended_at = now
            row.save()
    return row


def save_template(
    *,
    template: MessageTemplate | None = None,
    audience: str,
    kind: str,
    language: str,
    title: str,
    body: str,
    postmortem: bool = True,
    actor: Actor,
    now: datetime,
) -> MessageTemplate:
    """Adds the tenant's own words for one message, or changes those given.

    `postmortem` tells the two final ones to customers apart; all others have one. Raises ValidationError,
    also for what is ours alone in words for customers, and where there is one already. Needs
    incidents.setup.
    """
    actor.must("incidents.setup")
    with acting(actor, now=now):
        row = MessageTemplate.objects.get(pk=template.pk) if template else MessageTemplate()
        row.audience, row.kind, row.language, row.postmortem = audience, kind, language, postmortem
        row.title, row.body = title, body
        check_template(row)
        row.full_clean()
        _save(row, {"kind": _("There are words for this already: change those.")})
    return row


def check_template(row: MessageTemplate) -> None:
    """Settles the variant, and raises ValidationError for {key} and its like in words for customers."""
    if (row.audience, row.kind) != (Audience.EXTERNAL, MessageKind.FINAL):
        row.postmortem = True
    if row.audience != Audience.EXTERNAL:
        return
    problems = {
        name: _("%(what)s is ours alone: customers never read it. Use {components}.")
        % {"what": ", ".join(ours)}
        for name, text in (("title", row.title), ("body", row.body))
        if (ours := wording.internal_in(text))
    }
    if problems:
        raise ValidationError(problems)


def delete_template(*, template: MessageTemplate, actor: Actor, now: datetime) -> None:
    """Back to the built-in words. Needs incidents.setup."""
    actor.must("incidents.setup")
    with acting(actor, now=now):
        MessageTemplate.objects.get(pk=template.pk).delete()


def _save(row: Any, taken: dict[str, str]) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ValidationError(taken) from error
