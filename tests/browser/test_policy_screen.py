"""The page of an escalation policy: all that a step can say, short and on a phone too."""

from collections.abc import Callable

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Team
from config.tenancy.scoping import tenant_scope
from oncall.models import EscalationPolicy, SharedChannel, Step, StepTarget
from tests.browser.conftest import DESK, Person
from tests.browser.looking import look_all_round
from tests.browser.stage import Stage
from tests.conftest import MovedClock


def test_a_policy_is_set_up_on_one_page_without_script_in_the_way(
    stage: Stage, someone: Callable[..., Person], moved_clock: MovedClock
) -> None:
    with tenant_scope(stage.world.acme.tenant.pk), acting(ENGINE, now=moved_clock.now()):
        policy = EscalationPolicy.objects.get(name="Checkout")
        channel = SharedChannel.objects.create(name="#ops", address="https://hooks.slack.com/services/x")
        step = Step.objects.create(
            policy=policy,
            position=9,
            strategy="in_turn",
            answers_needed=2,
            applies="outside",
            if_empty="hold",
        )
        StepTarget.objects.create(step=step, kind="team", team=Team.objects.get())
        StepTarget.objects.create(step=step, kind="channel", channel=channel)
    problems: list[str] = []
    anna = someone(size=DESK)
    anna.sign_in("anna@acme.test", "/t/acme/admin/")
    for name, path in (
        ("policy", f"escalationpolicy/{policy.pk}/change/"),
        ("policies", "escalationpolicy/"),
        ("channel", "sharedchannel/add/"),
        ("ladders", "escalation/"),
    ):
        anna.go(f"/t/acme/admin/oncall/{path}")
        look_all_round(anna, name, problems)
    assert not problems, "\n".join(problems)
