"""Choosing a password: asked for by mail, set by a link in one, or changed by who knows the present one."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _

from config.tenancy import links
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import User
from config.tenancy.operations.mails import in_language_of, queue_mail
from config.tenancy.signin_links import make_token


def request_new_password(*, email: str, now: datetime) -> None:
    """Queues a mail with a link that is good for one hour, where that person exists and may sign in.

    Does the same work, statement by statement, where nobody does. No permission: anybody may ask.
    """
    try:
        user = User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        user = User(pk=0, email=email, name=email, created_at=now)
        user.set_unusable_password()
    known = user.pk != 0 and user.is_active
    with acting(Actor.account(user.pk, str(user)), now=now), in_language_of(user):
        queue_mail(
            user=user if known else None,
            subject=_("Choose a new password for Muster"),
            body=_reset_text(user, links.reset(make_token(user, now=now))),
            now=now,
        )


def set_password(*, user: User, password: str, actor: Actor, now: datetime, reason: str) -> User:
    """Sets it and ends every other session. Raises ValidationError where it is too weak.

    The edge has made sure that `actor` is that person: by a link's token or by the present password.
    """
    validate_password(password, user)
    with acting(actor, now=now, reason=reason):
        user.set_password(password)
        user.save()
    return user


def _reset_text(user: User, link: str) -> str:
    return _(
        "Somebody, most likely you, asked for a new password for %(email)s.\n\n"
        "Choose one here within an hour:\n%(link)s\n\n"
        "If it was not you, do nothing: your password stays as it is."
    ) % {"email": user.email, "link": link}
