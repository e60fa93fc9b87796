"""What a person wants of their pager: rules per urgency, quiet hours, limits. Own, or by oncall.setup."""

from datetime import datetime, time

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from oncall.models import ContactMethod, NotificationRule, PagerProfile
from oncall.operations.contacts import own
from oncall.operations.quiet import release
from oncall.operations.verifying import must_own

MOST_RULES = 20


def add_rule(
    *,
    membership: Membership,
    urgency: str,
    contact: ContactMethod,
    delay_minutes: int,
    actor: Actor,
    now: datetime,
) -> NotificationRule:
    """By this contact, so many minutes (0 to 9000) after a step. Holds from the next step on; what was called
    before goes as it was. The same rule twice is one. Raises ValidationError for what makes no sense.
    """
    must_own(membership.pk, actor)
    own(membership)
    with acting(actor, now=now):
        there = NotificationRule.objects.filter(membership=membership, urgency=urgency)
        same = there.filter(contact=contact, delay_minutes=delay_minutes).first()
        if same is not None:
            return same
        if there.count() >= MOST_RULES:
            raise ValidationError(_("Twenty are enough. Remove one first."))
        rule = NotificationRule(
            membership=membership, urgency=urgency, contact=contact, delay_minutes=delay_minutes
        )
        rule.full_clean()
        rule.save()
        return rule


def move_rule(*, rule: NotificationRule, delay_minutes: int, actor: Actor, now: datetime) -> NotificationRule:
    """Sooner or later: that is the order of rules. To a place where the same contact is already: one rule."""
    must_own(rule.membership_id, actor)
    with acting(actor, now=now):
        found: NotificationRule = NotificationRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
        twin = NotificationRule.objects.filter(
            membership_id=found.membership_id,
            urgency=found.urgency,
            contact_id=found.contact_id,
            delay_minutes=delay_minutes,
        ).first()
        if twin is not None and twin.pk != found.pk:
            found.delete()
            return twin
        found.delay_minutes = delay_minutes
        found.full_clean()
        found.save(update_fields=["delay_minutes"])
        return found


def remove_rule(*, rule: NotificationRule, actor: Actor, now: datetime) -> None:
    """A second call does nothing."""
    must_own(rule.membership_id, actor)
    with acting(actor, now=now):
        for found in NotificationRule.objects.filter(pk=rule.pk):
            found.delete()


def set_quiet_hours(
    *,
    membership: Membership,
    days: str,
    start: time | None,
    end: time | None,
    actor: Actor,
    now: datetime,
) -> PagerProfile:
    """Quiet from `start` on each of `days` (digits, 1 is Monday) until `end`, on the person's own wall clock.

    No times: none. Holds at once, also for what waits for the end of the old ones.
    """
    must_own(membership.pk, actor)
    own(membership)
    with acting(actor, now=now):
        profile = lock_profile(membership)
        profile.quiet_days, profile.quiet_start, profile.quiet_end = days or "1234567", start, end
        if start is not None and start == end:
            raise ValidationError({"quiet_end": _("It must end at another time than it begins.")})
        profile.full_clean()
        profile.save(update_fields=["quiet_days", "quiet_start", "quiet_end"])
        release(membership, now)
        return profile


def set_limits(*, membership: Membership, without_limits: bool, actor: Actor, now: datetime) -> PagerProfile:
    """Whether limits hold pages to this person back (oncall.limits)."""
    must_own(membership.pk, actor)
    own(membership)
    with acting(actor, now=now):
        profile = lock_profile(membership)
        profile.without_limits = without_limits
        profile.save(update_fields=["without_limits"])
        return profile


def lock_profile(membership: Membership) -> PagerProfile:
    """The row, made where there was none, locked. Inside `acting`."""
    locked = PagerProfile.objects.select_for_update(no_key=True).filter(membership=membership)
    found: PagerProfile | None = locked.first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            PagerProfile.objects.create(membership=membership)
    except IntegrityError:
        pass  # another request was quicker
    return locked.get()
