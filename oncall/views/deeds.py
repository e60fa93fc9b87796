"""The buttons of a schedule's page: each a name in the address and a function that calls one operation.

A deed answers with the words that are said when it worked. It may raise Conflict, ValidationError and
PermissionDenied, which are said in place.
"""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config import clock
from config.tenancy.conflicts import Conflict
from config.tenancy.requests import actor_of
from oncall.models import Override, Schedule, Swap, TemporarySchedule
from oncall.operations import arranging, overrides, swaps
from oncall.operations.relieving import take_pager
from oncall.operations.temporary import Planned, end_temporary, set_temporary
from oncall.views.asked import asked_for
from oncall.views.calendar import SHIFT_ROWS, schedule_by, viewer
from oncall.views.given import Given


@require_POST
def schedule_deed(request: HttpRequest, uid: str, deed: str) -> HttpResponse:
    """One button. Goes back to the picture, which says what came of it."""
    me, now, schedule = viewer(request), clock.now(), schedule_by(uid)
    do = DEEDS.get(deed)
    if do is None:
        raise Http404
    given = Given(request.POST, request.FILES, me, actor_of(request), now)
    said(request, lambda: do(given, schedule))
    return HttpResponseRedirect(_back(request, schedule, given), status=303)


def said(request: HttpRequest, do: Callable[[], str]) -> bool:
    """Does it, and says what came of it. Did it work?"""
    try:
        messages.success(request, do())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    except ObjectDoesNotExist:
        messages.error(request, _("That does not exist here any more."))
    except PermissionDenied as refusal:
        messages.error(request, str(refusal) or _("Your role does not allow this."))
    except Conflict as refusal:
        messages.error(request, str(refusal))
    else:
        return True
    return False


def _back(request: HttpRequest, schedule: Schedule, given: Given) -> str:
    """To the same weeks on the same clock."""
    asked = asked_for(request.POST, zone=schedule.zone, mine=given.me.user.zone, weeks=2, now=given.now)
    return reverse("oncall_schedule", args=[schedule.uid]) + asked.query()


# --- covering -----------------------------------------------------------------------------------------------
def do_cover(given: Given, schedule: Schedule) -> str:
    """I, or the one who was chosen, instead of whoever is on call, or of nobody."""
    person = given.person("who") or given.me
    made = arranging.cover_and_tell(
        schedule=schedule,
        membership=person,
        instead_of=given.person("instead"),
        starts_at=given.moment("start"),
        ends_at=given.moment("end"),
        note=given.said("note"),
        actor=given.actor,
        now=given.now,
    )
    if person == given.me:
        return _("You are on call for %(schedule)s then.") % {"schedule": schedule}
    return _("%(name)s is on call for %(schedule)s then.") % {
        "name": made[0].membership,
        "schedule": schedule,
    }


def do_take_pager(given: Given, schedule: Schedule) -> str:
    """From now to the end of the shift, and what rings through this schedule is mine at once."""
    take_pager(schedule=schedule, membership=given.me, actor=given.actor, now=given.now)
    return _("You have the pager of %(schedule)s, and what was ringing.") % {"schedule": schedule}


def do_uncover(given: Given, schedule: Schedule) -> str:
    override = given.one(Override.objects.filter(schedule=schedule), "override")
    overrides.remove_override(override=override, actor=given.actor, now=given.now)
    return _("The cover is taken back.")


# --- swaps --------------------------------------------------------------------------------------------------
def do_ask(given: Given, schedule: Schedule) -> str:
    asked_of = given.person("who")
    swapped = arranging.ask_and_tell(
        schedule=schedule,
        membership=given.person("instead") or given.me,
        asked_of=asked_of,
        starts_at=given.moment("start"),
        ends_at=given.moment("end"),
        note=given.said("note"),
        actor=given.actor,
        now=given.now,
    )
    if asked_of is None:
        words = _("Asked of anybody. Until somebody takes it, the shift stays where it is.")
    else:
        words = _("%(name)s was asked. Until they take it, the shift stays where it is.") % {"name": asked_of}
    return " ".join([words, *swapped.warnings])


def _swap(given: Given, schedule: Schedule) -> Swap:
    swap: Swap = given.one(Swap.objects.filter(schedule=schedule), "swap")
    return swap


def do_take(given: Given, schedule: Schedule) -> str:
    swap = _swap(given, schedule)
    swapped = arranging.take_and_tell(swap=swap, membership=given.me, actor=given.actor, now=given.now)
    waits = schedule.swaps_need_approval
    words = _("A manager has to approve it.") if waits else _("You have that shift.")
    return " ".join([words, *swapped.warnings])


def do_give_back(given: Given, schedule: Schedule) -> str:
    arranging.give_back_and_tell(swap=_swap(given, schedule), actor=given.actor, now=given.now)
    return _("Given back.")


def do_withdraw(given: Given, schedule: Schedule) -> str:
    swaps.withdraw(swap=_swap(given, schedule), actor=given.actor, now=given.now)
    return _("Nobody is asked any more.")


def do_approve(given: Given, schedule: Schedule) -> str:
    swaps.approve(swap=_swap(given, schedule), actor=given.actor, now=given.now)
    return _("The swap holds.")


# --- temporary schedules ------------------------------------------------------------------------------------
def do_temporary(given: Given, schedule: Schedule) -> str:
    """For a while these shifts and no rotation. Rows without a person are left out."""
    planned = []
    for at in range(1, SHIFT_ROWS + 1):
        person = given.person(f"who-{at}")
        if person is not None:
            start = given.moment(f"start-{at}" if given.said(f"start-{at}") else "start")
            end = given.moment(f"end-{at}" if given.said(f"end-{at}") else "end")
            planned.append(Planned(person, start, end))
    set_temporary(
        schedule=schedule,
        name=given.said("name", 80),
        starts_at=given.moment("start"),
        ends_at=given.moment("end"),
        shifts=planned,
        actor=given.actor,
        now=given.now,
    )
    return _("The temporary schedule stands.")


def do_end_temporary(given: Given, schedule: Schedule) -> str:
    rows = TemporarySchedule.objects.filter(schedule=schedule)
    end_temporary(temporary=given.one(rows, "temporary"), actor=given.actor, now=given.now)
    return _("The rotations have it again.")


DEEDS: dict[str, Callable[[Given, Schedule], str]] = {
    name.removeprefix("do_"): deed for name, deed in list(vars().items()) if name.startswith("do_")
}
