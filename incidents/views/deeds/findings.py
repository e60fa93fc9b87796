"""Deeds of the loop in phase 7: theories, tests, decisions. What was seen is written down as a note is."""

from typing import Any

from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from incidents.models import Experiment, Observation, Theory
from incidents.operations.findings import confirm_observation, decide
from incidents.operations.theories import begin_experiment, end_experiment, settle_theory, state_theory
from incidents.views.deeds.given import Given


def do_confirm_observation(given: Given) -> str:
    given.actor.must("incidents.write")
    seen = given.one(Observation.objects.filter(incident=given.incident), "observation")
    confirm_observation(observation=seen, actor=given.actor, now=given.now)
    return _("Seen by two.")


def do_theory(given: Given) -> str:
    people = Membership.objects.filter(ended_at=None)
    owner = given.one(people, "owner") if given.said("owner") else None
    text = given.said("text")
    state_theory(incident=given.incident, text=text, owner=owner, actor=given.actor, now=given.now)
    return _("Everybody sees it.")


def do_settle_theory(given: Given) -> str:
    theory = given.one(_theories(given), "theory")
    state, why = given.said("state"), given.said("why")
    settle_theory(theory=theory, state=state, why=why, actor=given.actor, now=given.now)
    return _("Noted.")


def do_test(given: Given) -> str:
    begin_experiment(
        incident=given.incident,
        text=given.said("text"),
        expected=given.said("expected"),
        theory=given.one(_theories(given), "theory") if given.said("theory") else None,
        actor=given.actor,
        now=given.now,
    )
    return _("Under way.")


def do_end_test(given: Given) -> str:
    given.actor.must("incidents.respond")
    test = given.one(Experiment.objects.filter(incident=given.incident), "test")
    verdict, result = given.said("verdict"), given.said("result")
    end_experiment(experiment=test, verdict=verdict, result=result, actor=given.actor, now=given.now)
    return _("Noted. Whether the theory stands is yours to say.")


def do_decide(given: Given) -> str:
    decide(
        incident=given.incident,
        text=given.said("text"),
        why=given.said("why"),
        occurred_at=given.past_time("at"),
        actor=given.actor,
        now=given.now,
    )
    return _("Decided.")


def _theories(given: Given) -> Any:
    """Whoever may not settle one is not told which there are."""
    given.actor.must("incidents.respond")
    return Theory.objects.filter(incident=given.incident)
