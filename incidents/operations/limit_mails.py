"""What an owner reads when a source sends more than its limit."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy import links
from config.tenancy.models import Membership
from config.tenancy.roles import Role
from incidents.models import AlertSource, InternalMail, MailKind
from incidents.operations import mail_words
from incidents.operations.mails import MAILS


def tell_owners(source: AlertSource, now: datetime) -> None:
    """One mail each, inside the caller's transaction. How often is for the caller to know."""
    data = {
        "source": source.name,
        "uid": source.uid,
        "limit": source.limit_per_minute,
        "tenant_limit": settings.INGEST_TENANT_PER_MINUTE,
    }
    owners = Membership.objects.filter(role=Role.OWNER, ended_at=None).order_by("pk")
    shared = {"tenant_id": source.tenant_id, "kind": MailKind.LIMIT, "created_at": now, "retry_at": now}
    InternalMail.objects.bulk_create(InternalMail(membership=one, data=data, **shared) for one in owners)
    doorbell.ring(MAILS)


def _text(mail: InternalMail, now: datetime) -> tuple[str, str]:
    said = mail.data
    subject = _("Over the limit: alert source %(source)s") % said
    what = _(
        "%(source)s sends more than %(limit)s events a minute, or all sources together more than "
        "%(tenant_limit)s."
    )
    so = _(
        "Nothing is lost: every event is kept, what is known goes on as ever, and new alerts come together "
        "in one until there are fewer. You hear of it once an hour."
    )
    return subject, f"{what % said}\n\n{so}\n{links.tenant(mail.tenant.slug)}\n"


mail_words.TEXTS[MailKind.LIMIT] = _text
