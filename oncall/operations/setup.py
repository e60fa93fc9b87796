"""What a new tenant's pager begins with."""

from datetime import datetime, time

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Team
from oncall.models import (
    ContactMethod,
    EscalationPolicy,
    Method,
    NotificationRule,
    Rotation,
    RotationMember,
    RotationUnit,
    Schedule,
    Step,
    StepTarget,
    TargetKind,
    Urgency,
)


def create_default_oncall(
    *, owner: Membership, team: Team | None, actor: Actor, now: datetime
) -> EscalationPolicy:
    """A schedule "On call" (weekly, the owner, in the team's zone), the owner's e-mail as a verified
    contact with rules for both urgencies, and the policy "Default": the schedule, 5 minutes later the
    owner, 3 repeats.

    The policy is the tenant's default. Needs oncall.setup. A second call raises IntegrityError.
    """
    actor.must("oncall.setup")
    with acting(actor, now=now):
        add_own_mail(membership=owner, actor=actor, now=now)
        schedule = Schedule.objects.create(
            name=_("On call"), time_zone=team.time_zone if team else owner.user.time_zone, team=team
        )
        _add_weekly_rotation(schedule, owner, now)
        return _add_default_policy(schedule, owner)


def add_own_mail(*, membership: Membership, actor: Actor, now: datetime) -> ContactMethod:
    """The address a person signs in with, as a verified contact, with a rule for each urgency at once.

    Needs oncall.setup, or to be that person.
    """
    if actor.membership_id != membership.pk:
        actor.must("oncall.setup")
    with acting(actor, now=now):
        contact: ContactMethod = ContactMethod.objects.create(
            membership=membership, kind=Method.EMAIL, address=membership.user.email, verified_at=now
        )
        for urgency in Urgency:
            NotificationRule.objects.create(membership=membership, urgency=urgency, contact=contact)
        return contact


def _add_weekly_rotation(schedule: Schedule, owner: Membership, now: datetime) -> None:
    rotation = Rotation.objects.create(
        schedule=schedule,
        name=_("Weekly"),
        start_date=now.astimezone(schedule.zone).date(),
        start_time=time(9),
        unit=RotationUnit.WEEK,
    )
    RotationMember.objects.create(rotation=rotation, membership=owner, position=1)


def _add_default_policy(schedule: Schedule, owner: Membership) -> EscalationPolicy:
    policy: EscalationPolicy = EscalationPolicy.objects.create(name=_("Default"), repeat=3, is_default=True)
    first = Step.objects.create(policy=policy, position=1, delay_minutes=5)
    StepTarget.objects.create(step=first, kind=TargetKind.SCHEDULE, schedule=schedule)
    second = Step.objects.create(policy=policy, position=2, delay_minutes=5)
    StepTarget.objects.create(step=second, kind=TargetKind.PERSON, membership=owner)
    return policy
