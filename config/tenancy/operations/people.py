"""People of the platform and members of a tenant: inviting, changing a role, leaving.

Locks: the membership at hand; for an owner's leaving or change, all owners of the tenant first, by id.
"""

import secrets
from base64 import b32encode
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config.tenancy import links
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership, TeamMember, Tenant, User
from config.tenancy.operations.mails import in_language_of, queue_mail
from config.tenancy.operations.owners import keep_an_owner, lock_owners
from config.tenancy.roles import Role
from config.tenancy.scoping import bound_tenant_id
from config.tenancy.signals import membership_ended
from config.tenancy.signin_links import make_token


def ensure_platform_user(
    *, email: str, now: datetime, actor: Actor, name: str = "", staff: bool = False
) -> tuple[User, str | None]:
    """The person with that e-mail, made if need be. Outside any tenant.

    A password is returned for a new person only, and is kept nowhere but as a hash. `staff` makes them
    platform staff, new or not; it is never taken away here. Raises ValidationError for a bad address.
    """
    actor.must("platform.manage")
    with acting(actor, now=now):
        user, password = _find_or_make(email=email, name=name, now=now, language="en", time_zone="UTC")
        if staff and not user.is_platform_staff:
            user.is_platform_staff = True
            user.save()
    return user, password


def invite_member(
    *, email: str, name: str, role: str, actor: Actor, now: datetime, announce: bool = True
) -> tuple[Membership, str | None]:
    """Makes that person a member, and queues the mail that says so (unless not `announce`).

    A new person's first password is returned, for an installation that sends no mail; the mail holds a link
    to choose one instead. Who was a member before becomes one again, with their old row. Raises Conflict for
    a present member, ValidationError for a bad address or role.
    """
    actor.must("tenancy.manage_people")
    _check_role(role)
    tenant = Tenant.objects.get(pk=bound_tenant_id())
    with acting(actor, now=now):
        user, password = _find_or_make(
            email=email, name=name, now=now, language=tenant.language, time_zone=tenant.time_zone
        )
        membership = _join(user, role, now)
        if announce:
            _announce(membership, tenant, actor, now, is_new=password is not None)
    return membership, password


def change_role(*, membership: Membership, role: str, actor: Actor, now: datetime) -> Membership:
    """Raises Conflict for the last owner and for who has left. The same role again changes nothing."""
    actor.must("tenancy.manage_people")
    _check_role(role)
    with acting(actor, now=now):
        owners = lock_owners()
        row = _lock(membership)
        if not row.is_current:
            raise Conflict(_("%(name)s is no longer a member.") % {"name": row})
        if row.role != role:
            keep_an_owner(row, owners)
            row.role = role
            row.save()
    return row


def end_membership(*, membership: Membership, actor: Actor, now: datetime) -> Membership:
    """That person leaves: off all teams at once, 404 on their next request. Rows that name them stay.

    Anybody may end their own. Raises Conflict for the last owner. A second call changes nothing.
    """
    if actor.membership_id != membership.pk:
        actor.must("tenancy.manage_people")
    with acting(actor, now=now):
        owners = lock_owners()
        row = _lock(membership)
        if not row.is_current:
            return row
        keep_an_owner(row, owners)
        for place in TeamMember.objects.filter(membership=row):
            place.delete()
        row.ended_at = now
        row.save()
        membership_ended.send(sender=Membership, membership=row, actor=actor, now=now)
    return row


def set_internal_mail(*, membership: Membership, wanted: bool, actor: Actor, now: datetime) -> Membership:
    """Whether that member gets internal messages by e-mail: their own choice, or an owner's."""
    if actor.membership_id != membership.pk:
        actor.must("tenancy.manage_people")
    with acting(actor, now=now):
        row = _lock(membership)
        row.wants_internal_mail = wanted
        row.save()
    return row


def _find_or_make(
    *, email: str, name: str, now: datetime, language: str, time_zone: str
) -> tuple[User, str | None]:
    email = email.strip()
    validate_email(email)
    if (known := _find(email)) is not None:
        if not known.is_active:
            raise Conflict(_("That account is deactivated. Platform staff can activate it."))
        return known, None
    password = _first_password()
    user = User(
        email=User.objects.normalize_email(email),
        name=name.strip() or email.partition("@")[0],
        language=language,
        time_zone=time_zone,
        created_at=now,
    )
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:  # invited twice in the same moment
        return User.objects.get_by_natural_key(email), None
    return user, password


def _find(email: str) -> User | None:
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        return None


def _first_password() -> str:
    """80 bits in four groups, to be read out or typed once."""
    letters = b32encode(secrets.token_bytes(10)).decode()
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def _join(user: User, role: str, now: datetime) -> Membership:
    row = Membership.objects.select_for_update(no_key=True, of=("self",)).filter(user=user).first()
    if row is None:
        return Membership.objects.create(user=user, role=role, joined_at=now)
    if row.is_current:
        raise Conflict(_("%(name)s is a member already.") % {"name": row})
    row.role, row.joined_at, row.ended_at = role, now, None
    row.save()
    return row


def _announce(membership: Membership, tenant: Tenant, actor: Actor, now: datetime, *, is_new: bool) -> None:
    user = membership.user
    link = links.reset(make_token(user, now=now, invitation=True)) if is_new else links.tenant(tenant.slug)
    with in_language_of(user):
        how = (
            _("Choose a password here within seven days:")
            if is_new
            else _("Sign in with the password you have:")
        )
        body = _("%(who)s made you a member of %(tenant)s on Muster.") % {
            "who": actor.label,
            "tenant": tenant,
        }
        queue_mail(
            user=user,
            subject=_("You are now a member of %(tenant)s") % {"tenant": tenant},
            body=f"{body}\n\n{how}\n{link}\n",
            now=now,
        )


def _lock(membership: Membership) -> Membership:
    rows = Membership.objects.select_related("user").select_for_update(no_key=True, of=("self",))
    row: Membership = rows.get(pk=membership.pk)
    return row


def _check_role(role: str) -> None:
    if role not in set(Role):
        raise ValidationError(_("There is no such role."))
